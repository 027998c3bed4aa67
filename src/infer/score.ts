/** From films and a model to scores: `scoreFilms` gives them one by one (evaluation reads them so), `scoreToFile`
 *  writes them with their ledger. Nothing here grows with the number of films. */
import { basename, dirname } from 'node:path'
import { loadEngine } from '../../converters/onnx/onnxruntime.ts'
import { withLock } from '../../lock.ts'
import { removeUnfinished } from '../../whole-file.ts'
import type { Survey } from '../data/inputs/inputs.ts'
import { conduct, type WorkerState } from './conductor.ts'
import type { Setup } from './messages.ts'
import type { ModelFile } from './model-file.ts'
import { type Films, underNames } from './named.ts'
import { versionOf } from './package-version.ts'
import type { ProviderName } from './providers.ts'
import { type ScoredFilm, scoreOf } from './row.ts'
import { journalPath, lockPath, ownFiles } from './run/files.ts'
import { finishRun } from './run/finish.ts'
import type { RunHeader, ScoreSummary } from './run/header.ts'
import { missingFilms } from './run/resume.ts'
import { type Found, Run } from './run/run.ts'
import { batchOf, factsOf, layoutOf, planScoring, type Wishes } from './scoring.ts'
import type { Timings } from './timings.ts'
import type { Tuning } from './tune.ts'
import { OldTable, type UpdateCounts } from './update/old-table.ts'
import { updateFilms } from './update/update.ts'
import { writerFor } from './writers.ts'

export interface ScoreOptions {
  /** Run one after the other over films that are decoded once. */
  models: readonly ModelFile[]
  /** What is computed of them besides. */
  wishes?: Wishes
  films: Films
  /** cpu unless given. */
  provider?: ProviderName
  /** Whether NVIDIA's libraries may multiply fp32 with 11 bits. */
  tf32?: boolean
  /** Films a batch; part of what a result depends on. What a model fixes, else DEFAULT_BATCH. */
  batch?: number
  /** Worker processes, 1 unless given. Never changes a result. */
  workers?: number
  /** Threads of the session, as many as cores unless given. Never changes a result. */
  threads?: number
  /** Devices of the provider, which the workers are dealt out to. */
  devices?: readonly number[]
  /** Films decoded at the same time in a worker, DECODERS unless given. Never changes a result. */
  decoders?: number
  /** Seconds without a result after which a worker is taken for hung: see ConductOptions. */
  timeout?: number
  /** Index of the first of `films`, where those before it are done already. */
  start?: number
  /** Gets how long each film took. */
  timings?: Timings
  /** Called when the model is open, before the first film. */
  onReady?: () => void
  /** Called whenever a worker's state changes. */
  onWorkers?: (workers: readonly WorkerState[]) => void
}

/** Scores films in a worker process.
 *  @returns one result for each film, in their order
 *  @throws ROE_MODEL_INVALID, ROE_PROVIDER, ROE_OPTION; nothing of single films */
export async function* scoreFilms(options: ScoreOptions): AsyncGenerator<ScoredFilm> {
  const { models, wishes, films, timings, workers, devices, start, timeout, onReady, onWorkers } = options
  const scoring = planScoring(models, wishes)
  const setup = { ...setupOf(options), timed: timings !== undefined }
  const conducting = { workers, devices, start, timeout, onReady, onWorkers }
  const results = underNames(films, (paths) => conduct(paths, setup, conducting))
  for await (const result of results) {
    timings?.add(result)
    yield scoreOf(result, scoring)
  }
}

/** What a worker is told of a run. */
export function setupOf(
  options: Pick<ScoreOptions, 'models' | 'wishes' | 'batch' | 'provider' | 'tf32' | 'threads' | 'decoders'>,
): Setup & { batch: number } {
  const { models, wishes, batch, provider = 'cpu', tf32 = false, threads, decoders } = options
  const scoring = planScoring(models, wishes)
  return {
    provider,
    tf32,
    ...(threads === undefined ? {} : { threads }),
    ...(decoders === undefined ? {} : { decoders }),
    models: models.map(({ path, preprocessing, outputs }, i) => ({
      model: path,
      preprocessing,
      // A second one, such as activation maps, is neither fetched nor copied.
      outputs: outputs.slice(0, 1).map(({ name }) => name),
      taps: scoring.members[i]!.taps,
    })),
    tta: scoring.tta,
    batch: batchOf(models, batch),
  }
}

/** Scores films and writes a row for each, and the ledger of those that failed. Both appear when all is done, or not
 *  at all; until then the rows stand in a journal. Two runs write the same bytes, an interrupted one too.
 *  @param out  its extension says the format
 *  @param found  what becomes of an interrupted run that is found there; it is refused unless said
 *  @param tuning  why it has its workers, threads and decoders; the header says so
 *  @param onFilm  called after each film, with how many are done, and how many of them failed since this run goes on
 *  @throws ROE_MERGE for an older table whose rows cannot be taken over; ROE_OPTION, ROE_RUN_BUSY, ROE_RUN_UNFINISHED, ROE_RESUME, ROE_WRITE, and what scoreFilms throws */
export const scoreToFile = (options: ToFile): Promise<ScoreSummary & { update?: UpdateCounts }> =>
  withLock(lockPath(options.out), options.out, () => scoreLocked(options))

type ToFile = ScoreOptions & {
  out: string
  /** Where the films come from, for the header. */
  inputs: RunHeader['inputs']
  /** What is known of them when all are listed. */
  survey?: () => Survey | null
  /** What trying providers showed, for the header. */
  trial?: readonly string[]
  found?: Found
  /** An older table: films that have a row there and have not changed since are not scored again. */
  update?: string | undefined
  tuning?: Tuning
  onFilm?: (done: number, failed: number) => void
}

async function scoreLocked(options: ToFile): Promise<ScoreSummary & { update?: UpdateCounts }> {
  const { out, inputs, survey, trial = [], found = 'refuse', update, tuning, onFilm, ...scoring } = options
  writerFor(out)
  await removeUnfinished(
    dirname(out),
    [...ownFiles(out)].map((file) => basename(file)),
  )
  const header = await headerOf(scoring, inputs, tuning, trial)
  const old = update === undefined ? null : await OldTable.open(update, header, out)
  const run = await Run.open(out, header, found)
  if (!(run instanceof Run)) return run
  const isResumed = run.done > 0
  let failed = 0
  try {
    const missing = missingFilms(journalPath(out), scoring.films)
    const films =
      old === null
        ? scoreFilms({ ...scoring, films: missing, start: run.done })
        : updateFilms(
            missing,
            run.done,
            (film) => old.take(film),
            (fresh) => scoreFilms({ ...scoring, films: fresh }),
          )
    for await (const film of films) {
      await run.add(film)
      if (film.status === 'failed') failed += 1
      onFilm?.(run.done, failed)
    }
  } finally {
    await run.close()
  }
  const listed = survey?.() ?? null
  const summary = await finishRun(out, { ...run.header, ...(listed && { survey: listed }) }, run.done)
  return old === null ? summary : { ...summary, update: old.counted(!isResumed) }
}

async function headerOf(
  { models, wishes, provider = 'cpu', tf32 = false, batch }: ScoreOptions,
  inputs: RunHeader['inputs'],
  tuning: Tuning | undefined,
  trial: readonly string[],
): Promise<RunHeader> {
  const engine = await loadEngine()
  const scoring = planScoring(models, wishes)
  return {
    version: 1,
    note: 'Research use only, not for diagnosis.',
    results: {
      models: models.map(({ path, digest, precision, preprocessing }) => ({
        file: basename(path),
        digest,
        precision,
        preprocessing,
      })),
      scoring: factsOf(scoring),
      provider,
      engine: engine.name,
      tf32,
      batch: batchOf(models, batch),
      versions: {
        ...Object.fromEntries(DECIDING.map((name) => [name, versionOf(name)])),
        [engine.name]: engine.version,
      },
    },
    layout: layoutOf(scoring),
    inputs,
    ...(tuning === undefined ? {} : { tuning }),
    machine: {
      platform: `${process.platform}-${process.arch}`,
      node: process.version,
      begun: new Date().toISOString(),
      ...(trial.length > 0 && { trial: trial.join('; ') }),
    },
  }
}

/** Packages whose version may change a pixel or a result, beside the engine. */
const DECIDING = ['roentgen', 'sharp', '@julusian/jpeg-turbo']

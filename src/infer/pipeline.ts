/** Films in, the models' outputs out, in one process: decode and preprocess ahead, run batch after batch.
 *  A film has its place in a batch by its index, and the places of films that fail stay zero: what a film gets depends
 *  on nothing but the film, the models, the provider and the batch. What the outputs mean is not known here. */
import { strict as assert } from 'node:assert'
import { isColoured } from '../image/colour.ts'
import { decodeBytes, type FileFacts, lookAtFilm, readFilmBytes } from '../image/decode.ts'
import { ASIDE, QuickFiles } from '../image/file-calls.ts'
import type { Bars, Film, Pixels, Preprocessing } from '../image/film.ts'
import { giveBack } from '../image/lent.ts'
import { preprocess, takesLuma } from '../image/preprocess.ts'
import type { Tinted } from '../image/read-sharp.ts'
import { ahead, limiter } from './ahead.ts'
import { type Failure, failureOf } from './failure.ts'
import type { Session } from './session.ts'
import { DECODERS } from './shapes.ts'

/** A model that is run, and how films are made ready for it. */
export interface PipelineModel {
  session: Session
  preprocessing: Preprocessing
}

export interface PipelineOptions {
  /** Films decoded at the same time; DECODERS unless given. Never changes a result. */
  decoders?: number
  /** Whether this process has one core of its own, and no more: films are read, while that is quick, and decoded on its own thread then. Never changes a
   *  result [false]. */
  ownCore?: boolean
  /** A last step on the pixels of a film, such as an augmentation; it must keep their size. */
  transform?: (pixels: Pixels, index: number) => Pixels
  /** Whether results say how long each part of the work took. */
  timed?: boolean
}

/** Milliseconds of wall clock; what others did meanwhile on the same cores is in them. */
interface FilmTimes {
  /** Reading the file and decoding it. */
  decodeMs: number
  /** Making it ready for all models. */
  preprocessMs: number
  /** Running all models over the batch that the film was in. */
  inferMs: number
  /** Films that were in that run. */
  batchFilms: number
}

/** Consecutive films of one batch; the first has the index `start`. */
export interface Job {
  start: number
  paths: readonly string[]
}

/** What a film is besides what models make of it. */
export interface FilmFacts {
  /** Pixels, as decoded. */
  width: number
  height: number
  /** What the first preprocessing that looks for bars took, in pixels; null when none looks. */
  bars: Bars | null
  /** Whether the film is really coloured, which a radiograph is not. */
  coloured: boolean
}

interface FilmOutputs {
  index: number
  path: string
  file: FileFacts
  facts: FilmFacts
  /** For each model, for each of its outputs: what belongs to this film. */
  outputs: Float32Array[][]
  /** Where they were asked for. */
  times?: FilmTimes
}
interface FilmFailure {
  index: number
  path: string
  /** null when it could not be looked at. */
  file: FileFacts | null
  failure: Failure
}
export type FilmResult = FilmOutputs | FilmFailure

/** Batches that are decoded while one is run. */
const BATCHES_AHEAD = 2

/** Runs films through models: each film is decoded once, made ready once for each different preprocessing, and run
 *  through one model after the other.
 *  @param models  at least one, with equal batches
 *  @returns one result for each path, in their order; a film that fails yields its failure and harms no other
 *  @throws nothing of single films; what `paths` throws */
export async function* runFilms(
  paths: Iterable<string> | AsyncIterable<string>,
  models: readonly PipelineModel[],
  options: PipelineOptions = {},
): AsyncGenerator<FilmResult> {
  for await (const results of runJobs(cutJobs(paths, batchOf(models)), models, options)) yield* results
}

/** Runs jobs, each within one batch by its indices; several may share a batch's index range (then each runs alone,
 *  in the places that it has by index). @returns the results of each job, in order */
export async function* runJobs(
  jobs: AsyncIterable<Job>,
  models: readonly PipelineModel[],
  options: PipelineOptions = {},
): AsyncGenerator<FilmResult[]> {
  const views = viewsOf(models)
  const batch = batchOf(models)
  const spare: Uint8Array[][] = []
  const decode = decoder(views, batch, options)
  const begun = begin(jobs, (job) => {
    const pixels =
      spare.pop()?.map((buffer) => buffer.fill(0)) ??
      views.map(({ filmBytes }) => new Uint8Array(batch * filmBytes))
    return { job, pixels, films: decode(job, pixels) }
  })
  for await (const { job, pixels, films } of ahead(begun, BATCHES_AHEAD)) {
    const pixelsOf = (model: PipelineModel) => pixels[viewOf(model, views)]!
    const placing = { batch, timed: options.timed ?? false }
    yield await runJob(job, await films, placing, () => runModels(models, batch, pixelsOf))
    spare.push(pixels)
  }
}

/** Cuts paths into batches by index.
 *  @param first  index of the first path, anywhere in a batch: the job with it is the rest of that batch */
export async function* cutJobs(
  paths: Iterable<string> | AsyncIterable<string>,
  batch: number,
  first = 0,
): AsyncGenerator<Job> {
  let start = first
  let some: string[] = []
  for await (const path of paths) {
    some.push(path)
    if ((start % batch) + some.length < batch) continue
    yield { start, paths: some }
    start += some.length
    some = []
  }
  if (some.length > 0) yield { start, paths: some }
}

async function* begin<A, B>(source: AsyncIterable<A>, map: (item: A) => B): AsyncGenerator<B> {
  for await (const item of source) yield map(item)
}

function batchOf(models: readonly PipelineModel[]): number {
  const [batch, ...others] = new Set(models.map(({ session }) => session.batch))
  assert(batch !== undefined && others.length === 0, 'models of one pass have one batch')
  return batch
}

/** A way in which films are made ready; models of the same preprocessing share it. */
interface View {
  key: string
  preprocessing: Preprocessing
  filmBytes: number
}

const keyOf = ({ preprocessing }: PipelineModel): string => JSON.stringify(preprocessing)

const viewsOf = (models: readonly PipelineModel[]): View[] => [
  ...new Map(
    models.map((model) => {
      const key = keyOf(model)
      return [key, { key, preprocessing: model.preprocessing, filmBytes: model.session.filmBytes }] as const
    }),
  ).values(),
]

const viewOf = (model: PipelineModel, views: readonly View[]): number =>
  views.findIndex(({ key }) => key === keyOf(model))

/** A view is given the same of a film, whatever other views there are. */
function tintedFor(views: readonly View[]): Tinted {
  const lumas = views.filter(({ preprocessing }) => takesLuma(preprocessing)).length
  if (lumas === 0) return 'colours'
  return lumas === views.length ? 'luma' : 'both'
}

const filmFor = ({ preprocessing }: View, film: Film): Film =>
  film.luma !== undefined && takesLuma(preprocessing) ? { ...film, channels: 1, pixels: film.luma } : film

/** What became of a film: its place is filled, or zeros. */
type Placed =
  | { file: FileFacts; facts: FilmFacts; decodeMs: number; preprocessMs: number }
  | { file: FileFacts | null; failure: Failure }

/** Fills the places of a job's films in the buffer of each view; what fails leaves zeros there and its failure in the
 *  answer. */
function decoder(views: readonly View[], batch: number, options: PipelineOptions) {
  const limited = limiter(options.decoders ?? DECODERS)
  const { ownCore = false } = options
  const quick = new QuickFiles()
  const tinted = tintedFor(views)
  const place = async (path: string, index: number, buffers: readonly Uint8Array[]): Promise<Placed> => {
    let stage: 'decode' | 'preprocess' = 'decode'
    let file: FileFacts | null = null
    try {
      const begun = performance.now()
      const calls = ownCore ? quick.next() : ASIDE
      file = await lookAtFilm(path, calls)
      const bytes = await readFilmBytes(path, file, calls)
      const film = await decodeBytes(bytes, path, { tinted, holds: ownCore })
      giveBack(bytes)
      stage = 'preprocess'
      const decoded = performance.now()
      const ready = views.map((view) => preprocess(filmFor(view, film), view.preprocessing))
      for (const [i, pixels] of ready.entries())
        fill(options.transform?.(pixels, index) ?? pixels, views[i]!.filmBytes, index % batch, buffers[i]!)
      const bars = ready.find((pixels) => pixels.bars !== null)?.bars ?? null
      const { width, height } = film
      const facts = { width, height, bars, coloured: isColoured(film) }
      for (const { pixels } of [...ready, film]) giveBack(pixels)
      if (film.luma !== undefined) giveBack(film.luma)
      return { file, facts, decodeMs: decoded - begun, preprocessMs: performance.now() - decoded }
    } catch (error) {
      for (const [i, { filmBytes }] of views.entries())
        buffers[i]!.fill(0, (index % batch) * filmBytes, ((index % batch) + 1) * filmBytes)
      return { file, failure: failureOf(stage, path, error) }
    }
  }
  return ({ start, paths }: Job, buffers: readonly Uint8Array[]): Promise<Placed[]> => {
    assert((start % batch) + paths.length <= batch, 'a job lies within one batch')
    return Promise.all(paths.map((path, i) => limited(() => place(path, start + i, buffers))))
  }
}

function fill({ pixels }: Pixels, filmBytes: number, slot: number, buffer: Uint8Array): void {
  assert(pixels.length === filmBytes, `${pixels.length} bytes a film, the model takes ${filmBytes}`)
  buffer.set(pixels, slot * filmBytes)
}

async function runJob(
  { start, paths }: Job,
  films: readonly Placed[],
  { batch, timed }: { batch: number; timed: boolean },
  run: () => Promise<Float32Array[][]>,
): Promise<FilmResult[]> {
  const batchFilms = films.filter((film) => 'facts' in film).length
  const begun = performance.now()
  // A batch without any film is not worth a run.
  const runs = batchFilms > 0 ? await attempt(run) : []
  const inferMs = performance.now() - begun
  return paths.map((path, i) => {
    const film = films[i]!
    const place = { index: start + i, path, file: film.file }
    if ('failure' in film) return { ...place, failure: film.failure }
    if (runs instanceof Failed) return { ...place, failure: failureOf('infer', path, runs.error) }
    const slot = (start + i) % batch
    const outputs = runs.map((all) => all.map((values) => part(values, slot, batch)))
    const { file, facts, decodeMs, preprocessMs } = film
    const times = timed && { times: { decodeMs, preprocessMs, inferMs, batchFilms } }
    return { ...place, file, facts, outputs, ...times }
  })
}

/** @returns for each model, for each of its outputs, the results of the whole batch */
async function runModels(
  models: readonly PipelineModel[],
  batch: number,
  pixelsOf: (model: PipelineModel) => Uint8Array,
): Promise<Float32Array[][]> {
  const results: Float32Array[][] = []
  for (const model of models) {
    const run = await model.session.run(pixelsOf(model), batch)
    results.push(
      model.session.outputs.map(({ name }) => run[name] ?? assert.fail(`the output ${name} has a result`)),
    )
  }
  return results
}

function part(all: Float32Array, slot: number, batch: number): Float32Array {
  const size = all.length / batch
  return all.slice(slot * size, (slot + 1) * size)
}

class Failed {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

const attempt = async <T>(task: () => Promise<T>): Promise<T | Failed> => {
  try {
    return await task()
  } catch (error) {
    return new Failed(error)
  }
}

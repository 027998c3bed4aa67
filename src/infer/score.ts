/** From films and a model to scores: `scoreFilms` gives them one by one (evaluation reads them so), `scoreToFile`
 *  writes them with their ledger. Nothing here grows with the number of films but the list of their paths. */
import { resolve } from 'node:path'
import { WholeFile } from '../../whole-file.ts'
import { chooseBatch } from './batch.ts'
import { conduct } from './conductor.ts'
import { Ledger, ledgerPath } from './ledger.ts'
import type { ModelFile } from './model-file.ts'
import type { ProviderName } from './providers.ts'
import { type ScoredFilm, scoreOf } from './row.ts'
import { type Writer, writerFor } from './writers.ts'

export interface ScoreOptions {
  model: ModelFile
  films: Iterable<string> | AsyncIterable<string>
  /** cpu unless given. */
  provider?: ProviderName
  /** Films a batch; part of what a result depends on. What the model fixes, else DEFAULT_BATCH. */
  batch?: number
  /** Threads of the session, as many as cores unless given. Never changes a result. */
  threads?: number
  /** Films decoded at the same time, as many as cores unless given. Never changes a result. */
  decoders?: number
  /** Called when the model is open, before the first film. */
  onReady?: () => void
}

/** Scores films in a worker process.
 *  @returns one result for each film, in their order
 *  @throws ROE_MODEL_INVALID, ROE_PROVIDER, ROE_OPTION; nothing of single films */
export async function* scoreFilms(options: ScoreOptions): AsyncGenerator<ScoredFilm> {
  const { model, films, batch, onReady, ...rest } = options
  const setup = {
    ...rest,
    model: model.path,
    preprocessing: model.preprocessing,
    batch: chooseBatch(model.batch, batch),
  }
  for await (const result of conduct(films, setup, onReady === undefined ? {} : { onReady }))
    yield scoreOf(result, model.labels)
}

export interface ScoreSummary {
  films: number
  ok: number
  failed: number
  /** How many films were given each label, in the order of the model's labels. */
  labels: Record<string, number>
  out: string
  /** null when no film failed. */
  ledger: string | null
}

/** Scores films and writes a row for each, and the ledger of those that failed. Both appear when all is done, or not
 *  at all. Two runs write the same bytes.
 *  @param out  its extension says the format
 *  @param onFilm  called after each film, with how many are done
 *  @throws ROE_OPTION, ROE_WRITE, and what scoreFilms throws */
export async function scoreToFile(
  options: ScoreOptions & { out: string; onFilm?: (done: number) => void },
): Promise<ScoreSummary> {
  const { out, onFilm, ...scoring } = options
  const writer = writerFor(out)
  const rows = await WholeFile.create(out)
  const ledger = new Ledger(out)
  try {
    const counts = await writeAll(scoring, writer, rows, ledger, onFilm)
    const kept = await ledger.finish()
    await rows.finish()
    return { ...counts, out, ledger: kept }
  } catch (error) {
    await rows.abandon()
    await ledger.abandon()
    throw error
  }
}

async function writeAll(
  options: ScoreOptions,
  writer: Writer,
  rows: WholeFile,
  ledger: Ledger,
  onFilm?: (done: number) => void,
) {
  const { labels } = options.model
  const counts = { films: 0, ok: 0, failed: 0, labels: Object.fromEntries(labels.map((label) => [label, 0])) }
  await rows.write(writer.head(labels))
  for await (const film of scoreFilms(options)) {
    await rows.write(writer.row(film, labels))
    if (film.status === 'failed') await ledger.add(film)
    else counts.labels[film.label] = (counts.labels[film.label] ?? 0) + 1
    counts[film.status] += 1
    counts.films += 1
    onFilm?.(counts.films)
  }
  return counts
}

/** Without what an earlier run wrote there: the scores of a folder may lie in it, and are no film. */
export function withoutOutputs(films: readonly string[], out: string): string[] {
  const own = new Set([resolve(out), resolve(ledgerPath(out))])
  return films.filter((film) => !own.has(resolve(film)))
}

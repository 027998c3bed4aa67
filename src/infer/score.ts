/** From films and a model to scores: `scoreFilms` gives them one by one (evaluation reads them so), `scoreToFile`
 *  writes them with their ledger. Nothing here grows with the number of films but the list of their paths. */
import { resolve } from 'node:path'
import { conduct } from './conductor.ts'
import { columnsOf, type ScoreColumn } from './layout.ts'
import { Ledger, ledgerPath } from './ledger.ts'
import type { ModelFile } from './model-file.ts'
import { batchOf, layoutOf } from './models.ts'
import type { ProviderName } from './providers.ts'
import { cellsOf, type ScoredFilm, scoreOf } from './row.ts'
import { writeRows, writerFor } from './writers.ts'

export interface ScoreOptions {
  /** Run one after the other over films that are decoded once. */
  models: readonly ModelFile[]
  films: Iterable<string> | AsyncIterable<string>
  /** cpu unless given. */
  provider?: ProviderName
  /** Films a batch; part of what a result depends on. What a model fixes, else DEFAULT_BATCH. */
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
  const { models, films, batch, onReady, ...rest } = options
  const setup = {
    ...rest,
    models: models.map(({ path, preprocessing }) => ({ model: path, preprocessing })),
    batch: batchOf(models, batch),
  }
  const layout = layoutOf(models)
  for await (const result of conduct(films, setup, onReady === undefined ? {} : { onReady }))
    yield scoreOf(result, layout)
}

export interface ScoreSummary {
  films: number
  ok: number
  failed: number
  /** How many films were given each label by the first model, in the order of its labels. */
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
  writerFor(out)
  const layout = layoutOf(options.models)
  const columns = columnsOf(layout)
  const ledger = new Ledger(out)
  const summary: ScoreSummary = {
    films: 0,
    ok: 0,
    failed: 0,
    labels: Object.fromEntries((layout.models[0]?.labels ?? []).map((label) => [label, 0])),
    out,
    ledger: null,
  }
  try {
    const rows = rowsOf(scoring, columns, summary, ledger, onFilm)
    await writeRows(out, columns, rows, '{}')
    return summary
  } catch (error) {
    await ledger.abandon()
    throw error
  }
}

/** Fills the summary as it goes. */
async function* rowsOf(
  options: ScoreOptions,
  columns: readonly ScoreColumn[],
  summary: ScoreSummary,
  ledger: Ledger,
  onFilm?: (done: number) => void,
) {
  for await (const film of scoreFilms(options)) {
    yield cellsOf(film, columns)
    if (film.status === 'failed') await ledger.add(film)
    else
      for (const { label } of film.scores.slice(0, 1))
        summary.labels[label] = (summary.labels[label] ?? 0) + 1
    summary[film.status] += 1
    summary.films += 1
    onFilm?.(summary.films)
  }
  // The scores come last: where they are, their ledger is.
  summary.ledger = await ledger.finish()
}

/** Without what an earlier run wrote there: the scores of a folder may lie in it, and are no film. */
export function withoutOutputs(films: readonly string[], out: string): string[] {
  const own = new Set([resolve(out), resolve(ledgerPath(out))])
  return films.filter((film) => !own.has(resolve(film)))
}

/** An evaluation of films that were scored before: a file of scores and a file of labels. */
import { readFile } from 'node:fs/promises'
import { tableError } from '../data/csv.ts'
import { readFindingLabels, saysFindings } from '../data/findings.ts'
import { type LabelTable, readLabels } from '../data/manifest.ts'
import { readScores, type ScoreRow, type ScoreTable } from '../data/scores.ts'
import { headerPath, ledgerPath } from '../infer/run/files.ts'
import { readHeader } from '../infer/run/header.ts'
import { DEFAULT_THRESHOLD } from '../infer/scoring.ts'
import { evaluateScores } from './evaluate.ts'
import type { Evaluation, FailedFilm } from './evaluation.ts'
import { evaluateFindings, refusePositive } from './findings.ts'
import type { FindingsEvaluation } from './findings-evaluation.ts'
import { joinByPath } from './join.ts'
import { plural } from './number-text.ts'
import { splitsOf } from './splits.ts'

export interface ScoresToEvaluate {
  /** As `roentgen score` writes it; its ledger, if it lies beside, says why films failed. */
  scores: string
  /** CSV with path, label, and if known patient; of a multi-label model with a column for each label. */
  labels: string
  positive?: string
}

/** Reads both and evaluates the films that have both, each as of one class; the others are named in the result.
 *  @throws ROE_NOT_FOUND, ROE_MANIFEST, ROE_NO_FILMS of reading; what joinByPath and evaluateScores throw */
export const evaluateScoreFile = async (options: ScoresToEvaluate): Promise<Evaluation> =>
  ofClasses(await readScores(options.scores), options)

/** The same, or label by label where scores and labels do not exclude each other: scores of a sigmoid, and a CSV with a column
 *  for each label.
 *  @throws what evaluateScoreFile throws; ROE_OPTION when a positive class is named and there are no classes; ROE_MANIFEST
 *    when nothing says the thresholds of the scores */
export async function evaluateAnyScoreFile(
  options: ScoresToEvaluate,
): Promise<Evaluation | FindingsEvaluation> {
  const table = await readScores(options.scores)
  const isOfFindings = table.isOfFindings && (await saysFindings(options.labels, table.labels))
  return isOfFindings ? ofFindings(table, options) : ofClasses(table, options)
}

async function ofClasses(table: ScoreTable, options: ScoresToEvaluate): Promise<Evaluation> {
  const { common, scored } = await joined(table, await readLabels(options.labels), options)
  const rows = scored.map(({ score, film: { label: actual, patient } }) => ({
    ...{ path: score.path, actual, predicted: score.label, probabilities: score.probabilities, patient },
  }))
  const { positive } = options
  return evaluateScores({ ...common, rows, ...(positive === undefined ? {} : { positive }) })
}

async function ofFindings(table: ScoreTable, options: ScoresToEvaluate): Promise<FindingsEvaluation> {
  refusePositive(options.positive)
  const thresholds = await thresholdsOf(table, options.scores)
  const { common, scored } = await joined(
    table,
    await readFindingLabels(options.labels, table.labels),
    options,
  )
  const rows = scored
    // Sums of floats depend on their order: it is that of the labels, as where the model is asked.
    .toSorted((a, b) => a.place - b.place)
    .map(({ score, film: { findings = {}, patient } }) => ({
      ...{ path: score.path, findings, probabilities: score.probabilities.map(Math.fround), patient },
    }))
  return evaluateFindings({ ...common, thresholds, rows })
}

/** Those that the header beside the scores says, else the usual ones, if by them each film has the labels that it was given.
 *  @throws ROE_MANIFEST when it has not */
async function thresholdsOf({ labels, rows }: ScoreTable, scores: string): Promise<readonly number[]> {
  const said = (await readHeader(scores))?.results.scoring.thresholds[0]
  const thresholds = said?.length === labels.length ? said : labels.map(() => DEFAULT_THRESHOLD)
  const other = rows.find(
    ({ above, probabilities }) =>
      probabilities !== null &&
      // As float32, as `score` compares them.
      labels.filter((_, i) => Math.fround(probabilities[i]!) >= Math.fround(thresholds[i]!)).join('|') !==
        (above ?? ''),
  )
  if (other === undefined) return thresholds
  const problem = `the labels that ${other.path} was given are of other thresholds than ${thresholds.join(', ')}; put ${headerPath(scores)} of that run, which says them, beside it`
  throw tableError(scores, null, problem)
}

type Scored = ScoreRow & { label: string; probabilities: number[] }

const isScored = (row: ScoreRow): row is Scored => row.label !== null && row.probabilities !== null

/** Which score is of which labelled film, in the order of the scores, and what is said of either kind. */
async function joined(table: ScoreTable, truth: LabelTable, { scores, labels }: ScoresToEvaluate) {
  const ledger = await readLedger(scores)
  const { pairs, byEnding, ...unmatched } = joinByPath(
    table.rows.map(({ path }) => path),
    truth.films.map(({ path }) => path),
    labels,
  )
  const found = pairs.map(({ score, label }) => ({
    ...{ score: table.rows[score]!, film: truth.films[label]!, place: label },
  }))
  const failed: FailedFilm[] = found.flatMap(({ score, film }) => {
    if (isScored(score)) return []
    const { path, status } = score
    const why = ledger.get(path) ?? { code: null, reason: `its status is ${status}` }
    return [{ path, actual: film.label, ...why }]
  })
  const endingNotes = byEnding
    .slice(0, 1)
    .map(
      ({ score, label }) =>
        `${plural(byEnding.length, 'film')} matched by the end of the path alone, e.g. ${table.rows[score]!.path} = ${truth.films[label]!.path}.`,
    )
  const about = {
    model: null,
    ...{ scores, data: labels },
    splits: splitsOf(found.map(({ film }) => film)),
    notes: [...table.notes, ...truth.notes, ...endingNotes],
  }
  return {
    scored: found.flatMap(({ score, ...rest }) => (isScored(score) ? [{ score, ...rest }] : [])),
    common: { about, labels: table.labels, failed, copies: null, unmatched },
  }
}

/** Path → why it failed. Only words are taken from it, so a ledger that is absent or odd costs no more than them. */
async function readLedger(scores: string): Promise<Map<string, { code: string; reason: string }>> {
  const text = await readFile(ledgerPath(scores), 'utf8').catch(() => '')
  return new Map(
    text.split('\n').flatMap((line) => {
      const entry = parsed(line)
      const { path, code, reason } = entry
      const isWhole = [path, code, reason].every((value) => typeof value === 'string')
      return isWhole ? [[path as string, { code: code as string, reason: reason as string }] as const] : []
    }),
  )
}

function parsed(line: string): Record<string, unknown> {
  try {
    return (JSON.parse(line) ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** An evaluation of films that were scored before: a file of scores and a file of labels. */
import { readFile } from 'node:fs/promises'
import { readLabels } from '../data/manifest.ts'
import { readScores, type ScoreRow } from '../data/scores.ts'
import { ledgerPath } from '../infer/run/files.ts'
import { evaluateScores } from './evaluate.ts'
import type { EvaluatedFilm, Evaluation, FailedFilm } from './evaluation.ts'
import { joinByPath } from './join.ts'
import { plural } from './number-text.ts'
import { splitsOf } from './splits.ts'

export interface ScoresToEvaluate {
  /** As `roentgen score` writes it; its ledger, if it lies beside, says why films failed. */
  scores: string
  /** CSV with path, label, and if known patient. */
  labels: string
  positive?: string
}

/** Reads both and evaluates the films that have both; the others are named in the result.
 *  @throws ROE_NOT_FOUND, ROE_MANIFEST, ROE_NO_FILMS of reading; what joinByPath and evaluateScores throw */
export async function evaluateScoreFile({ scores, labels, positive }: ScoresToEvaluate): Promise<Evaluation> {
  const [table, truth, ledger] = [
    await readScores(scores),
    await readLabels(labels),
    await readLedger(scores),
  ]
  const { pairs, byEnding, ...unmatched } = joinByPath(
    table.rows.map(({ path }) => path),
    truth.films.map(({ path }) => path),
    labels,
  )
  const rows: EvaluatedFilm[] = []
  const failed: FailedFilm[] = []
  for (const { score, label } of pairs) {
    const { path, status, label: predicted, probabilities } = table.rows[score] as ScoreRow
    const { label: actual, patient } = truth.films[label]!
    if (status === 'ok' && predicted !== null) rows.push({ path, actual, predicted, probabilities, patient })
    else
      failed.push({
        path,
        actual,
        ...(ledger.get(path) ?? { code: null, reason: `its status is ${status}` }),
      })
  }
  const endingNotes = byEnding
    .slice(0, 1)
    .map(
      ({ score, label }) =>
        `${plural(byEnding.length, 'film')} matched by the end of the path alone, e.g. ${table.rows[score]!.path} = ${truth.films[label]!.path}.`,
    )
  return evaluateScores({
    about: {
      model: null,
      scores,
      data: labels,
      splits: splitsOf(pairs.map(({ label }) => truth.films[label]!)),
      notes: [...table.notes, ...truth.notes, ...endingNotes],
    },
    labels: table.labels,
    rows,
    failed,
    copies: null,
    unmatched,
    ...(positive === undefined ? {} : { positive }),
  })
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

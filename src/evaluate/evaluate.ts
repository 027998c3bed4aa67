/** From scored films to an evaluation. Pure: it reads no file and asks no clock, so the same films give the same bytes. */
import { RoentgenError } from '../../errors.ts'
import { areaOf } from './auc.ts'
import { confusionOf, countsOf, sum } from './confusion.ts'
import type {
  ClassFigures,
  EvaluatedFilm,
  Evaluation,
  EvaluationInput,
  FailedFilm,
  Figures,
} from './evaluation.ts'
import { proportionOf } from './intervals.ts'
import { type ClassMetrics, metricsOf, positiveOf, ratio } from './metrics.ts'
import { parted } from './parted.ts'
import { warningsOf } from './warnings.ts'

/** Every figure of the films, all of them first and then, where some are copies of training films, without those.
 *  @throws ROE_LABELS_DIFFER when a film is of a class that the model does not know; ROE_OPTION when `positive` is none
 *  of the labels; ROE_EVALUATION when no film has both a label and a score */
export function evaluateScores(input: EvaluationInput): Evaluation {
  const { about, labels, rows, failed, positive } = input
  refuseUnknownLabels(about.data, labels, [...rows, ...failed], positive)
  if (rows.length === 0) throw nothingToCount(about.data, failed)
  const { copies, others, patients } = parted(rows, input.copies)
  const facts = {
    version: 1,
    about,
    labels,
    positive: positive ?? positiveOf(labels),
    films: rows.length,
    patients,
    all: figuresOf(labels, rows),
    withoutCopies: copies.length > 0 && others.length > 0 ? figuresOf(labels, others) : null,
    copies,
    failed,
    unmatched: input.unmatched ?? { withoutScore: [], withoutLabel: [] },
  } as const
  return { ...facts, warnings: warningsOf(facts, input) }
}

/** Refuses classes that the model does not know; callers may ask before they score.
 *  @param where  the data, as the user gave it
 *  @throws ROE_LABELS_DIFFER, ROE_OPTION (as evaluateScores) */
export function refuseUnknownLabels(
  where: string,
  labels: readonly string[],
  films: readonly { actual: string }[],
  positive: string | undefined,
): void {
  if (positive !== undefined && !labels.includes(positive))
    throw new RoentgenError('ROE_OPTION', {
      where: '--positive',
      expected: labels.join(' or '),
      received: positive,
    })
  const known = new Set(labels)
  const missing = [...new Set(films.map(({ actual }) => actual))].filter((label) => !known.has(label)).sort()
  if (missing.length > 0) throw new RoentgenError('ROE_LABELS_DIFFER', { where, missing, expected: labels })
}

/** Why there is nothing to evaluate. */
export function nothingToCount(where: string, failed: readonly FailedFilm[]): RoentgenError {
  const [first] = failed
  const problem =
    first === undefined
      ? 'no film has both a label and a score'
      : `all ${failed.length} films failed, the first, ${first.path}, because ${first.reason}`
  return new RoentgenError('ROE_EVALUATION', { where, problem })
}

/** Every figure of one set of films. */
function figuresOf(labels: readonly string[], rows: readonly EvaluatedFilm[]): Figures {
  const confusion = confusionOf(labels, rows)
  const { films, balancedAccuracy, macro, weighted, classes } = metricsOf(confusion)
  const figures = classes.map((metrics, i) => ({
    ...metrics,
    counts: countsOf(confusion, i),
    ...againstTheRest(metrics, i, rows),
  }))
  const areas = figures.flatMap(({ auc }) => (auc === null ? [] : [auc.value]))
  return {
    films,
    matrix: confusion.matrix,
    accuracy: proportionOf(
      rows.map(({ actual, predicted, patient }) => ({ hit: actual === predicted, patient })),
    ),
    balancedAccuracy,
    classes: figures,
    macro,
    weighted,
    macroAuc: areas.length === labels.length ? ratio(sum(areas), areas.length) : null,
  }
}

function againstTheRest(
  { label }: ClassMetrics,
  index: number,
  rows: readonly EvaluatedFilm[],
): Pick<ClassFigures, 'sensitivity' | 'specificityOf' | 'auc'> {
  const isOf = (film: EvaluatedFilm): boolean => film.actual === label
  const outcome = (film: EvaluatedFilm) => ({
    hit: isOf(film) === (film.predicted === label),
    patient: film.patient,
  })
  const scores = rows.flatMap(({ probabilities }) => probabilities?.[index] ?? [])
  return {
    sensitivity: proportionOf(rows.filter(isOf).map(outcome)),
    specificityOf: proportionOf(rows.filter((film) => !isOf(film)).map(outcome)),
    auc:
      scores.length === rows.length
        ? areaOf(
            scores,
            rows.map(isOf),
            rows.map(({ patient }) => patient),
          )
        : null,
  }
}

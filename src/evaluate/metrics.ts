/** Figures of a confusion matrix. A figure that divides nothing by nothing is null, and so is a mean that needs it:
 *  what is unknown must not look like 0 (the text of scikit-learn, which prints 0.00, is classification-report.ts). */
import { type Confusion, correctOf, countsOf, sum, totalOf } from './confusion.ts'

export interface ClassMetrics {
  label: string
  /** Right ones among the films that were called so; null when none was. */
  precision: number | null
  /** Right ones among the films of the class, its sensitivity; null when there is none. */
  recall: number | null
  /** 2 TP / (films of the class + films called so). */
  f1: number | null
  /** The rest not called so, among the rest. */
  specificity: number | null
  /** Films of the class. */
  support: number
}

export type Average = Record<'precision' | 'recall' | 'f1', number | null>

export interface Metrics {
  /** Films. */
  films: number
  accuracy: number | null
  /** Mean recall of the classes that have films, as scikit-learn counts it. */
  balancedAccuracy: number | null
  classes: ClassMetrics[]
  /** Plain mean over the classes. */
  macro: Average
  /** Mean over the classes weighted by their films. */
  weighted: Average
}

/** All figures of one matrix.
 *  @source definitions of sklearn.metrics.precision_recall_fscore_support and balanced_accuracy_score */
export function metricsOf(confusion: Confusion): Metrics {
  const films = totalOf(confusion.matrix)
  const classes = confusion.labels.map((label, i) => classMetrics(label, countsOf(confusion, i)))
  const recalls = classes.flatMap(({ recall }) => (recall === null ? [] : [recall]))
  return {
    films,
    accuracy: ratio(correctOf(confusion), films),
    balancedAccuracy: ratio(sum(recalls), recalls.length),
    classes,
    macro: averages(classes, () => 1),
    weighted: averages(classes, ({ support }) => support),
  }
}

function classMetrics(label: string, counts: ReturnType<typeof countsOf>): ClassMetrics {
  const { truePositive, falsePositive, trueNegative, falseNegative } = counts
  const support = truePositive + falseNegative
  return {
    label,
    precision: ratio(truePositive, truePositive + falsePositive),
    recall: ratio(truePositive, support),
    f1: ratio(2 * truePositive, support + truePositive + falsePositive),
    specificity: ratio(trueNegative, trueNegative + falsePositive),
    support,
  }
}

const averages = (classes: ClassMetrics[], weight: (row: ClassMetrics) => number): Average => ({
  precision: weightedMean(classes.map((row) => [row.precision, weight(row)])),
  recall: weightedMean(classes.map((row) => [row.recall, weight(row)])),
  f1: weightedMean(classes.map((row) => [row.f1, weight(row)])),
})

/** A class of weight 0 has no say, so its unknown figure does no harm. */
function weightedMean(rows: readonly (readonly [number | null, number])[]): number | null {
  const heard = rows.filter(([, weight]) => weight > 0)
  const known = heard.flatMap(([value, weight]) => (value === null ? [] : [value * weight]))
  return known.length < heard.length ? null : ratio(sum(known), sum(heard.map(([, weight]) => weight)))
}

/** a / b, or null where b is 0. */
export const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b)

/** Words for "nothing was found" as class names, lower case, `_` and `-` read as spaces. */
const NEGATIVE = /^(normal|negative|healthy|control|benign|none|no findings?|(no|non|not|without) .+)$/

/** Whether a class name means that nothing was found. */
export const isNegative = (label: string): boolean =>
  NEGATIVE.test(label.trim().toLowerCase().replace(/[_-]+/g, ' '))

/** Which of the labels is the one looked for.
 *  Two labels: the one that does not mean "nothing found" (normal, negative, healthy, control, benign, none, no finding,
 *  "no …", "non …", "not …", "without …"); where this tells nothing, the first in the model's order, which is class 0 of
 *  the published system (S4: `covid` before `normal`, sensitivity is the recall of row 0). More labels: none.
 *  @returns null when no single label is the positive one */
export function positiveOf(labels: readonly string[]): string | null {
  if (labels.length !== 2) return null
  const found = labels.filter((label) => !isNegative(label))
  return (found.length === 1 ? found[0] : labels[0]) ?? null
}

/** Networks that were tested on the same films, as the tables of S1.5: one class against the rest, counts and figures, what
 *  imbalance flatters, and which one is chosen. Pure; every figure is of the pooled counts, so that tables agree with
 *  themselves. */
import { type Confusion, type Counts, correctOf, countsOf, sum, totalOf } from './confusion.ts'
import { wilson } from './intervals.ts'
import { ratio } from './metrics.ts'

type Matrix = Confusion['matrix']

/** One network, with what it said of the test films of each fold. */
export interface Contender {
  name: string
  /** One or more; rows actual, columns predicted, in the order of the labels. */
  folds: readonly Matrix[]
}

/** Figures of S1.4, in the order of the table of percentages. */
export const FIGURES = ['twoClassAccuracy', 'accuracy', 'sensitivity', 'specificity'] as const
export type FigureName = (typeof FIGURES)[number]

export interface Figure {
  /** Of the pooled counts, in 0..1; null where there is no such film. */
  value: number | null
  /** Not acceptable, since the imbalance of the classes makes it look good: see `STARS`. */
  starred: boolean
  /** Plain mean and sample standard deviation of the folds; null where a fold has no such figure, or is alone. */
  mean: number | null
  sd: number | null
}

export interface SweepRow {
  name: string
  films: number
  /** All folds together. */
  matrix: Matrix
  /** Of the positive class against the rest. */
  counts: Counts
  figures: Record<FigureName, Figure>
}

/** Written as tables.json; `version` changes with its meaning. */
export interface SweepTables {
  version: 1
  labels: readonly string[]
  /** The class looked for. */
  positive: string
  /** How many folds each film could be in, and how many of them were tested. */
  folds: { of: number; tested: number }
  rows: SweepRow[]
  chosen: { name: string | null; why: string }
  /** Combinations that cannot be trained. */
  leftOut: readonly { name: string; reason: string }[]
  /** What makes the figures doubtful. */
  warnings: string[]
}

interface SweepInput {
  labels: readonly string[]
  positive: string
  of: number
  contenders: readonly Contender[]
  leftOut?: SweepTables['leftOut']
}

/** @param input  every contender was tested on the same films, one or more of them */
export function sweepTables({ labels, positive, of, contenders, leftOut = [] }: SweepInput): SweepTables {
  const rows = contenders.map((contender) => rowOf(contender, labels, positive))
  const tested = contenders[0]?.folds.length ?? 0
  return {
    version: 1,
    labels,
    positive,
    folds: { of, tested },
    rows,
    chosen: choiceOf(rows, positive),
    leftOut,
    warnings: [
      ...(tested < of
        ? [`Figures are of one fold of ${of}: other films would give others; --folds ${of} tests all.`]
        : []),
      ...(rows.length > 1
        ? [
            'The choice was made by the films that its figures are of, so they are a little too good; test it on others.',
          ]
        : []),
    ],
  }
}

function rowOf({ name, folds }: Contender, labels: readonly string[], positive: string): SweepRow {
  const at = labels.indexOf(positive)
  const matrix = labels.map((_, i) => labels.map((_, j) => sum(folds.map((fold) => fold[i]![j]!))))
  const whole = valuesOf({ labels, matrix }, at)
  const each = folds.map((fold) => valuesOf({ labels, matrix: fold }, at))
  const figures = Object.fromEntries(
    FIGURES.map((figure) => [
      figure,
      {
        value: whole[figure],
        starred: STARS[figure](whole, { labels, matrix }, at),
        ...meanAndDeviation(each.map((values) => values[figure])),
      },
    ]),
  ) as Record<FigureName, Figure>
  return { name, films: totalOf(matrix), matrix, counts: countsOf({ labels, matrix }, at), figures }
}

type Values = Record<FigureName, number | null>

/** The definitions of S1.4. A film that is not of the class and was not called so is right in the 2-class accuracy, whatever
 *  else it was called. */
function valuesOf(confusion: Confusion, positive: number): Values {
  const { truePositive, falsePositive, trueNegative, falseNegative } = countsOf(confusion, positive)
  const all = totalOf(confusion.matrix)
  return {
    twoClassAccuracy: ratio(truePositive + trueNegative, all),
    accuracy: ratio(correctOf(confusion), all),
    sensitivity: ratio(truePositive, truePositive + falseNegative),
    specificity: ratio(trueNegative, trueNegative + falsePositive),
  }
}

/** When imbalance makes a figure look good. An accuracy: where its 95 % interval (Wilson) reaches down to what the same
 *  answer for all films would give. Sensitivity and specificity: where more than half of the other kind of film is wrong. */
const STARS: Record<FigureName, (values: Values, confusion: Confusion, positive: number) => boolean> = {
  twoClassAccuracy: (_, confusion, positive) => {
    const { truePositive, trueNegative, falseNegative } = countsOf(confusion, positive)
    const all = totalOf(confusion.matrix)
    const ofClass = truePositive + falseNegative
    return isReached(truePositive + trueNegative, Math.max(ofClass, all - ofClass), all)
  },
  accuracy: (_, confusion) =>
    isReached(correctOf(confusion), Math.max(...confusion.matrix.map(sum)), totalOf(confusion.matrix)),
  sensitivity: ({ specificity }) => isPoor(specificity),
  specificity: ({ sensitivity }) => isPoor(sensitivity),
}

const isPoor = (value: number | null): boolean => value !== null && value < 0.5

const isReached = (right: number, sameAnswer: number, of: number): boolean =>
  (wilson(right, of)?.[0] ?? 1) <= sameAnswer / of

/** Plain mean and sample standard deviation; null where a value is unknown, or alone. */
export function meanAndDeviation(values: readonly (number | null)[]): Pick<Figure, 'mean' | 'sd'> {
  const known = values.filter((value) => value !== null)
  if (known.length < values.length || known.length < 2) return { mean: null, sd: null }
  const mean = sum(known) / known.length
  return { mean, sd: Math.sqrt(sum(known.map((value) => (value - mean) ** 2)) / (known.length - 1)) }
}

/** Why a network is no choice, however few films it misses or calls wrong: its other figure is starred for it. */
const UNFIT: readonly { figure: FigureName; why: (positive: string) => string }[] = [
  { figure: 'sensitivity', why: (positive) => `more than half of the other films are called ${positive}` },
  { figure: 'specificity', why: (positive) => `more than half of the films of ${positive} are missed` },
]

/** S1.5: the fewest films of the class missed, then the fewest others called so, then the order of the sweep; of those that
 *  are no answer for all films alike. */
function choiceOf(rows: readonly SweepRow[], positive: string): SweepTables['chosen'] {
  const unfit = UNFIT.map(({ figure, why }) => ({
    why: why(positive),
    names: rows.filter(({ figures }) => figures[figure].starred).map(({ name }) => name),
  })).filter(({ names }) => names.length > 0)
  const passed = new Set(unfit.flatMap(({ names }) => names))
  const passedOver = unfit.map(({ names, why }) => `${names.join(', ')} (${why})`).join('; ')
  const [best, ...others] = rows
    .filter(({ name }) => !passed.has(name))
    .toSorted(
      ({ counts: a }, { counts: b }) =>
        a.falseNegative - b.falseNegative || a.falsePositive - b.falsePositive,
    )
  if (best === undefined) return { name: null, why: `None is chosen: ${passedOver}.` }
  const { falseNegative, truePositive, falsePositive } = best.counts
  const missed = `${best.name} misses ${falseNegative} of ${falseNegative + truePositive} films of ${positive}`
  const equal = others.filter(({ counts }) => counts.falseNegative === falseNegative)
  const tie =
    equal.length === 0
      ? ''
      : `, as ${equal.map(({ name }) => name).join(' and ')} ${equal.length === 1 ? 'does' : 'do'}, and calls ${falsePositive} others so`
  const rest = passed.size === 0 ? '' : ` Passed over: ${passedOver}.`
  const why =
    rows.length === 1 ? `${missed}.` : `Chosen by the fewest false negatives: ${missed}${tie}.${rest}`
  return { name: best.name, why }
}

/** The table of answers: what the last layer says of a film. Which one of several classes it is, or of each finding whether
 *  it is there (multi-label). What is asked of the network, how wrong it is, what counts as right and what a label weighs
 *  follow from that; nothing else in the fit knows the difference. */
import * as tf from '@tensorflow/tfjs-core'
import { EPSILON, filmLoss, LOSSES, type LossName, targetsOf } from './losses.ts'

/** What is known of a film, label by label; null: unknown. Of classes, one is 1 and the others are 0. */
export type Truth = readonly (0 | 1 | null)[]

/** What is asked of the network. */
export interface Asked {
  answer: AnswerName
  classes: number
  /** Of classes; findings have one loss only. */
  loss: LossName
  /** How far the answers are drawn towards each other, 0 <= smoothing < 1. */
  labelSmoothing: number
  /** How much a film of each class weighs in training, or one that has the finding; null: all the same. */
  classWeights: readonly number[] | null
}

interface AnswerRow {
  /** Of the last layer. */
  activation: 'softmax' | 'sigmoid'
  /** What is counted right, as a line calls it. */
  accuracy: string
  /** What a film of a label, or one that has the finding, weighs where all labels are to weigh the same. */
  balanced: (truths: readonly Truth[], label: number) => number
  /** Answers that are known of these films: what figures are means over. */
  knownOf: (truths: readonly Truth[]) => number
  /** How many of them the network gives right. @param rows  probabilities, [films, labels], row-major */
  rightOf: (truths: readonly Truth[], rows: ArrayLike<number>, asked: Asked) => number
  /** Loss of a batch in training, the mean over what is known; with gradients. @param probabilities  [films, labels] */
  lossOfBatch: (truths: readonly Truth[], probabilities: tf.Tensor, asked: Asked) => tf.Tensor
  /** Loss of films in validation, the sum over what is known, without weights. */
  lossOf: (truths: readonly Truth[], rows: ArrayLike<number>, asked: Asked) => number
}

export const ANSWERS = {
  /** Which class it is. */
  class: {
    activation: 'softmax',
    accuracy: 'acc',
    /** films / (classes * films of the class), as scikit-learn's. */
    balanced: (truths, label) => truths.length / (truths[0]!.length * countOf(truths, label, 1)),
    knownOf: (truths) => truths.length,
    /** The highest probability is that of its class; of several that are equal the first counts. */
    rightOf: (truths, rows, { classes }) =>
      truths.filter((truth, i) => {
        const row = rowOf(rows, i, classes)
        return row.indexOf(Math.max(...row)) === truth.indexOf(1)
      }).length,
    lossOfBatch(truths, probabilities, { classes, loss, labelSmoothing, classWeights }) {
      const actual = truths.map((truth) => truth.indexOf(1))
      const targets = actual.flatMap((one) => targetsOf(one, classes, loss, labelSmoothing))
      const y = tf.tensor2d(targets, [truths.length, classes], 'float32')
      const losses = LOSSES[loss].ofBatch(y, probabilities)
      if (classWeights === null) return tf.mean(losses)
      return tf.mean(tf.mul(losses, tf.tensor1d(actual.map((one) => classWeights[one]!))))
    },
    lossOf: (truths, rows, { classes, loss, labelSmoothing }) =>
      sumOf(truths, (truth, i) =>
        filmLoss(loss, targetsOf(truth.indexOf(1), classes, loss, labelSmoothing), rowOf(rows, i, classes)),
      ),
  },
  /** Of each finding whether it is there: a binary cross-entropy for each that is known. What is unknown counts for
   *  nothing, neither in the sum nor in what it is divided by.
   *  @source Keras' BinaryCrossentropy of probabilities (clipped to 1e-7), its label_smoothing and binary_accuracy (0.5),
   *    and its mask, by which a mean is over what is not masked */
  findings: {
    activation: 'sigmoid',
    accuracy: 'binary_accuracy',
    /** Those that have it together as much as those that have not. */
    balanced: (truths, label) => countOf(truths, label, 0) / countOf(truths, label, 1),
    knownOf: (truths) => sumOf(truths, (truth) => truth.filter((known) => known !== null).length),
    rightOf: (truths, rows, { classes }) =>
      sumOf(
        truths,
        (truth, i) =>
          truth.filter((known, c) => known !== null && rows[i * classes + c]! > 0.5 === (known === 1)).length,
      ),
    lossOfBatch(truths, probabilities, { classes, labelSmoothing, classWeights }) {
      const shape: [number, number] = [truths.length, classes]
      const cells = truths.flat()
      const y = tf.tensor2d(
        cells.map((known) => smoothed(known ?? 0, labelSmoothing)),
        shape,
      )
      const counts = cells.map((known, k) =>
        known === null ? 0 : known === 1 ? (classWeights?.[k % classes] ?? 1) : 1,
      )
      const p = tf.clipByValue(probabilities, EPSILON, 1 - EPSILON)
      const losses = tf.neg(tf.add(tf.mul(y, tf.log(p)), tf.mul(tf.sub(1, y), tf.log(tf.sub(1, p)))))
      const known = Math.max(1, cells.filter((cell) => cell !== null).length)
      return tf.div(tf.sum(tf.mul(losses, tf.tensor2d(counts, shape))), known)
    },
    lossOf: (truths, rows, { classes, labelSmoothing }) =>
      sumOf(truths, (truth, i) =>
        sumOf(truth, (known, c) =>
          known === null ? 0 : lossOfCell(smoothed(known, labelSmoothing), rows[i * classes + c]!),
        ),
      ),
  },
} as const satisfies Record<string, AnswerRow>

export type AnswerName = keyof typeof ANSWERS

/** The table, for those who know the answer only when they run. */
export const answerOf = (name: AnswerName): AnswerRow => ANSWERS[name]

/** The truth of a film of one class. */
export const truthOfClass = (actual: number, classes: number): Truth =>
  Array.from({ length: classes }, (_, c) => (c === actual ? 1 : 0))

const countOf = (truths: readonly Truth[], label: number, known: 0 | 1): number =>
  truths.filter((truth) => truth[label] === known).length

/** As a batch has it, in float32: at its ends 1e-7 is no number of that. */
function lossOfCell(target: number, probability: number): number {
  const p = Math.min(Math.fround(1 - EPSILON), Math.max(Math.fround(EPSILON), probability))
  return -(target * Math.log(p) + (1 - target) * Math.log(1 - p))
}

const smoothed = (known: 0 | 1, smoothing: number): number => known * (1 - smoothing) + smoothing / 2

const rowOf = (rows: ArrayLike<number>, film: number, classes: number): number[] =>
  Array.from({ length: classes }, (_, c) => rows[film * classes + c]!)

const sumOf = <Value>(values: readonly Value[], of: (value: Value, at: number) => number): number =>
  values.reduce((sum, value, at) => sum + of(value, at), 0)

/** The table of losses: of a batch as a tensor with gradients, of one film as a number. Both as Keras has them: what is
 *  asked of the network may be smoothed, and a film may weigh more than another. */
import type * as tf from '@tensorflow/tfjs-core'
import { metrics } from '@tensorflow/tfjs-layers'

interface LossRow {
  /** What is asked, and probabilities, both [N, classes], to the loss of each film [N]. */
  ofBatch: (targets: tf.Tensor, probabilities: tf.Tensor) => tf.Tensor
  /** The same of one film; the probabilities are neither 0 nor 1. */
  ofFilm: (targets: readonly number[], probabilities: readonly number[]) => number
  /** What is asked of a class that the film has not, for each unit of smoothing. */
  share: (classes: number) => number
}

export const LOSSES = {
  /** Each output as a question of its own, answered with yes or no; the mean of them. */
  binary: {
    ofBatch: metrics.binaryCrossentropy,
    ofFilm: (targets, probabilities) =>
      meanOf(probabilities.map((p, i) => -(targets[i]! * Math.log(p) + (1 - targets[i]!) * Math.log(1 - p)))),
    share: () => 1 / 2,
  },
  /** The surprise at the film's class. */
  categorical: {
    ofBatch: metrics.categoricalCrossentropy,
    ofFilm: (targets, probabilities) =>
      -probabilities.reduce((sum, p, i) => sum + targets[i]! * Math.log(p), 0),
    share: (classes) => 1 / classes,
  },
} as const satisfies Record<string, LossRow>

export type LossName = keyof typeof LOSSES

/** What is asked of the network for a film of this class: 1 for it and 0 for the others, drawn towards each other by
 *  smoothing. @param smoothing  0 <= smoothing < 1   @source Keras' `label_smoothing` */
export function targetsOf(actual: number, classes: number, loss: LossName, smoothing: number): number[] {
  const share = smoothing * LOSSES[loss].share(classes)
  return Array.from({ length: classes }, (_, c) => (c === actual ? 1 - smoothing + share : share))
}

/** Keras' epsilon. */
export const EPSILON = 1e-7

/** The loss of one film. @param probabilities  of each class, as the network gives them */
export const filmLoss = (
  loss: LossName,
  targets: readonly number[],
  probabilities: ArrayLike<number>,
): number =>
  LOSSES[loss].ofFilm(
    targets,
    Array.from(probabilities, (p) => Math.min(1 - EPSILON, Math.max(EPSILON, p))),
  )

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

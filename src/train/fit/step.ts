/** One training step, and what a network says of films without one. A batch of rows is in memory at a time. */
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { inputsOf } from '../cut.ts'
import { filmLoss, LOSSES, type LossName, targetsOf } from './losses.ts'
import type { OpenOptimizer } from './optimizers.ts'

/** Features of films and the class of each. */
export interface Examples {
  /** Features of some films: [chosen.length, numbers of a film], row-major. */
  features: (chosen: readonly number[]) => Promise<Float32Array>
  /** Class index of each film. */
  classes: readonly number[]
}

/** What is asked of the network. */
export interface Asked {
  classes: number
  loss: LossName
  /** How far the classes of a film are drawn towards each other, 0 <= smoothing < 1. */
  labelSmoothing: number
  /** How much a film of each class weighs in training; null: all the same. */
  classWeights: readonly number[] | null
}

/** What is trained, and how. */
export interface Trained {
  rest: LayersModel
  variables: readonly tf.Variable[]
  optimizer: OpenOptimizer
}

/** A step on some films. @param at  the rate of the step, and its place among all steps, from 0
 *  @returns loss and accuracy, before the step, as means over the films */
export async function trainStep(
  { rest, variables, optimizer }: Trained,
  { features, classes }: Examples,
  chosen: readonly number[],
  asked: Asked,
  at: { rate: number; step: number },
): Promise<[loss: number, accuracy: number]> {
  const actual = chosen.map((i) => classes[i]!)
  const x = inputsOf(rest, await features(chosen), chosen.length)
  const [y, weights] = [targetTensor(actual, asked), weightTensor(actual, asked)]
  let probabilities: tf.Tensor | null = null
  let computed: ReturnType<typeof tf.variableGrads> | null = null
  try {
    computed = tf.variableGrads(() => {
      probabilities = tf.keep(rest.apply(x, { training: true }) as tf.Tensor)
      const losses = LOSSES[asked.loss].ofBatch(y, probabilities)
      return tf.mean(weights === null ? losses : tf.mul(losses, weights)) as tf.Scalar
    }, variables as tf.Variable[])
    optimizer.apply(computed.grads, at.rate, at.step)
    const [loss] = await computed.value.data()
    const rows = await (probabilities as unknown as tf.Tensor).data()
    return [loss!, rightOf(rows, actual, asked.classes) / chosen.length]
  } finally {
    tf.dispose([x, y, weights, probabilities, computed] as tf.TensorContainer)
  }
}

/** Probabilities that `rest` gives, [examples, classes], row-major; computed `batch` films at a time. */
export async function predictRest(
  rest: LayersModel,
  { features, classes }: Examples,
  batch: number,
): Promise<Float32Array> {
  const all: number[] = []
  for (const chosen of batchesOf([...classes.keys()], batch)) {
    const x = inputsOf(rest, await features(chosen), chosen.length)
    try {
      const y = tf.tidy(() => rest.apply(x) as tf.Tensor)
      all.push(...(await y.data().finally(() => y.dispose())))
    } finally {
      tf.dispose(x)
    }
    await breath()
  }
  return Float32Array.from(all)
}

/** Loss and accuracy over films, without class weights, as Keras validates. */
export async function evaluate(
  rest: LayersModel,
  examples: Examples,
  batch: number,
  { classes: count, loss, labelSmoothing }: Asked,
): Promise<[loss: number, accuracy: number]> {
  const rows = await predictRest(rest, examples, batch)
  const { classes } = examples
  let sum = 0
  classes.forEach((actual, i) => {
    const row = rows.subarray(i * count, (i + 1) * count)
    sum += filmLoss(loss, targetsOf(actual, count, loss, labelSmoothing), row)
  })
  return [sum / classes.length, rightOf(rows, classes, count) / classes.length]
}

export const batchesOf = (order: readonly number[], batch: number): number[][] =>
  Array.from({ length: Math.ceil(order.length / batch) }, (_, i) => order.slice(i * batch, (i + 1) * batch))

/** Lets the process hear signals and write its lines: a step of plain JavaScript never waits. */
export const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** How many films get the highest probability for their class; of several that are equal the first counts. */
function rightOf(rows: ArrayLike<number>, classes: readonly number[], count: number): number {
  return classes.filter((actual, i) => {
    const row = Array.from({ length: count }, (_, c) => rows[i * count + c]!)
    return row.indexOf(Math.max(...row)) === actual
  }).length
}

const targetTensor = (actual: readonly number[], { classes, loss, labelSmoothing }: Asked): tf.Tensor =>
  tf.tensor2d(
    actual.flatMap((one) => targetsOf(one, classes, loss, labelSmoothing)),
    [actual.length, classes],
    'float32',
  )

const weightTensor = (actual: readonly number[], { classWeights }: Asked): tf.Tensor | null =>
  classWeights === null
    ? null
    : tf.tensor1d(
        actual.map((one) => classWeights[one]!),
        'float32',
      )

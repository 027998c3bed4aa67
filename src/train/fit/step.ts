/** One training step, and what a network says of films without one. A batch of rows is in memory at a time. */
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { inputsOf } from '../cut.ts'
import { type Asked, answerOf, type Truth } from './answers.ts'
import type { OpenOptimizer } from './optimizers.ts'

/** Features of films and what is known of each. */
export interface Examples {
  /** Features of some films: [chosen.length, numbers of a film], row-major. */
  features: (chosen: readonly number[]) => Promise<Float32Array>
  truths: readonly Truth[]
}

/** What is trained, and how. */
export interface Trained {
  rest: LayersModel
  variables: readonly tf.Variable[]
  optimizer: OpenOptimizer
}

/** Means over the answers that are known, and how many these are. */
export interface Judged {
  loss: number
  accuracy: number
  known: number
}

/** A step on some films. @param at  the rate of the step, and its place among all steps, from 0
 *  @returns figures from before the step */
export async function trainStep(
  { rest, variables, optimizer }: Trained,
  { features, truths: all }: Examples,
  chosen: readonly number[],
  asked: Asked,
  at: { rate: number; step: number },
): Promise<Judged> {
  const truths = chosen.map((i) => all[i]!)
  const { knownOf, rightOf, lossOfBatch } = answerOf(asked.answer)
  const x = inputsOf(rest, await features(chosen), chosen.length)
  let probabilities: tf.Tensor | null = null
  let computed: ReturnType<typeof tf.variableGrads> | null = null
  try {
    computed = tf.variableGrads(() => {
      probabilities = tf.keep(rest.apply(x, { training: true }) as tf.Tensor)
      return lossOfBatch(truths, probabilities, asked) as tf.Scalar
    }, variables as tf.Variable[])
    optimizer.apply(computed.grads, at.rate, at.step)
    const [loss] = await computed.value.data()
    const rows = await (probabilities as unknown as tf.Tensor).data()
    const known = knownOf(truths)
    return { loss: loss!, accuracy: rightOf(truths, rows, asked) / Math.max(1, known), known }
  } finally {
    tf.dispose([x, probabilities, computed] as tf.TensorContainer)
  }
}

/** Probabilities that `rest` gives, [examples, classes], row-major; computed `batch` films at a time. */
export async function predictRest(
  rest: LayersModel,
  { features, truths }: Examples,
  batch: number,
): Promise<Float32Array> {
  const all: number[] = []
  for (const chosen of batchesOf([...truths.keys()], batch)) {
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

/** What the network says of films, without class weights, as Keras validates. */
export async function evaluate(
  rest: LayersModel,
  examples: Examples,
  batch: number,
  asked: Asked,
): Promise<Judged> {
  const rows = await predictRest(rest, examples, batch)
  const { truths } = examples
  const { knownOf, rightOf, lossOf } = answerOf(asked.answer)
  const known = knownOf(truths)
  const meanOf = (sum: number): number => sum / Math.max(1, known)
  return { loss: meanOf(lossOf(truths, rows, asked)), accuracy: meanOf(rightOf(truths, rows, asked)), known }
}

export const batchesOf = (order: readonly number[], batch: number): number[][] =>
  Array.from({ length: Math.ceil(order.length / batch) }, (_, i) => order.slice(i * batch, (i + 1) * batch))

/** Lets the process hear signals and write its lines: a step of plain JavaScript never waits. */
export const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

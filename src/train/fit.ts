/** Trains what stands behind the cut on features, in tfjs: seeded order, Keras' decay of the rate, loss and accuracy an
 *  epoch. A batch of rows is in memory at a time. */
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { RoentgenError } from '../../errors.ts'
import { seededRandom, shuffled } from '../../random.ts'
import { inputsOf } from './cut.ts'

/** Figures of one epoch, from 1; training figures are means over its steps, as Keras prints them. */
export interface EpochFigures {
  epoch: number
  loss: number
  accuracy: number
  valLoss: number
  valAccuracy: number
}

/** Features of films and the class of each. */
export interface Examples {
  /** Features of some films: [chosen.length, numbers of a film], row-major. */
  features: (chosen: readonly number[]) => Promise<Float32Array>
  /** Class index of each film. */
  classes: readonly number[]
}

export interface FitOptions {
  classes: number
  epochs: number
  batch: number
  learningRate: number
  /** Of the rate, a step: rate / (1 + decay * steps so far). */
  decay: number
  seed: number
  /** Training examples of an epoch (0-based); augmented copies differ from epoch to epoch. */
  training: (epoch: number) => Promise<Examples>
  validation: Examples
  onEpoch?: (figures: EpochFigures) => void
  /** Told after each step how many are done, of how many. */
  onStep?: (done: number, of: number) => void | Promise<void>
}

/** S4.4: binary cross-entropy of the two softmax outputs for two classes, categorical beyond. */
const lossOf = (classes: number): 'binaryCrossentropy' | 'categoricalCrossentropy' =>
  classes === 2 ? 'binaryCrossentropy' : 'categoricalCrossentropy'

/** @param rest  takes what `inputsOf` makes of features
 *  @returns the figures of each epoch; `rest` holds the weights of the last
 *  @throws ROE_TRAINING when the loss is no number; what reading the features throws */
export async function fitRest(rest: LayersModel, options: FitOptions): Promise<EpochFigures[]> {
  const optimizer = tf.train.adam(options.learningRate, ADAM.beta1, ADAM.beta2, ADAM.epsilon)
  rest.compile({ optimizer, loss: lossOf(options.classes), metrics: ['accuracy'] })
  const random = seededRandom(options.seed)
  const history: EpochFigures[] = []
  let steps = 0
  const beforeStep = () => {
    prepareStep(optimizer, options, steps++)
    return steps
  }
  try {
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const examples = await options.training(epoch)
      const order = shuffled([...examples.classes.keys()], random)
      const [loss, accuracy] = await trainEpoch(rest, examples, order, options, beforeStep)
      const [valLoss, valAccuracy] = await evaluate(rest, options)
      for (const value of [loss, valLoss]) if (!Number.isFinite(value)) throw diverged(epoch, value)
      const figures = { epoch: epoch + 1, loss, accuracy, valLoss, valAccuracy }
      history.push(figures)
      options.onEpoch?.(figures)
    }
  } finally {
    optimizer.dispose()
  }
  return history
}

/** One pass in this order. @returns loss and accuracy, means over the films at the step that saw them */
async function trainEpoch(
  rest: LayersModel,
  examples: Examples,
  order: readonly number[],
  { batch, classes, epochs, onStep }: FitOptions,
  beforeStep: () => number,
): Promise<[number, number]> {
  const sums: [number, number] = [0, 0]
  for (const chosen of batchesOf(order, batch)) {
    const step = beforeStep()
    const [loss, accuracy] = await trainStep(rest, examples, chosen, classes)
    await onStep?.(step, epochs * Math.ceil(order.length / batch))
    sums[0] += loss * chosen.length
    sums[1] += accuracy * chosen.length
  }
  return [sums[0] / order.length, sums[1] / order.length]
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
  }
  return Float32Array.from(all)
}

const diverged = (epoch: number, loss: number): RoentgenError =>
  new RoentgenError('ROE_TRAINING', { where: `epoch ${epoch + 1}`, problem: `the loss is ${loss}` })

/** Keras' defaults. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }

/** Makes a step of tfjs' Adam one of Keras' (S4.4): the rate decays with the steps so far, and epsilon is added to the
 *  root of the second moment before its bias is corrected, not after. tfjs keeps both as protected fields.
 *  @param step  from 0
 *  @source Kingma & Ba 2015, arXiv:1412.6980, the end of section 2 ("epsilon hat"); tf_keras' legacy Adam */
function prepareStep(optimizer: tf.Optimizer, { learningRate, decay }: FitOptions, step: number): void {
  Object.assign(optimizer, {
    learningRate: learningRate / (1 + decay * step),
    epsilon: ADAM.epsilon / Math.sqrt(1 - ADAM.beta2 ** (step + 1)),
  })
}

async function trainStep(
  rest: LayersModel,
  { features, classes }: Examples,
  chosen: readonly number[],
  count: number,
): Promise<[number, number]> {
  const x = inputsOf(rest, await features(chosen), chosen.length)
  const y = oneHot(
    chosen.map((i) => classes[i]!),
    count,
  )
  try {
    const result = (await rest.trainOnBatch(x, y)) as number[]
    return [result[0]!, result[1]!]
  } finally {
    tf.dispose([x, y])
  }
}

/** Loss and accuracy over the validation films. */
async function evaluate(
  rest: LayersModel,
  { validation, batch, classes: count }: FitOptions,
): Promise<[number, number]> {
  const probabilities = await predictRest(rest, validation, batch)
  const { classes } = validation
  const eps = 1e-7
  let [loss, right] = [0, 0]
  classes.forEach((actual, i) => {
    const row = probabilities.subarray(i * count, (i + 1) * count)
    const clipped = Array.from(row, (p) => Math.min(1 - eps, Math.max(eps, p)))
    loss +=
      count === 2
        ? meanOf(clipped.map((p, c) => -Math.log(c === actual ? p : 1 - p)))
        : -Math.log(clipped[actual]!)
    if (row.indexOf(Math.max(...row)) === actual) right++
  })
  return [loss / classes.length, right / classes.length]
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const oneHot = (classes: readonly number[], count: number): tf.Tensor =>
  tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([...classes], 'int32'), count), 'float32'))

const batchesOf = (order: readonly number[], batch: number): number[][] =>
  Array.from({ length: Math.ceil(order.length / batch) }, (_, i) => order.slice(i * batch, (i + 1) * batch))

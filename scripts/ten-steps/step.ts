/** A training step of a whole backbone from a given state: weights, averages and moments go in, those behind the step come
 *  out, so that two engines can be asked for the same step. The step is that of `roentgen train`. */
import type * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { BACKBONES, type BackboneName, buildBackbone, headLayers, SeededDropout } from '../../models/index.ts'
import { seededRandom } from '../../random.ts'
import { type Asked, truthOfClass } from '../../src/train/fit/answers.ts'
import { type OpenOptimizer, type OptimizerSettings, openOptimizer } from '../../src/train/fit/optimizers.ts'
import { assignAll, readAll, weightsOf } from '../../src/train/fit/state.ts'
import { trainStep } from '../../src/train/fit/step.ts'

const CLASSES = 3
const ASKED: Asked = {
  answer: 'class',
  classes: CLASSES,
  loss: 'categorical',
  labelSmoothing: 0,
  classWeights: null,
}

export interface NetworkOptions {
  backbone: BackboneName
  alpha?: number | undefined
}

/** A backbone with all layers to train and the head `gap`, from random weights, for the smallest films that it takes. */
export function networkOf({ backbone, alpha = 1 }: NetworkOptions): LayersModel {
  const side = BACKBONES[backbone].leastSide
  const trunk = buildBackbone(backbone, { inputShape: [side, side, 3], includeTop: false, seed: 1, alpha })
  const [end] = trunk.outputs as [SymbolicTensor]
  const featureShape = end.shape.slice(1) as [number, number, number]
  const head = headLayers('gap', { classes: CLASSES, seed: 1, featureShape })
  const layers = [...head.frozen, ...head.trainable]
  return model({
    inputs: trunk.inputs,
    outputs: layers.reduce((x, layer) => layer.apply(x) as SymbolicTensor, end),
  })
}

/** Between two steps. */
export interface State {
  steps: number
  /** In the order of the network's weights: what is trained, then the averages. */
  weights: readonly Float32Array[]
  /** What the optimizer remembers. */
  slots: readonly Float32Array[]
}

/** Behind a step, and the loss that it saw. */
export interface Stepped extends State {
  loss: number
}

/** What is asked for: always the same films in the same step. */
export interface Task {
  network: LayersModel
  settings: OptimizerSettings
  /** Of a batch. */
  films: number
}

/** What a mutant does wrong. */
export interface Wrong {
  open?: typeof openOptimizer
  gradients?: (gradients: tf.NamedTensorMap, network: LayersModel) => tf.NamedTensorMap
  behind?: (before: State, after: Stepped, network: LayersModel) => Stepped
}

/** Random weights as they were built, and what an optimizer begins with. On the backend that is set. */
export async function firstState({ network, settings }: Task): Promise<State> {
  return await withOptimizer(network, settings, openOptimizer, async ({ slots }) => ({
    steps: 0,
    weights: await readAll(weightsOf(network)),
    slots: await readAll(slots),
  }))
}

/** One step on the backend that is set. */
export async function stepFrom(task: Task, state: State, wrong: Wrong = {}): Promise<Stepped> {
  const { network, settings, films } = task
  const { learningRate } = settings
  const open = wrong.open ?? openOptimizer
  return await withOptimizer(network, settings, open, async (optimizer, variables) => {
    assignAll(weightsOf(network), state.weights)
    assignAll(optimizer.slots, state.slots)
    for (const layer of network.layers) if (layer instanceof SeededDropout) layer.step = state.steps
    const apply: OpenOptimizer['apply'] = (gradients, ...at) =>
      optimizer.apply(wrong.gradients?.(gradients, network) ?? gradients, ...at)
    const trained = { rest: network, variables, optimizer: { ...optimizer, apply } }
    const chosen = Array.from({ length: films }, (_, i) => i)
    const at = { rate: learningRate, step: state.steps }
    const { loss } = await trainStep(trained, examplesOf(network, films, state.steps), chosen, ASKED, at)
    const [weights, slots] = await Promise.all([readAll(weightsOf(network)), readAll(optimizer.slots)])
    const stepped = { steps: state.steps + 1, weights, slots, loss }
    return wrong.behind?.(state, stepped, network) ?? stepped
  })
}

async function withOptimizer<Result>(
  network: LayersModel,
  settings: OptimizerSettings,
  open: typeof openOptimizer,
  work: (optimizer: OpenOptimizer, variables: tf.Variable[]) => Promise<Result>,
): Promise<Result> {
  const variables = network.trainableWeights.map((weight) => weight.read() as tf.Variable)
  const optimizer = open(settings, variables)
  try {
    return await work(optimizer, variables)
  } finally {
    optimizer.dispose()
  }
}

/** Waves of any direction, and some noise; each step has others. */
function examplesOf({ inputs }: LayersModel, films: number, step: number) {
  const [height, width, channels] = inputs[0]!.shape.slice(1) as [number, number, number]
  const random = seededRandom(1000 + step)
  const film = (): number[] => {
    const [down, right, phase] = [30 * random(), 30 * random(), 6 * random()]
    const [size, offset] = [0.2 + random(), random() - 0.5]
    return Array.from({ length: height * width * channels }, (_, k) => {
      const [row, column] = [Math.floor(k / channels / width), Math.floor(k / channels) % width]
      const angle = (down * row) / height + (right * column) / width + phase + (k % channels)
      return offset + size * Math.sin(angle) + 0.1 * (2 * random() - 1)
    })
  }
  const values = Float32Array.from(Array.from({ length: films }, film).flat())
  const truths = Array.from({ length: films }, (_, i) => truthOfClass(i % CLASSES, CLASSES))
  return { features: async () => values, truths }
}

/** What float order may do: a sum of N numbers in another order is off by about the root of N roundings, so each weight is
 *  moved by as many, up or down by chance; N is what one output of its layer adds up. */
export function jittered({ network: { weights } }: Task, state: State, seed: number): State {
  const random = seededRandom(seed)
  const moved = state.weights.map((values, i) => {
    const shape = weights[i]!.shape as number[]
    const roundings = Math.round(Math.sqrt(values.length / shape.at(-1)!))
    const copy = values.slice()
    const bits = new Int32Array(copy.buffer)
    // Zero stays: its neighbours are no rounding of anything.
    for (let k = 0; k < bits.length; k++)
      if (copy[k] !== 0) bits[k]! += random() < 0.5 ? -roundings : roundings
    return copy
  })
  return { ...state, weights: moved }
}

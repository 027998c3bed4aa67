/** The network of a recipe: trunk and head, cut into a frozen part that runs as ONNX and the rest, which is trained.
 *  Weights are shared between the parts and the whole, so that what is trained is what is exported. */
import type * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type RecordInput, readWeights } from '../../converters/index.ts'
import {
  applyWeights,
  type BackboneName,
  buildBackbone,
  cutAt,
  cutoffOf,
  fillBackbone,
  type HeadName,
  headLayers,
  type ScalingName,
} from '../../models/index.ts'
import { deriveSeed } from '../../random.ts'
import { cutNetwork } from './cut.ts'
import { type Exported, exportedOf, scaledBy } from './exported.ts'

export interface NetworkOptions {
  backbone: BackboneName
  alpha: number | undefined
  /** A file or folder of weights; null for a random trunk. */
  weights: string | null
  /** Folder that `writeTfjs` made of a network with the same head; random ones unless given. */
  headWeights?: string
  /** The layer where the trunk is cut; its end unless given. */
  featuresAt: string | undefined
  /** How many of the trunk's layers are frozen, as Keras numbers them from the input (0): the first `cutoff`, or all but
   *  the last `-cutoff` where it is negative; all unless given. The head is always trained. */
  cutoff: number | undefined
  /** Whether the trunk's BatchNormalizations are frozen behind the cutoff, too, weights and statistics. */
  freezeBatchNorm?: true
  head: HeadName
  scaling: ScalingName
  /** Pixels. */
  width: number
  height: number
  classes: number
  /** Of the last layer; softmax unless given. */
  activation?: 'softmax' | 'sigmoid'
  seed: number
}

export interface Network extends Exported {
  /** uint8 films, NHWC. */
  input: RecordInput
  /** Films [N, h, w, 3], 0..255 → features [N, featureCount]: scaling, and what stands before the cut. */
  frozen: (inputs: tf.Tensor[]) => tf.Tensor
  /** Of `model`. */
  scaling: ScalingName
  /** What crosses the cut (`inputsOf` features) → probabilities: the part that is trained. */
  rest: LayersModel
  /** Scaled films [N, h, w, 3] → probabilities, trunk and head as one. */
  model: LayersModel
  /** Numbers that a film is at the cut. */
  featureCount: number
  /** Layers of the trunk, and how many of them are frozen. */
  trunk: { layers: number; frozen: number }
  parameters: { total: number; trainable: number }
  /** Gives the memory of all weights back; nothing of it can be used then. */
  dispose: () => void
}

/** Builds trunk and head; their random weights follow from the seed.
 *  @throws ROE_BACKBONE, ROE_WEIGHTS_FORMAT, ROE_WEIGHTS_MISSING, ROE_WEIGHTS_SHAPE */
export async function buildNetwork(options: NetworkOptions): Promise<Network> {
  const head = options.headWeights === undefined ? undefined : await readWeights(options.headWeights)
  const trunk = await buildTrunk(options)
  return orDispose(trunk.layers, () => networkOn(trunk, options, head))
}

/** Gives the memory of layers back where what is made of them fails: others may be tried then. */
function orDispose<T>(some: readonly layers.Layer[], make: () => T): T {
  try {
    return make()
  } catch (error) {
    disposeWeights(some)
    throw error
  }
}

/** Weights as a file has them, by `layer/weight`. */
type Tensors = Awaited<ReturnType<typeof readWeights>>

function networkOn(trunk: LayersModel, options: NetworkOptions, given: Tensors | undefined): Network {
  const { width, height, classes, activation = 'softmax', seed } = options
  // The input layer, which has nothing to train, is frozen in any case.
  const count = Math.max(1, cutoffOf(trunk, options.cutoff ?? trunk.layers.length))
  const [end] = trunk.outputs as [SymbolicTensor]
  const featureShape = end.shape.slice(1) as [number, number, number]
  const head = headLayers(options.head, {
    ...{ classes, activation, featureShape },
    seed: deriveSeed(seed, 'head'),
  })
  const outputs = [...head.frozen, ...head.trainable].reduce(
    (x, layer) => layer.apply(x) as SymbolicTensor,
    end,
  )
  if (given !== undefined)
    orDispose(head.trainable, () => applyWeights({ layers: head.trainable }, given, options.headWeights))
  const net = model({ inputs: trunk.inputs, outputs })
  const frozen = trunk.layers.slice(0, count)
  const norms = options.freezeBatchNorm
    ? trunk.layers.filter((layer) => layer.getClassName() === 'BatchNormalization')
    : []
  for (const layer of [...frozen, ...norms]) layer.trainable = false
  const cut = cutNetwork(net, new Set(frozen.map(({ name }) => name)))
  const scaled = scaledBy(options.scaling)
  return {
    input: { name: 'film', dtype: 'uint8', shape: [null, height, width, 3] },
    frozen: (inputs) => cut.frozen(scaled(inputs)),
    ...exportedOf(net, options.scaling),
    rest: cut.rest,
    model: net,
    scaling: options.scaling,
    featureCount: cut.length,
    trunk: { layers: trunk.layers.length, frozen: frozen.length },
    parameters: { total: net.countParams(), trainable: trainableOf(cut.rest) },
    dispose: () => disposeWeights(net.layers),
  }
}

function disposeWeights(some: readonly layers.Layer[]): void {
  for (const { weights } of some) for (const weight of weights) weight.dispose()
}

const trainableOf = (rest: LayersModel): number =>
  rest.trainableWeights.reduce(
    (sum, { shape }) => sum + shape.reduce<number>((product, side) => product * side!, 1),
    0,
  )

async function buildTrunk({
  backbone,
  alpha,
  weights,
  featuresAt,
  width,
  height,
  seed,
}: NetworkOptions): Promise<LayersModel> {
  const given = weights === null ? null : await readWeights(weights)
  const trunk = buildBackbone(backbone, {
    ...(alpha === undefined ? {} : { alpha }),
    inputShape: [height, width, 3],
    includeTop: false,
    dropoutSeed: deriveSeed(seed, 'trunk dropout'),
    ...(weights === null ? { seed: deriveSeed(seed, 'trunk') } : {}),
  })
  return orDispose(trunk.layers, () => {
    if (given !== null) fillBackbone(backbone, trunk, given, weights!)
    if (featuresAt === undefined) return trunk
    const kept = cutAt(trunk, featuresAt)
    disposeWeights(trunk.layers.filter((layer) => !kept.layers.includes(layer)))
    return kept
  })
}

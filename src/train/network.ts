/** The network of a recipe: a frozen part that runs as ONNX, and a head that is trained. Weights are shared between
 *  the parts and the whole, so that what is trained is what is exported. */
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers'
import type { RecordInput } from '../../converters/index.ts'
import { readWeights } from '../../converters/index.ts'
import {
  applyWeights,
  type BackboneName,
  buildBackbone,
  cutAt,
  deriveSeed,
  type HeadName,
  headLayers,
  SCALINGS,
  type ScalingName,
} from '../../models/index.ts'

export interface NetworkOptions {
  backbone: BackboneName
  alpha: number | undefined
  /** A file or folder of weights; null for a random trunk. */
  weights: string | null
  /** The layer where the trunk is cut; its end unless given. */
  featuresAt: string | undefined
  head: HeadName
  scaling: ScalingName
  /** Pixels a side. */
  size: number
  classes: number
  seed: number
}

export interface Network {
  /** uint8 films, NHWC. */
  input: RecordInput
  /** Films [N, h, w, 3], 0..255 → features [N, F]: scaling, trunk, and the head's layers without weights. */
  frozen: (inputs: tf.Tensor[]) => tf.Tensor
  /** Films → probabilities [N, classes]. */
  whole: (inputs: tf.Tensor[]) => tf.Tensor
  /** Features → probabilities: the part that is trained. */
  head: LayersModel
  /** All layers, for the names in the exported graph. */
  layers: layers.Layer[]
  /** Numbers that a film is to the head. */
  featureCount: number
  parameters: { total: number; trainable: number }
}

/** Builds trunk and head; their random weights follow from the seed.
 *  @throws ROE_BACKBONE, ROE_WEIGHTS_FORMAT, ROE_WEIGHTS_MISSING, ROE_WEIGHTS_SHAPE */
export async function buildNetwork(options: NetworkOptions): Promise<Network> {
  const { size, classes, seed } = options
  const trunk = await buildTrunk(options)
  const featureShape = (trunk.outputs[0] as SymbolicTensor).shape.slice(1) as [number, number, number]
  const parts = headLayers(options.head, { classes, seed: deriveSeed(seed, 'head'), featureShape })
  const pooled = parts.frozen.reduce(
    (x, layer) => layer.apply(x) as SymbolicTensor,
    trunk.outputs[0] as SymbolicTensor,
  )
  const features = model({ inputs: trunk.inputs, outputs: pooled })
  const featureCount = pooled.shape.at(-1) as number
  const head = sequential({ layers: [layers.inputLayer({ inputShape: [featureCount] }), ...parts.trainable] })
  const scaling = SCALINGS[options.scaling]
  const frozen = ([films]: tf.Tensor[]): tf.Tensor =>
    features.apply(scaling.apply(tf.cast(films as tf.Tensor4D, 'float32'))) as tf.Tensor
  return {
    input: { name: 'film', dtype: 'uint8', shape: [null, size, size, 3] },
    frozen,
    whole: (inputs) => head.apply(frozen(inputs)) as tf.Tensor,
    head,
    layers: [...features.layers, ...head.layers],
    featureCount,
    parameters: { total: features.countParams() + head.countParams(), trainable: head.countParams() },
  }
}

async function buildTrunk({
  backbone,
  alpha,
  weights,
  featuresAt,
  size,
  seed,
}: NetworkOptions): Promise<LayersModel> {
  const trunk = buildBackbone(backbone, {
    ...(alpha === undefined ? {} : { alpha }),
    inputShape: [size, size, 3],
    includeTop: false,
    ...(weights === null ? { seed: deriveSeed(seed, 'trunk') } : {}),
  })
  if (weights !== null) applyWeights(trunk, await readWeights(weights), weights)
  const cut = featuresAt === undefined ? trunk : cutAt(trunk, featuresAt)
  cut.trainable = false
  return cut
}

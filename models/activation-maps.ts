/** Class activation maps of networks that end in global average pooling and one Dense (S3.6): for each class the weights of
 *  its column times the last map before the pooling. The map is taken while the network runs, so that networks in networks
 *  need no case of their own. Other endings have no such maps. */
import { strict as assert } from 'node:assert'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers'

type Layer = layers.Layer
type Run = (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]

/** Where the maps of a network come from. */
export interface MapSource {
  /** Gives the map, [N, h, w, channels]. */
  map: Layer
  /** Weighs its channels, [channels, classes]. */
  dense: Layer
  /** Pooling layers between the map and the global pooling: the weights belong to what they give, a map of fewer places. */
  poolings: readonly string[]
}

/** Looks back from the end of a network.
 *  @param end  its output
 *  @returns where its maps come from; what it lacks, as part of a sentence, where it has none
 *  @source Zhou et al. 2016, arXiv:1512.04150; S3.6 takes the map before the pooling layers instead of behind them */
export function findMapSource(end: SymbolicTensor): MapSource | { lacks: string } {
  const path = [...backwards(end)]
  const at = path.findIndex((layer) => !isAny(layer, ACTIVATIONS))
  const dense = path[at]
  if (dense === undefined || dense.getClassName() !== 'Dense' || !isPlain(dense))
    return { lacks: `a Dense with a softmax or sigmoid at its end (${nameOf(dense)} is there)` }
  const rest = path.slice(at + 1).filter((layer) => !isAny(layer, SAME_NUMBERS))
  const [global, ...before] = rest
  if (global === undefined || !isGlobalMean(global))
    return { lacks: `global average pooling before its last Dense (${nameOf(path[at + 1])} is there)` }
  const last = before.findIndex((layer) => !isAny(layer, POOLINGS))
  const map = before[last]
  const kernel = dense.weights[0]!.shape
  if (map === undefined || channelsOf(map) !== kernel[0])
    return { lacks: `one map, channels last, before its pooling` }
  return { map, dense, poolings: before.slice(0, last).map(({ name }) => name) }
}

/** A network that gives its maps, too.
 *  @param run  the network; one output, [N, classes]
 *  @returns the same with a second output, [N, classes, h, w]: a place's share in what stands before the activation, but for
 *    the bias and, where other poolings follow, for what they leave out */
export const withMaps =
  (run: Run, { map, dense }: MapSource): Run =>
  (inputs) => {
    const { result, seen } = watch(map, () => run(inputs))
    const maps = tf.tidy(() => {
      const kernel = dense.weights[0]!.read() as tf.Tensor2D
      const filter = tf.reshape<tf.Rank.R4>(kernel, [1, 1, ...kernel.shape])
      return tf.transpose(tf.conv2d(seen as tf.Tensor4D, filter, 1, 'valid'), [0, 3, 1, 2])
    })
    seen.dispose()
    return [[result].flat()[0]!, maps]
  }

/** Runs `body`, and keeps what `layer` gives meanwhile: tfjs itself disposes it when nothing needs it any more. */
function watch<T>(layer: Layer, body: () => T): { result: T; seen: tf.Tensor } {
  const own = Object.getOwnPropertyDescriptor(layer, 'call')
  const original = layer.call
  let seen: tf.Tensor | undefined
  layer.call = (...args) => {
    const given = original.apply(layer, args)
    seen = tf.keep(tf.clone([given].flat()[0]!))
    return given
  }
  try {
    const result = body()
    assert(seen !== undefined, `${layer.name} is called`)
    return { result, seen }
  } finally {
    if (own === undefined) delete (layer as Partial<Layer>).call
    else Object.defineProperty(layer, 'call', own)
  }
}

/** The layers that lead to a value, the last first, up to one that several lead to. A network that stands as a layer is
 *  entered. */
function* backwards(end: SymbolicTensor): Generator<Layer> {
  let value: SymbolicTensor | undefined = end
  // An input is what leads to itself.
  while (value !== undefined && value.sourceLayer.getClassName() !== 'InputLayer') {
    const { sourceLayer, nodeIndex, tensorIndex }: SymbolicTensor = value
    if ('layers' in sourceLayer) yield* backwards((sourceLayer as LayersModel).outputs[tensorIndex ?? 0]!)
    else yield sourceLayer
    const before: SymbolicTensor[] = sourceLayer.inboundNodes[nodeIndex]?.inputTensors ?? []
    value = before.length === 1 ? before[0] : undefined
  }
}

const ACTIVATIONS = /^(Activation|Softmax)$/
/** What changes the shape of [N, channels] at most, in inference. */
const SAME_NUMBERS = /^(Flatten|RoentgenFlatten|Reshape|Dropout|SeededDropout)$/
const POOLINGS = /^(Max|Average)Pooling2D$|^RoentgenEdgePool$|Dropout/

const isAny = (layer: Layer, classes: RegExp): boolean => classes.test(layer.getClassName())
const nameOf = (layer: Layer | undefined): string => (layer === undefined ? 'nothing' : `'${layer.name}'`)

/** Whether what stands before the last activation is the sum of weighted channels. */
const isPlain = (dense: Layer): boolean =>
  ['linear', 'softmax', 'sigmoid'].includes(String(dense.getConfig().activation))

const isGlobalMean = (layer: Layer): boolean =>
  layer.getClassName() === 'GlobalAveragePooling2D' ||
  (layer.getClassName() === 'RoentgenGlobalPool' && layer.getConfig().how === 'mean')

const channelsOf = (layer: Layer): number | null | undefined => {
  const shape = layer.inboundNodes[0]?.outputTensors[0]?.shape
  return shape?.length === 4 ? shape[3] : undefined
}

/** EfficientNet B0, layer for layer as `keras.applications` names and orders it (without the layer that Keras adds for its
 *  ImageNet weights: `mendNormalization`). It scales films itself. */
import { layers } from '@tensorflow/tfjs-layers'
import { normalizationLayer } from '../layers/index.ts'
import { ADDED_GAIN, LINEAR_GAIN } from './initial.ts'
import type { Build } from './plan.ts'
import type { WeightTensor } from './weights.ts'
import { channelsOf, correctPad, type Value, Words } from './words.ts'

interface Stage {
  kernelSize: 3 | 5
  blocks: number
  filters: number
  /** How much wider a block is inside. */
  expansion: number
  /** Of the first block. */
  strides: 1 | 2
}

const stage = (
  kernelSize: 3 | 5,
  blocks: number,
  filters: number,
  expansion: number,
  strides: 1 | 2,
): Stage => ({
  kernelSize,
  blocks,
  filters,
  expansion,
  strides,
})

const STAGES: readonly Stage[] = [
  stage(3, 1, 16, 1, 1),
  stage(3, 2, 24, 6, 2),
  stage(5, 2, 40, 6, 2),
  stage(3, 3, 80, 6, 2),
  stage(5, 3, 112, 6, 1),
  stage(5, 4, 192, 6, 2),
  stage(3, 1, 320, 6, 1),
]
const FIRST_FILTERS = 32
const LAST_FILTERS = 1280
/** Width of the squeezed film, as a share of the channels that come into a block. */
const SQUEEZED = 0.25
/** Of whole blocks, of the last one; the first one is always there. */
const DROP = 0.2
const TOP_DROPOUT = 0.2
/** Of a kernel behind a swish, which takes more than half of the square of its input. */
const SWISH_GAIN = 3.2
/** Of one behind a swish and a gate, which halves what it gets as long as its weights are random. */
const GATED_GAIN = 4 * SWISH_GAIN

/** @returns [batch, h, w, 3] of 0..255 → [batch, h / 32, w / 32, 1280], or → [batch, classes] with the top
 *  @source Tan & Le 2019, table 1 */
export const efficientnetB0: Build = (plan) => {
  const say = new Words(plan)
  const inputs = say.input()
  let x = say.put(inputs, layers.rescaling({ scale: 1 / 255, name: 'rescaling' }))
  x = say.put(x, normalizationLayer({ axis: -1, name: 'normalization' }))
  x = say.pad(x, correctPad(x, 3), 'stem_conv_pad')
  x = say.conv(x, FIRST_FILTERS, 3, { strides: 2, useBias: false, name: 'stem_conv' })
  x = say.normalized(x, 'swish', { bn: 'stem_bn', act: 'stem_activation' })
  const total = STAGES.reduce((sum, { blocks }) => sum + blocks, 0)
  let count = 0
  for (const [i, one] of STAGES.entries())
    for (let j = 0; j < one.blocks; j++)
      x = block(say, x, {
        ...one,
        strides: j === 0 ? one.strides : 1,
        drop: (DROP * count++) / total,
        name: `block${i + 1}${'abcd'[j]}_`,
      })
  x = say.conv(x, LAST_FILTERS, 1, { padding: 'same', useBias: false, gain: LINEAR_GAIN, name: 'top_conv' })
  x = say.normalized(x, 'swish', { bn: 'top_bn', act: 'top_activation' })
  if (plan.includeTop) {
    x = say.dropout(say.globalAverage(x, 'avg_pool'), TOP_DROPOUT, 'top_dropout')
    x = say.dense(x, plan.classes, 'softmax', 'predictions')
  }
  return say.model(inputs, x)
}

type Block = Stage & { name: string; drop: number }

/** Wider, filtered, gated by what the whole map says, narrower; added to its input where it has the shape of it. */
function block(say: Words, x: Value, { name, kernelSize, filters, expansion, strides, drop }: Block): Value {
  const plain = { useBias: false, padding: 'same' } as const
  const inside = expansion * channelsOf(x)
  let y = x
  if (expansion !== 1) {
    y = say.conv(y, inside, 1, { ...plain, gain: LINEAR_GAIN, name: `${name}expand_conv` })
    y = say.normalized(y, 'swish', { bn: `${name}expand_bn`, act: `${name}expand_activation` })
  }
  if (strides === 2) y = say.pad(y, correctPad(y, kernelSize), `${name}dwconv_pad`)
  const padding = strides === 2 ? 'valid' : 'same'
  y = say.depthwise(y, kernelSize, { strides, padding, gain: SWISH_GAIN, name: `${name}dwconv` })
  y = say.normalized(y, 'swish', { bn: `${name}bn`, act: `${name}activation` })
  y = gated(say, y, Math.max(1, Math.floor(channelsOf(x) * SQUEEZED)), name)
  const isAdded = strides === 1 && channelsOf(x) === filters
  const gain = isAdded ? ADDED_GAIN * GATED_GAIN : GATED_GAIN
  y = say.norm(say.conv(y, filters, 1, { ...plain, gain, name: `${name}project_conv` }), {
    name: `${name}project_bn`,
  })
  if (!isAdded) return y
  if (drop > 0) y = say.dropout(y, drop, `${name}drop`, true)
  return say.add([y, x], `${name}add`)
}

/** Squeeze and excitation: each channel by a number that all channels of the film decide.
 *  @source Hu et al. 2017, arXiv:1709.01507 */
function gated(say: Words, x: Value, squeezed: number, name: string): Value {
  const channels = channelsOf(x)
  let gate = say.globalAverage(x, `${name}se_squeeze`)
  gate = say.put(gate, layers.reshape({ targetShape: [1, 1, channels], name: `${name}se_reshape` }))
  const plain = { padding: 'same', gain: LINEAR_GAIN } as const
  gate = say.conv(gate, squeezed, 1, { ...plain, activation: 'swish', name: `${name}se_reduce` })
  gate = say.conv(gate, channels, 1, { ...plain, activation: 'sigmoid', name: `${name}se_expand` })
  return say.put([x, gate], layers.multiply({ name: `${name}se_excite` }))
}

/** Deviations of ImageNet's pixels, as the published file has them in the place of variances. */
const DEVIATIONS = [0.229, 0.224, 0.225]

/** The published ImageNet file holds deviations as variances, and Keras divides by their root once more in a layer that it
 *  adds when it loads that file. Squared, they need no such layer. Other files stay as they are.
 *  @source keras.applications.efficientnet, github.com/tensorflow/tensorflow/issues/49930 */
export function mendNormalization(
  tensors: ReadonlyMap<string, WeightTensor>,
): ReadonlyMap<string, WeightTensor> {
  return new Map(
    [...tensors].map(([key, tensor]) => [
      key,
      /^normalization(_\d+)?\/variance$/.test(key) && holdsDeviations(tensor)
        ? { ...tensor, data: Float32Array.from(tensor.data, (value) => value * value) }
        : tensor,
    ]),
  )
}

const holdsDeviations = ({ data }: WeightTensor): boolean =>
  data.length === DEVIATIONS.length && DEVIATIONS.every((value, i) => Math.abs(value - data[i]!) < 1e-6)

/** MobileNet v1, layer for layer as `keras.applications` names and orders it. */
import { layers } from '@tensorflow/tfjs-layers'
import { globalPoolLayer } from '../layers/index.ts'
import type { Build } from './plan.ts'
import { channelsOf, type Padding, type Value, Words } from './words.ts'

/** Filters at alpha 1, and the stride. */
type Block = readonly [filters: number, strides: 1 | 2]

/** Filters of the first convolution at alpha 1. */
const FIRST_FILTERS = 32
/** Dropout before the classifier. */
const TOP_DROPOUT = 0.001
/** Padding at the far edges only: the same as TensorFlow's 'same' at even sizes, and what Keras does at odd ones. */
const FAR: Padding = [
  [0, 1],
  [0, 1],
]

/** @returns [batch, h, w, 3] → [batch, h / 32, w / 32, 1024 · alpha], or → [batch, classes] with the top
 *  @source Howard et al. 2017, table 1 */
export const mobilenet =
  (blocks: readonly Block[]): Build =>
  (plan) => {
    const say = new Words(plan)
    const normalized = (x: Value, name: string): Value =>
      say.normalized(x, 'relu6', { bn: `${name}_bn`, act: `${name}_relu` })
    // Keras' rule for the width of a layer: rounded down.
    const scaled = (filters: number): number => Math.floor(filters * plan.alpha)
    const plain = { useBias: false, padding: 'same' } as const

    const inputs = say.input()
    let x = say.conv(inputs, scaled(FIRST_FILTERS), 3, { ...plain, strides: 2, name: 'conv1' })
    x = normalized(x, 'conv1')
    blocks.forEach(([filters, strides], i) => {
      const [deep, point] = [`conv_dw_${i + 1}`, `conv_pw_${i + 1}`]
      if (strides === 2) x = say.pad(x, FAR, `conv_pad_${i + 1}`)
      x = say.depthwise(x, 3, { strides, padding: strides === 1 ? 'same' : 'valid', name: deep })
      x = normalized(x, deep)
      x = normalized(say.conv(x, scaled(filters), 1, { ...plain, name: point }), point)
    })
    return say.model(inputs, plan.includeTop ? top(say, x, plan.classes) : x)
  }

function top(say: Words, trunk: Value, classes: number): Value {
  const pool = globalPoolLayer({ how: 'mean', keepdims: true, name: say.named('global_average_pooling2d') })
  let x = say.dropout(say.put(trunk, pool), TOP_DROPOUT, 'dropout')
  x = say.conv(x, classes, 1, { padding: 'same', name: 'conv_preds' })
  x = say.put(x, layers.reshape({ targetShape: [channelsOf(x)], name: 'reshape_2' }))
  return say.activation(x, 'softmax', 'predictions')
}

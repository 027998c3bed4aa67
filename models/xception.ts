/** Xception, layer for layer as `keras.applications` names and orders it. */
import { ADDED_GAIN } from './initial.ts'
import type { Build } from './plan.ts'
import { type Value, Words } from './words.ts'

/** Filters of the separable convolutions of a block. */
type Block = readonly number[]

/** Blocks 2 to 4 and 13 end in a pooling, with a convolution beside them; 5 to 12 keep the maps. */
const BLOCKS: readonly Block[] = [
  [128, 128],
  [256, 256],
  [728, 728],
  ...Array.from({ length: 8 }, () => [728, 728, 728]),
  [728, 1024],
]
const EXIT: Block = [1536, 2048]

/** @returns [batch, h, w, 3] → [batch, about h / 32, w / 32, 2048], or → [batch, classes] with the top
 *  @source Chollet 2016, arXiv:1610.02357 */
export const xception: Build = (plan) => {
  const say = new Words(plan)
  const inputs = say.input()
  let x = inputs
  for (const [i, filters] of [32, 64].entries()) {
    const name = `block1_conv${i + 1}`
    x = say.conv(x, filters, 3, { strides: i === 0 ? 2 : 1, useBias: false, name })
    x = say.normalized(x, 'relu', { bn: `${name}_bn`, act: `${name}_act` })
  }
  for (const [i, filters] of BLOCKS.entries()) x = block(say, x, i + 2, filters)
  for (const [i, filters] of EXIT.entries()) {
    const name = `block${BLOCKS.length + 2}_sepconv${i + 1}`
    x = say.separable(x, filters, name)
    x = say.normalized(x, 'relu', { bn: `${name}_bn`, act: `${name}_act` })
  }
  if (plan.includeTop) x = say.dense(say.globalAverage(x, 'avg_pool'), plan.classes, 'softmax', 'predictions')
  return say.model(inputs, x)
}

/** Separable convolutions, each with its activation before it; block 2 begins on what has been activated. */
function block(say: Words, x: Value, number: number, filters: Block): Value {
  const name = `block${number}`
  const isSmaller = filters.length === 2
  const last = filters.length - 1
  const plain = { strides: 2, padding: 'same', useBias: false } as const
  const beside = isSmaller ? say.norm(say.conv(x, filters[last]!, 1, plain)) : x
  let y = x
  for (const [i, count] of filters.entries()) {
    const layer = `${name}_sepconv${i + 1}`
    if (number > 2 || i > 0) y = say.activation(y, 'relu', `${layer}_act`)
    y = say.norm(say.separable(y, count, layer, i === last ? ADDED_GAIN : undefined), { name: `${layer}_bn` })
  }
  if (isSmaller) y = say.maxPool(y, 3, { strides: 2, padding: 'same', name: `${name}_pool` })
  return say.add([y, beside])
}

/** MobileNet v2, layer for layer as `keras.applications` names and orders it. */
import { ADDED_GAIN, LINEAR_GAIN } from './initial.ts'
import type { Build } from './plan.ts'
import { channelsOf, correctPad, divisibleBy8, type Value, Words } from './words.ts'

/** Filters at alpha 1, the stride of the first block, how many blocks, and how much wider a block is inside. */
type Stage = readonly [filters: number, strides: 1 | 2, blocks: number, expansion: number]

const FIRST_FILTERS = 32
/** The last convolution is not made narrower than this. */
const LAST_FILTERS = 1280
const MOMENTUM = 0.999

/** @returns [batch, h, w, 3] → [batch, h / 32, w / 32, 1280 or more], or → [batch, classes] with the top
 *  @source Sandler et al. 2018, table 2 */
export const mobilenetV2 =
  (stages: readonly Stage[]): Build =>
  (plan) => {
    const say = new Words(plan)
    const inputs = say.input()
    const first = { strides: 2, padding: 'same', useBias: false, name: 'Conv1' } as const
    let x = say.conv(inputs, divisibleBy8(FIRST_FILTERS * plan.alpha), 3, first)
    x = say.normalized(x, 'relu6', { momentum: MOMENTUM, bn: 'bn_Conv1', act: 'Conv1_relu' })
    let count = 0
    for (const [filters, strides, blocks, expansion] of stages)
      for (let i = 0; i < blocks; i++)
        x = block(say, x, {
          name: count++ === 0 ? 'expanded_conv' : `block_${count - 1}`,
          filters: divisibleBy8(Math.trunc(filters * plan.alpha)),
          strides: i === 0 ? strides : 1,
          expansion,
        })
    const last = plan.alpha > 1 ? divisibleBy8(LAST_FILTERS * plan.alpha) : LAST_FILTERS
    x = say.conv(x, last, 1, { useBias: false, name: 'Conv_1' })
    x = say.normalized(x, 'relu6', { momentum: MOMENTUM, bn: 'Conv_1_bn', act: 'out_relu' })
    if (plan.includeTop) x = say.dense(say.globalAverage(x), plan.classes, 'softmax', 'predictions')
    return say.model(inputs, x)
  }

interface Block {
  name: string
  filters: number
  strides: 1 | 2
  expansion: number
}

/** Wider, filtered, narrower without an activation; added to its input where it has the shape of it. */
function block(say: Words, x: Value, { name, filters, strides, expansion }: Block): Value {
  const normalized = (y: Value, part: string): Value =>
    say.normalized(y, 'relu6', {
      momentum: MOMENTUM,
      bn: `${name}_${part}_BN`,
      act: `${name}_${part}_relu`,
    })
  const plain = { useBias: false, padding: 'same' } as const
  let y = x
  if (expansion !== 1)
    y = normalized(say.conv(y, expansion * channelsOf(x), 1, { ...plain, name: `${name}_expand` }), 'expand')
  if (strides === 2) y = say.pad(y, correctPad(y, 3), `${name}_pad`)
  y = say.depthwise(y, 3, { strides, padding: strides === 1 ? 'same' : 'valid', name: `${name}_depthwise` })
  y = normalized(y, 'depthwise')
  const isAdded = strides === 1 && channelsOf(x) === filters
  const gain = isAdded ? ADDED_GAIN : LINEAR_GAIN
  y = say.conv(y, filters, 1, { ...plain, gain, name: `${name}_project` })
  y = say.norm(y, { momentum: MOMENTUM, name: `${name}_project_BN` })
  return isAdded ? say.add([x, y], `${name}_add`) : y
}

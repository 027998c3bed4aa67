/** ResNet of 50 layers, v1 and v2, layer for layer as `keras.applications` names and orders it. */
import { ADDED_GAIN } from './initial.ts'
import type { Build } from './plan.ts'
import { type Padding, type Value, Words } from './words.ts'

/** Filters inside a block (its output has four times as many), how many blocks, and the stride of the one that has one. */
type Stack = readonly [filters: number, blocks: number, strides: 1 | 2]

interface Block {
  name: string
  filters: number
  strides: 1 | 2
  /** Whether a convolution stands beside the block, instead of nothing. */
  hasShortcut: boolean
}

const EPSILON = 1.001e-5
const around = (n: number): Padding => [
  [n, n],
  [n, n],
]

/** @returns [batch, h, w, 3] → [batch, h / 32, w / 32, 2048], or → [batch, classes] with the top
 *  @source He et al. 2015, table 1 */
export const resnet =
  (stacks: readonly Stack[]): Build =>
  (plan) => {
    const say = new Words(plan)
    const inputs = say.input()
    let x = normalized(say, stem(say, inputs), 'conv1')
    x = stemPool(say, x)
    for (const [stack, [filters, blocks, strides]] of stacks.entries())
      for (let i = 1; i <= blocks; i++)
        x = blockV1(say, x, {
          name: `conv${stack + 2}_block${i}`,
          filters,
          strides: i === 1 ? strides : 1,
          hasShortcut: i === 1,
        })
    return say.model(inputs, plan.includeTop ? top(say, x, plan.classes) : x)
  }

/** The same with normalization and activation before the convolutions; here the last block of a stack has the stride.
 *  @source He et al. 2016, arXiv:1603.05027 */
export const resnetV2 =
  (stacks: readonly Stack[]): Build =>
  (plan) => {
    const say = new Words(plan)
    const inputs = say.input()
    let x = stemPool(say, stem(say, inputs))
    for (const [stack, [filters, blocks, strides]] of stacks.entries())
      for (let i = 1; i <= blocks; i++)
        x = blockV2(say, x, {
          name: `conv${stack + 2}_block${i}`,
          filters,
          strides: i === blocks ? strides : 1,
          hasShortcut: i === 1,
        })
    x = normalized(say, x, 'post')
    return say.model(inputs, plan.includeTop ? top(say, x, plan.classes) : x)
  }

const stem = (say: Words, x: Value): Value =>
  say.conv(say.pad(x, around(3), 'conv1_pad'), 64, 7, { strides: 2, name: 'conv1_conv' })

const stemPool = (say: Words, x: Value): Value =>
  say.maxPool(say.pad(x, around(1), 'pool1_pad'), 3, { strides: 2, name: 'pool1_pool' })

const top = (say: Words, x: Value, classes: number): Value =>
  say.dense(say.globalAverage(x, 'avg_pool'), classes, 'softmax', 'predictions')

const normalized = (say: Words, x: Value, name: string): Value =>
  say.normalized(x, 'relu', { epsilon: EPSILON, bn: `${name}_bn`, act: `${name}_relu` })

function blockV1(say: Words, x: Value, { name, filters, strides, hasShortcut }: Block): Value {
  const norm = (y: Value, part: number): Value =>
    say.norm(y, { epsilon: EPSILON, name: `${name}_${part}_bn` })
  const shortcut = hasShortcut ? norm(say.conv(x, 4 * filters, 1, { strides, name: `${name}_0_conv` }), 0) : x
  let y = normalized(say, say.conv(x, filters, 1, { strides, name: `${name}_1_conv` }), `${name}_1`)
  y = normalized(say, say.conv(y, filters, 3, { padding: 'same', name: `${name}_2_conv` }), `${name}_2`)
  y = norm(say.conv(y, 4 * filters, 1, { gain: ADDED_GAIN, name: `${name}_3_conv` }), 3)
  return say.activation(say.add([shortcut, y], `${name}_add`), 'relu', `${name}_out`)
}

function blockV2(say: Words, x: Value, { name, filters, strides, hasShortcut }: Block): Value {
  const ready = normalized(say, x, `${name}_preact`)
  const shortcut = hasShortcut
    ? say.conv(ready, 4 * filters, 1, { strides, name: `${name}_0_conv` })
    : strides > 1
      ? say.maxPool(x, 1, { strides })
      : x
  let y = say.conv(ready, filters, 1, { useBias: false, name: `${name}_1_conv` })
  y = say.pad(normalized(say, y, `${name}_1`), around(1), `${name}_2_pad`)
  y = say.conv(y, filters, 3, { strides, useBias: false, name: `${name}_2_conv` })
  y = say.conv(normalized(say, y, `${name}_2`), 4 * filters, 1, { gain: ADDED_GAIN, name: `${name}_3_conv` })
  return say.add([shortcut, y], `${name}_out`)
}

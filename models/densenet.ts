/** Networks of the DenseNet family, layer for layer as `keras.applications` names and orders them. */
import type { Build } from './plan.ts'
import { channelsOf, type Padding, type Value, Words } from './words.ts'

/** Channels that each layer adds to what all before it gave. */
const GROWTH = 32
/** Share of the channels that is left between two blocks. */
const REDUCTION = 0.5
const EPSILON = 1.001e-5
const around = (n: number): Padding => [
  [n, n],
  [n, n],
]

/** @param blocks  layers of each dense block
 *  @returns [batch, h, w, 3] → [batch, h / 32, w / 32, channels], or → [batch, classes] with the top
 *  @source Huang et al. 2016, table 1 */
export const densenet =
  (blocks: readonly number[]): Build =>
  (plan) => {
    const say = new Words(plan)
    const inputs = say.input()
    let x = say.pad(inputs, around(3))
    x = say.conv(x, 64, 7, { strides: 2, useBias: false, name: 'conv1/conv' })
    x = say.normalized(x, 'relu', { epsilon: EPSILON, bn: 'conv1/bn', act: 'conv1/relu' })
    x = say.maxPool(say.pad(x, around(1)), 3, { strides: 2, name: 'pool1' })
    for (const [i, layers] of blocks.entries()) {
      if (i > 0) x = transition(say, x, `pool${i + 1}`)
      for (let layer = 1; layer <= layers; layer++) x = dense(say, x, `conv${i + 2}_block${layer}`)
    }
    x = say.normalized(x, 'relu', { epsilon: EPSILON, bn: 'bn', act: 'relu' })
    if (plan.includeTop)
      x = say.dense(say.globalAverage(x, 'avg_pool'), plan.classes, 'softmax', 'predictions')
    return say.model(inputs, x)
  }

/** Normalization and activation, then a convolution. */
function convolved(
  say: Words,
  x: Value,
  [bn, act, name]: readonly string[],
  filters: number,
  size: number,
): Value {
  const ready = say.normalized(x, 'relu', { epsilon: EPSILON, bn, act })
  return say.conv(ready, filters, size, { padding: 'same', useBias: false, name })
}

function dense(say: Words, x: Value, name: string): Value {
  const narrow = convolved(say, x, [`${name}_0_bn`, `${name}_0_relu`, `${name}_1_conv`], 4 * GROWTH, 1)
  const more = convolved(say, narrow, [`${name}_1_bn`, `${name}_1_relu`, `${name}_2_conv`], GROWTH, 3)
  return say.concat([x, more], `${name}_concat`)
}

function transition(say: Words, x: Value, name: string): Value {
  const fewer = Math.floor(channelsOf(x) * REDUCTION)
  const y = convolved(say, x, [`${name}_bn`, `${name}_relu`, `${name}_conv`], fewer, 1)
  return say.averagePool(y, 2, { strides: 2, name: `${name}_pool` })
}

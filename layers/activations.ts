/** Functions of Keras that tfjs-layers lacks or that Keras 3 defines anew, by name and as layers. */
import * as tf from '@tensorflow/tfjs-core'
import { axisOf, type OwnLayer, register, registerLayer } from './own-layer.ts'

const hardSigmoid = (x: tf.Tensor): tf.Tensor => tf.div(tf.relu6(tf.add(x, 3)), 6)
const zeros = (x: tf.Tensor): tf.Tensor => tf.zerosLike(x)

/** @source keras.activations */
const ACTIVATIONS: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  roentgenHardSigmoid: hardSigmoid,
  roentgenHardSwish: (x) => tf.mul(x, hardSigmoid(x)),
  roentgenLeakyRelu: (x) => tf.leakyRelu(x, 0.2),
  roentgenExponential: (x) => tf.exp(x),
  // tfjs saves this name of its own, and does not find it again.
  roentgenGeluNew: (x) => {
    const bent = tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3)))))
    return tf.mul(tf.mul(0.5, x), tf.add(1, bent))
  },
  roentgenCelu: (x) => tf.elu(x),
  roentgenHardTanh: (x) => tf.clipByValue(x, -1, 1),
  roentgenHardShrink: (x) => tf.where(tf.greater(tf.abs(x), 0.5), x, zeros(x)),
  roentgenSoftShrink: (x) => tf.sub(x, tf.clipByValue(x, -0.5, 0.5)),
  roentgenTanhShrink: (x) => tf.sub(x, tf.tanh(x)),
  roentgenLogSigmoid: (x) => tf.neg(tf.softplus(tf.neg(x))),
  roentgenSparseSigmoid: (x) => tf.clipByValue(tf.mul(tf.add(x, 1), 0.5), 0, 1),
  roentgenSparsePlus: (x) => tf.where(tf.less(x, 1), tf.mul(tf.square(tf.relu(tf.add(x, 1))), 0.25), x),
  roentgenSquareplus: (x) => tf.mul(tf.add(x, tf.sqrt(tf.add(tf.square(x), 4))), 0.5),
}

for (const [className, apply] of Object.entries(ACTIVATIONS)) {
  class OwnActivation {
    static className = className
    static fromConfig = (): OwnActivation => new OwnActivation()
    apply = apply
    getConfig = (): object => ({})
    getClassName = (): string => className
  }
  register(OwnActivation)
}

/** max_value above, x from the threshold on, a slope below it. @source keras.layers.ReLU */
const reLU: OwnLayer = {
  call: ([x], _, { maxValue, negativeSlope, threshold }) => {
    const [slope, from] = [Number(negativeSlope ?? 0), Number(threshold ?? 0)]
    const below = tf.mul(tf.sub(x, from), slope)
    const bent = tf.where(tf.greaterEqual(x, from), x, below)
    if (maxValue === null || maxValue === undefined) return bent
    return tf.minimum(bent, Number(maxValue))
  },
}

const elu: OwnLayer = {
  call: ([x], _, { alpha }) =>
    tf.where(tf.greater(x, 0), x, tf.mul(tf.sub(tf.exp(tf.minimum(x, 0)), 1), Number(alpha ?? 1))),
}

/** Along any axes: those of tfjs are along the last. */
const softmax: OwnLayer = {
  call: ([x], _, { axis }) => {
    const axes = ([axis ?? -1].flat() as number[]).map((one) => axisOf(one, x.rank))
    if (axes.length === 1 && axes[0] === x.rank - 1) return tf.softmax(x)
    const powers = tf.exp(tf.sub(x, tf.max(x, axes, true)))
    return tf.div(powers, tf.sum(powers, axes, true))
  },
}

registerLayer('RoentgenReLU', reLU)
registerLayer('RoentgenElu', elu)
registerLayer('RoentgenSoftmax', softmax)

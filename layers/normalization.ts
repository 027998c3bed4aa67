/** Normalizations of Keras that tfjs-layers lacks, or computes in another way on some backends. */
import * as tf from '@tensorflow/tfjs-core'
import { axisOf, type Config, type OwnLayer, registerLayer, type Weight } from './own-layer.ts'

/** Keras' smallest deviation. */
const SMALLEST_DEVIATION = 1e-7

/** Axes along which something differs, counted from the front, ascending; none for null. */
const axesOf = ({ axis = -1 }: Config, rank: number): number[] =>
  (axis === null ? [] : ([axis].flat() as number[])).map((one) => axisOf(one, rank)).sort((a, b) => a - b)

const broadcast = (x: tf.Tensor, axes: readonly number[]): number[] =>
  x.shape.map((size, axis) => (axes.includes(axis) ? size : 1))

/** (x - mean) / deviation along `axis`; the statistics are weights, or stand in the configuration.
 *  @source keras.layers.Normalization */
const normalization: OwnLayer = {
  weights: (config, [shape]) => {
    if (config.mean != null) return []
    const sizes = axesOf(config, shape.length).map((axis) => shape[axis] as number)
    return [
      ['mean', sizes, 0],
      ['variance', sizes, 1],
      ['count', [], 0],
    ]
  },
  call: ([input], { mean, variance }, config) => {
    const x = tf.cast(input, 'float32')
    const shape = broadcast(x, axesOf(config, x.rank))
    const given = (value: unknown): tf.Tensor => {
      const statistic = tf.tensor(value as number[], undefined, 'float32')
      return statistic.size === 1 ? tf.reshape(statistic, []) : tf.reshape(statistic, shape)
    }
    const centre = mean === undefined ? given(config.mean) : tf.reshape(mean, shape)
    const spread = variance === undefined ? given(config.variance) : tf.reshape(variance, shape)
    const deviation = tf.maximum(tf.sqrt(spread), SMALLEST_DEVIATION)
    return config.invert === true
      ? tf.add(centre, tf.mul(x, deviation))
      : tf.div(tf.sub(x, centre), deviation)
  },
}

const scaleAndCentre = ({ scale, center }: Config, shape: number[]): Weight[] => [
  ...(scale === false ? [] : [['gamma', shape] as Weight]),
  ...(center === false ? [] : [['beta', shape] as Weight]),
]

/** Batch normalization along another axis than the last, where tfjs's backends disagree, or of more than four axes. */
const batchNormalization: OwnLayer = {
  weights: (config, [shape]) => {
    const sizes = axesOf(config, shape.length).map((axis) => shape[axis] as number)
    return [...scaleAndCentre(config, sizes), ['moving_mean', sizes, 0], ['moving_variance', sizes, 1]]
  },
  call: ([x], { gamma, beta, moving_mean, moving_variance }, config) => {
    const axes = axesOf(config, x.rank)
    const epsilon = Number(config.epsilon ?? 1e-3)
    if (axes[0] === x.rank - 1 && x.rank <= 4)
      return tf.batchNorm(
        x,
        moving_mean as never,
        moving_variance as never,
        beta as never,
        gamma as never,
        epsilon,
      )
    const shape = broadcast(x, axes)
    const root = tf.sqrt(tf.add(moving_variance!, epsilon))
    const times = gamma === undefined ? tf.div(1, root) : tf.div(gamma, root)
    const plus = tf.sub(beta ?? 0, tf.mul(moving_mean!, times))
    return tf.add(tf.mul(x, tf.reshape(times, shape)), tf.reshape(plus, shape))
  },
}

/** Channels in `groups`, each film's group by its own mean and variance. @source keras.layers.GroupNormalization */
const groupNormalization: OwnLayer = {
  weights: (config, [shape]) =>
    scaleAndCentre(
      config,
      axesOf(config, shape.length).map((axis) => shape[axis] as number),
    ),
  call: ([x], { gamma, beta }, config) => {
    const [axis = x.rank - 1] = axesOf(config, x.rank)
    const channels = x.shape[axis]!
    const groups = config.groups === -1 ? channels : Number(config.groups ?? 32)
    const sizes = x.shape.slice(1)
    sizes.splice(axis - 1, 1, groups, channels / groups)
    const grouped = tf.reshape(x, [-1, ...sizes])
    const within = sizes.map((_, i) => i + 1).filter((one) => one !== axis)
    const { mean, variance } = tf.moments(grouped, within, true)
    const root = tf.sqrt(tf.add(variance, Number(config.epsilon ?? 1e-3)))
    const normal = tf.reshape(tf.div(tf.sub(grouped, mean), root), [-1, ...x.shape.slice(1)])
    const shape = broadcast(x, [axis])
    const scaled = gamma === undefined ? normal : tf.mul(normal, tf.reshape(gamma, shape))
    return beta === undefined ? scaled : tf.add(scaled, tf.reshape(beta, shape))
  },
}

/** Length one along `axis`. @source keras.ops.normalize */
const unitNormalization: OwnLayer = {
  call: ([x], _, config) => {
    const squares = tf.sum(tf.square(x), axesOf(config, x.rank), true)
    return tf.div(x, tf.sqrt(tf.maximum(squares, 1e-12)))
  },
}

/** @source keras.layers.RMSNormalization */
const rmsNormalization: OwnLayer = {
  weights: (config, [shape]) => [
    ['scale', axesOf(config, shape.length).map((axis) => shape[axis] as number)],
  ],
  call: ([x], { scale }, config) => {
    const axes = axesOf(config, x.rank)
    const root = tf.sqrt(tf.add(tf.mean(tf.square(x), axes, true), Number(config.epsilon ?? 1e-6)))
    return tf.mul(tf.div(x, root), tf.reshape(scale!, broadcast(x, axes)))
  },
}

/** Takes `axis` [-1]. */
export const normalizationLayer = registerLayer('RoentgenNormalization', normalization)
registerLayer('RoentgenBatchNormalization', batchNormalization)
registerLayer('RoentgenGroupNormalization', groupNormalization)
registerLayer('RoentgenUnitNormalization', unitNormalization)
registerLayer('RoentgenRmsNormalization', rmsNormalization)

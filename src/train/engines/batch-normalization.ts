/** Batch normalization in training, in the place of tfjs-layers' own, which moves when it is frozen and fails without a
 *  scale (Inception v3). On TensorFlow it is one kernel each way; elsewhere the same operations as in tfjs-layers. */
import * as tf from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import { TRAIN_BATCH_NORM } from './tensorflow-kernels.ts'

type Weight = ReturnType<layers.Layer['addWeight']>

/** What we use of tfjs-layers' class, which is not exported. */
interface BatchNormalization extends layers.Layer {
  axis: number
  epsilon: number
  momentum: number
  /** Absent without a scale or a center. */
  gamma?: Weight
  beta?: Weight
  movingMean: Weight
  movingVariance: Weight
}

type Call = (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor | tf.Tensor[]

const PROTOTYPE = Object.getPrototypeOf(layers.batchNormalization({})) as { call: Call }
const originalCall = PROTOTYPE.call

/** Makes every BatchNormalization of tfjs-layers train as Keras' do. May be called again. */
export function mendBatchNormalization(): void {
  PROTOTYPE.call = function (this: BatchNormalization, inputs, kwargs) {
    const x = [inputs].flat()[0]!
    const isOurs = this.axis === -1 || this.axis === x.rank - 1
    if (kwargs.training !== true || !isOurs) return originalCall.call(this, inputs, kwargs)
    return tf.tidy(() => (isFrozen(this) ? frozenCall(this, x) : trainingCall(this, x)))
  }
}

/** In Keras a layer that is not trainable runs in inference mode. A model that is frozen as a whole says so to the weights
 *  of its layers only. */
const isFrozen = (layer: BatchNormalization): boolean => {
  const weights = [layer.gamma, layer.beta].filter((weight) => weight !== undefined)
  return !layer.trainable || (weights.length > 0 && !weights.some(({ trainable }) => trainable))
}

/** Scale and offset; tfjs' gradient fails where one of them is absent. */
const affineOf = ({ gamma, beta }: BatchNormalization, x: tf.Tensor): [tf.Tensor1D, tf.Tensor1D] => {
  const channels = x.shape.at(-1)!
  return [
    (gamma?.read() as tf.Tensor1D | undefined) ?? tf.ones([channels]),
    (beta?.read() as tf.Tensor1D | undefined) ?? tf.zeros([channels]),
  ]
}

/** Normalizes by the averages, as in inference. */
function frozenCall(layer: BatchNormalization, x: tf.Tensor): tf.Tensor {
  const [gamma, beta] = affineOf(layer, x)
  const mean = layer.movingMean.read() as tf.Tensor1D
  const variance = layer.movingVariance.read() as tf.Tensor1D
  return tf.batchNorm(x, mean, variance, beta, gamma, layer.epsilon)
}

/** Normalizes by the batch, and moves the averages towards it. */
function trainingCall(layer: BatchNormalization, x: tf.Tensor): tf.Tensor {
  const isFused = tf.getBackend() === 'tensorflow' && x.rank === 4
  const { y, mean, variance } = (isFused ? fused : plain)(x, ...affineOf(layer, x), layer.epsilon)
  const move = (average: Weight, value: tf.Tensor): void => {
    const old = average.read()
    average.write(tf.sub(old, tf.mul(tf.sub(old, value), 1 - layer.momentum)))
  }
  move(layer.movingMean, mean)
  move(layer.movingVariance, variance)
  return y
}

interface Normalized {
  y: tf.Tensor
  /** Of the batch, [channels]. */
  mean: tf.Tensor
  /** Its mean square, [channels]: not the sample's, as in tfjs-layers and Keras 3. */
  variance: tf.Tensor
}

function plain(x: tf.Tensor, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): Normalized {
  const { mean, variance } = tf.moments(x, [...x.shape.keys()].slice(0, -1))
  const y = tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, epsilon)
  return { y, mean, variance }
}

function fused(x: tf.Tensor, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon: number): Normalized {
  const inputs = { x, scale, offset }
  const [y, mean, sampled] = tf.engine().runKernel(TRAIN_BATCH_NORM, inputs, { epsilon }) as tf.Tensor[]
  const count = x.size / scale.size
  return { y: y!, mean: mean!, variance: tf.mul(sampled!, (count - 1) / count) }
}

/** ReLU6 in training, as one operation: tfjs-layers cuts behind a ReLU, which is two, and five more on the way back. */
import * as tf from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'

type Call = (
  this: { maxValue?: number },
  inputs: tf.Tensor | tf.Tensor[],
  kwargs: { training?: boolean },
) => tf.Tensor | tf.Tensor[]

const PROTOTYPE = Object.getPrototypeOf(layers.reLU()) as { call: Call }
const originalCall = PROTOTYPE.call

/** Lets every ReLU of tfjs-layers with a `maxValue` of 6 train so; values and gradients are the same. May be called again. */
export function mendRelu6(): void {
  PROTOTYPE.call = function (inputs, kwargs) {
    if (kwargs.training !== true || this.maxValue !== 6) return originalCall.call(this, inputs, kwargs)
    return tf.relu6([inputs].flat()[0]!)
  }
}

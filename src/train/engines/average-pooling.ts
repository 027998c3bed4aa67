/** The gradient of average pooling at padded edges. There the mean is of fewer numbers, which tfjs' kernels forget on their
 *  way back, on plain JavaScript and WebGPU; Inception v3 and Inception-ResNet v2 pool so. TensorFlow's is right. */
import * as tf from '@tensorflow/tfjs-core'

let isMended = false

/** Puts the right gradient in the place of tfjs'. May be called again. */
export function mendAveragePooling(): void {
  if (isMended) return
  isMended = true
  const { gradFunc, ...config } = tf.getGradient('AvgPool')
  tf.registerGradient({
    ...config,
    gradFunc: (dy, saved, attrs) => {
      const isRight = tf.getBackend() === 'tensorflow'
      const [x] = saved as [tf.Tensor4D]
      return gradFunc(isRight ? dy : tf.mul(dy as tf.Tensor4D, sharesOf(x.shape, attrs)), saved, attrs)
    },
  })
}

/** For each place of the output, the numbers of a whole window over those that the film has there: [1, h, w, 1]. */
function sharesOf(shape: [number, number, number, number], attrs: tf.NamedAttrMap): tf.Tensor4D {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.AvgPoolAttrs
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
  const { padInfo, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } = info
  const rows = sharesAlong(outHeight, filterHeight, strideHeight, padInfo.top, info.inHeight)
  const columns = sharesAlong(outWidth, filterWidth, strideWidth, padInfo.left, info.inWidth)
  const all = Float32Array.from({ length: outHeight * outWidth }, (_, i) => {
    return rows[Math.floor(i / outWidth)]! * columns[i % outWidth]!
  })
  return tf.tensor4d(all, [1, outHeight, outWidth, 1])
}

const sharesAlong = (count: number, window: number, stride: number, before: number, size: number): number[] =>
  Array.from({ length: count }, (_, i) => {
    const from = i * stride - before
    return window / (Math.min(from + window, size) - Math.max(from, 0))
  })

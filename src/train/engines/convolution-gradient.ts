/** The gradient of a convolution's kernel on plain JavaScript, where tfjs looks up each number by its four places: the same
 *  sums in the same order, and so the same bits, in a fraction of the time. */
import * as tf from '@tensorflow/tfjs-core'

/** Channels of the input whose sums are kept at a time: those of 512 filters then fit the processor's cache. */
const BLOCK = 32

/** What we use of tfjs' backend. */
interface CpuBackend {
  data: { get(id: object): { values: Float32Array } }
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo
}

let isMended = false

/** Puts it in the place of tfjs' own. May be called again. */
export function mendConvolutionGradient(): void {
  if (isMended) return
  isMended = true
  const { kernelFunc: original, ...config } = tf.getKernel('Conv2DBackpropFilter', 'cpu')
  tf.unregisterKernel(config.kernelName, 'cpu')
  tf.registerKernel({
    ...config,
    kernelFunc: (call) => {
      const { dataFormat } = call.attrs as unknown as tf.Conv2DBackpropFilterAttrs
      return dataFormat === 'NHWC' ? kernelGradient(call) : original(call)
    },
  })
}

/** x [b, h, w, in], dy [b, h', w', out] -> [rows, columns, in, out]. */
function kernelGradient({ inputs, attrs, backend }: Parameters<tf.KernelFunc>[0]): tf.TensorInfo {
  const { x, dy } = inputs as unknown as Record<'x' | 'dy', tf.TensorInfo>
  const { strides, pad, dimRoundingMode, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs
  const shape = x.shape as [number, number, number, number]
  const info = tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode)
  const cpu = backend as CpuBackend
  const [xs, dys] = [cpu.data.get(x.dataId).values, cpu.data.get(dy.dataId).values]
  const { filterHeight, filterWidth, inChannels, outChannels } = info
  const found = new Float32Array(filterHeight * filterWidth * inChannels * outChannels)
  for (let tap = 0; tap < filterHeight * filterWidth; tap++)
    for (let first = 0; first < inChannels; first += BLOCK) {
      const count = Math.min(BLOCK, inChannels - first)
      const sums = sumsOf(xs, dys, info, tap, first, count)
      found.set(sums, (tap * inChannels + first) * outChannels)
    }
  return cpu.makeTensorInfo(filterShape, 'float32', found)
}

/** Of one tap of the kernel and some channels of the input: [count, out]. In double precision, as tfjs has them. */
function sumsOf(
  xs: Float32Array,
  dys: Float32Array,
  info: tf.backend_util.Conv2DInfo,
  tap: number,
  first: number,
  count: number,
): Float64Array {
  const { batchSize, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = info
  const { strideHeight, strideWidth, filterWidth, padInfo } = info
  const [down, right] = [Math.floor(tap / filterWidth) - padInfo.top, (tap % filterWidth) - padInfo.left]
  const sums = new Float64Array(count * outChannels)
  for (let b = 0; b < batchSize; b++)
    for (let yR = 0; yR < outHeight; yR++) {
      const xR = yR * strideHeight + down
      if (xR < 0 || xR >= inHeight) continue
      for (let yC = 0; yC < outWidth; yC++) {
        const xC = yC * strideWidth + right
        if (xC < 0 || xC >= inWidth) continue
        const at = ((b * inHeight + xR) * inWidth + xC) * inChannels + first
        const from = ((b * outHeight + yR) * outWidth + yC) * outChannels
        for (let i = 0, k = 0; i < count; i++) {
          const value = xs[at + i]!
          for (let o = 0; o < outChannels; o++, k++) sums[k]! += value * dys[from + o]!
        }
      }
    }
  return sums
}

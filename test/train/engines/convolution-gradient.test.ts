/** Our gradient of a convolution's kernel is tfjs' own, bit for bit. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seededRandom } from '../../../random.ts'
import { mendConvolutionGradient } from '../../../src/train/engines/convolution-gradient.ts'

const { kernelFunc: original } = tf.getKernel('Conv2DBackpropFilter', 'cpu')
mendConvolutionGradient()

const side = fc.integer({ min: 1, max: 4 })
const CASE = fc.record({
  batch: side,
  film: fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 })),
  kernel: fc.tuple(side, side),
  strides: fc.tuple(side, side),
  channels: fc.constantFrom([1, 1], [3, 5], [33, 2], [64, 7], [70, 1]),
  pad: fc.constantFrom('same' as const, 'valid' as const, 1),
  dataFormat: fc.constantFrom('NHWC' as const, 'NCHW' as const),
})

it('gives the bits that tfjs gives, for any kernel, stride and padding', async () => {
  await tf.setBackend('cpu')
  fc.assert(
    fc.property(CASE, ({ batch, film, kernel, strides, channels, pad, dataFormat }) => {
      const isLast = dataFormat === 'NHWC'
      const [inputs, outputs] = channels as [number, number]
      const random = seededRandom(batch + inputs)
      const filled = (shape: number[]) =>
        tf.tensor(
          Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() - 0.5),
          shape,
        )
      const x = filled(isLast ? [batch, ...film, inputs] : [batch, inputs, ...film]) as tf.Tensor4D
      const filterShape = [...kernel, inputs, outputs] as [number, number, number, number]
      const y = tf.conv2d(x, filled(filterShape) as tf.Tensor4D, strides, pad, dataFormat)
      const attrs = { strides, pad, dataFormat, filterShape }
      const call = { inputs: { x, dy: filled(y.shape) }, attrs, backend: tf.backend() }
      const [ours, theirs] = [tf.getKernel('Conv2DBackpropFilter', 'cpu').kernelFunc, original].map((run) => {
        const { dataId, shape } = run(call) as tf.TensorInfo
        return { shape, values: tf.backend().readSync(dataId) }
      })
      expect(ours).toEqual(theirs)
    }),
  )
})

/** The process in which TensorFlow shows that it works here: see `prove.ts`. Numbers are those of paper and pencil. */
import * as tf from '@tensorflow/tfjs-core'
// Its gradients are registered by tfjs-layers.
import '@tensorflow/tfjs-layers'
import { loadTensorflow } from './load-tensorflow.ts'
import { answerProof } from './prove.ts'

answerProof(async (folder) => {
  const { version, device } = await loadTensorflow(folder)
  await tf.setBackend('tensorflow')
  expectNumbers('a matrix product', tf.matMul([[1, 2]], [[3, 4], [5, 6]]), [13, 16]) // biome-ignore format: a matrix
  expectNumbers('the gradients of a convolution', filterGradient(), [12, 16, 24, 28])
  expectNumbers('whole numbers that are rounded', tf.round(tf.tensor1d([-3, 1, 7], 'int32')), [-3, 1, 7])
  return `TensorFlow ${version} on the ${device}`
})

/** Of the sum of a convolution of 3 x 3 numbers with a filter of 2 x 2: what each tap has seen. */
function filterGradient(): tf.Tensor {
  const film = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1])
  return tf.grad((filter) => tf.sum(tf.conv2d(film, filter as tf.Tensor4D, 1, 'valid')))(
    tf.zeros([2, 2, 1, 1]),
  )
}

function expectNumbers(what: string, tensor: tf.Tensor, expected: readonly number[]): void {
  const found = [...tensor.dataSync()]
  if (found.length !== expected.length || found.some((value, i) => Math.abs(value - expected[i]!) > 1e-4))
    throw new Error(`${what} is ${found}, not ${expected}`)
}

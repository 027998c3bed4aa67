/** tfjs's WebAssembly on several threads, and the numbers of one. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { useWasmThreads } from '../../converters/wasm-threads.ts'

/** Kernels that XNNPACK shares out, and one that it does not have. */
function network(): tf.Tensor {
  return tf.tidy(() => {
    const films = tf.randomUniform<tf.Rank.R4>([3, 40, 40, 3], -1, 1, 'float32', 1)
    const kernel = tf.randomUniform<tf.Rank.R4>([3, 3, 3, 16], -1, 1, 'float32', 2)
    const wide = tf.fused.conv2d({ x: films, filter: kernel, strides: 1, pad: 'same', activation: 'relu' })
    const deep = tf.depthwiseConv2d(
      wide,
      tf.randomUniform<tf.Rank.R4>([3, 3, 16, 1], -1, 1, 'float32', 3),
      1,
      'same',
    )
    const flat = tf.reshape(tf.maxPool(deep, 2, 2, 'valid'), [3, -1])
    return tf.softmax(tf.matMul(flat, tf.randomUniform([6400, 5], -0.1, 0.1, 'float32', 4)))
  })
}

async function outputOn(backend: string): Promise<Float32Array> {
  expect(await tf.setBackend(backend)).toBe(true)
  const output = network()
  const values = (await output.data()) as Float32Array
  output.dispose()
  return values.slice()
}

const threadsOf = (): number => (tf.backend() as BackendWasm).wasm.tfjs.getThreadsCount()

test('threads give the numbers of one thread, bit for bit, and leave nothing in the way of others', async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker')
  const one = await outputOn('wasm')
  expect(threadsOf()).toBe(1)
  const cpu = await outputOn('cpu')
  // Tensors may lie in it.
  expect(await useWasmThreads(3)).toBe(1)
  tf.removeBackend('wasm')
  expect(await useWasmThreads(3)).toBe(3)
  expect(Object.getOwnPropertyDescriptor(globalThis, 'Worker')).toEqual(before)
  expect(tf.getBackend()).toBe('cpu')
  const three = await outputOn('wasm')
  expect(threadsOf()).toBe(3)
  expect(three).toEqual(one)
  for (const [i, value] of three.entries()) expect(Math.abs(value - cpu[i]!)).toBeLessThan(1e-5)
  await tf.setBackend('cpu')
})

test('one core has one thread, and no more than the pool has are made', async () => {
  tf.removeBackend('wasm')
  expect(await useWasmThreads(1)).toBe(1)
  expect(await useWasmThreads(64)).toBe(8)
  await outputOn('wasm')
  expect(threadsOf()).toBe(8)
  await tf.setBackend('cpu')
})

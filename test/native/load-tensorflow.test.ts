/** The real part, where one is installed: `node dist/scripts/check-native.js CACHE`, then ROENTGEN_CACHE=CACHE. */
import util from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { findNative } from '../../src/native/find.ts'
import { loadTensorflow } from '../../src/native/load-tensorflow.ts'
import { without } from '../without.ts'

const found = await findNative('tensorflow')
const told = without('tensorflow', 'missing' in found ? found.missing : true)

describe.skipIf('missing' in found)(`loadTensorflow${told}`, () => {
  const { folder } = found as { folder: string }
  beforeAll(async () => {
    await tf.setBackend('cpu')
    await loadTensorflow(folder)
  })

  it('registers the backend, and leaves the one that is set', async () => {
    expect(tf.findBackendFactory('tensorflow')).not.toBeNull()
    expect(tf.getBackend()).toBe('cpu')
  })

  it('again does nothing, and says the same', async () => {
    const backend = tf.findBackend('tensorflow')
    const { version, device } = await loadTensorflow(folder)
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(['cpu', 'GPU']).toContain(device)
    expect(tf.findBackend('tensorflow')).toBe(backend)
  })

  it('gives Node what newer ones dropped', () => {
    const { isArray, isNullOrUndefined } = util as unknown as Record<string, (value: unknown) => boolean>
    expect([isArray?.([]), isArray?.({})]).toEqual([true, false])
    expect([undefined, null, 0, ''].map((value) => isNullOrUndefined?.(value))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  const CASES: [name: string, run: () => tf.Tensor, expected: number[]][] = [
    ['Round of whole numbers', () => tf.round(tf.tensor1d([-3, 1, 7], 'int32')), [-3, 1, 7]],
    ['Round of halves, to even', () => tf.round([0.5, 1.5, -2.5]), [0, 2, -2]],
    ['Prelu', () => tf.prelu([-2, 3], [0.5, 0.5]), [-1, 3]],
    ['Exp of whole numbers', () => tf.exp(tf.tensor1d([0, 0], 'int32')), [1, 1]],
    ['ArgMax of truths', () => tf.argMax(tf.tensor1d([false, true], 'bool')), [1]],
    ['ArgMin of truths', () => tf.argMin(tf.tensor1d([true, false], 'bool')), [1]],
    ['TopK', () => tf.topk([3, 1, 2], 2).values, [3, 2]],
    ['a tensor of another backend', () => tf.mul(tf.tensor1d([1, 2]), 2), [2, 4]],
  ]
  for (const [name, run, expected] of CASES)
    it(`computes ${name}`, async () => {
      await tf.setBackend('tensorflow')
      try {
        expect([...run().dataSync()]).toEqual(expected)
      } finally {
        await tf.setBackend('cpu')
      }
    })

  it('frees what is disposed', async () => {
    await tf.setBackend('tensorflow')
    const before = tf.memory().numTensors
    tf.tidy(() => tf.round(tf.tensor1d([1, 2], 'int32')).dataSync())
    expect(tf.memory().numTensors).toBe(before)
    await tf.setBackend('cpu')
  })
})

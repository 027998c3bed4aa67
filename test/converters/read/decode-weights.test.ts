import '@tensorflow/tfjs-backend-cpu'
import { io } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  byteSize,
  decodeWeight,
  halfToNumber,
  type WeightSpec,
} from '../../../converters/read/decode-weights.ts'

const KINDS: [string, Pick<WeightSpec, 'dtype' | 'quantization'>][] = [
  ['float32', { dtype: 'float32' }],
  ['int32', { dtype: 'int32' }],
  ['uint8 → float32', { dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.0123, min: -1.7 } }],
  ['uint16 → float32', { dtype: 'float32', quantization: { dtype: 'uint16', scale: 1e-4, min: -3 } }],
  ['uint8 → int32', { dtype: 'int32', quantization: { dtype: 'uint8', scale: 0.7, min: -9 } }],
  ['float16 → float32', { dtype: 'float32', quantization: { dtype: 'float16' } }],
]

describe.each(KINDS)('%s', (_, kind) => {
  test("gives tfjs' own numbers, wherever the bytes begin", () => {
    const sample = fc.tuple(fc.uint8Array({ minLength: 48, maxLength: 48 }), fc.integer({ min: 0, max: 3 }))
    fc.assert(
      fc.property(sample, ([bytes, offset]) => {
        const spec: WeightSpec = { name: 'w', shape: [2, 3], ...kind }
        const own = bytes.slice(0, byteSize(spec))
        const shifted = new Uint8Array(own.length + offset)
        shifted.set(own, offset)
        const decoded = decodeWeight(spec, shifted.subarray(offset))
        const theirs = io.decodeWeights(own.slice().buffer, [spec as io.WeightsManifestEntry]).w
        expect(decoded.shape).toEqual([2, 3])
        expect([...decoded.data]).toEqual([...(theirs?.dataSync() ?? [])])
        theirs?.dispose()
      }),
      { seed: 1, numRuns: 50 },
    )
  })
})

test.each([
  [0x0000, 0],
  [0x8000, -0],
  [0x3c00, 1],
  [0xc000, -2],
  [0x3555, 0.333251953125],
  [0x7bff, 65504],
  [0x0001, 2 ** -24],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
])('16 bits %i stand for %d', (bits, number) => {
  expect(halfToNumber(bits)).toBe(number)
})

test('a scalar takes one element, an empty tensor none', () => {
  expect(byteSize({ name: 'w', shape: [], dtype: 'float32' })).toBe(4)
  expect(byteSize({ name: 'w', shape: [0, 3], dtype: 'float32' })).toBe(0)
})

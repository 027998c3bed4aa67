/** Half precision: every number of it, the middles between two neighbours, and what lies beyond. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHalf, LARGEST_HALF, toHalves } from '../../../converters/graph/float16.ts'

const half = (value: number): number => toHalves(Float32Array.of(value)).data[0]!

/** Positive finite numbers of half precision, in their order. */
const FINITE = Array.from({ length: 0x7c00 }, (_, bits) => bits)

describe('numbers of half precision', () => {
  test('known ones have the bits of IEEE 754', () => {
    const KNOWN: [number, number][] = [
      [0, 0x0000],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [LARGEST_HALF, 0x7bff],
      [2 ** -24, 0x0001],
      [0.333251953125, 0x3555],
      [Number.POSITIVE_INFINITY, 0x7c00],
      [Number.NaN, 0x7e00],
    ]
    for (const [value, bits] of KNOWN) {
      expect(half(value), String(value)).toBe(bits)
      expect(fromHalf(bits)).toBe(value)
    }
  })

  test('each comes back, with both signs, and they grow with their bits', () => {
    const values = FINITE.map(fromHalf)
    expect(values.every((value, i) => i === 0 || value > values[i - 1]!)).toBe(true)
    expect([...toHalves(Float32Array.from(values)).data]).toEqual(FINITE)
    expect([...toHalves(Float32Array.from(values, (v) => -v)).data]).toEqual(FINITE.map((b) => b | 0x8000))
  })

  test('the middle of two goes to the even one, a hair beside it to the nearer one', () => {
    const middles = Float32Array.from(FINITE.slice(1), (b) => (fromHalf(b) + fromHalf(b - 1)) / 2)
    const moved = (by: number): Float32Array => {
      const copy = middles.slice()
      const bits = new Int32Array(copy.buffer)
      for (let i = 0; i < bits.length; i++) bits[i]! += by
      return copy
    }
    expect([...toHalves(middles).data]).toEqual(FINITE.slice(1).map((b) => (b % 2 === 0 ? b : b - 1)))
    expect([...toHalves(moved(-1)).data]).toEqual(FINITE.slice(0, -1))
    expect([...toHalves(moved(1)).data]).toEqual(FINITE.slice(1))
  })

  test('what lies beyond the range is clipped and counted, infinities are not', () => {
    const values = Float32Array.of(65519, 65520, -1e9, 3e38, Number.NEGATIVE_INFINITY, 7)
    const { data, clipped } = toHalves(values)
    expect([...data].map(fromHalf)).toEqual([65504, 65504, -65504, 65504, Number.NEGATIVE_INFINITY, 7])
    expect(clipped).toBe(3)
  })

  test('any number in the range is off by at most half a unit', () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const unit = Math.max(2 ** -24, 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10))
        expect(Math.abs(fromHalf(half(value)) - value)).toBeLessThanOrEqual(unit / 2)
      }),
    )
  })

  test('views of a larger array are read where they begin', () => {
    expect([...toHalves(Float32Array.of(9, 1, 2).subarray(1)).data]).toEqual([0x3c00, 0x4000])
  })
})

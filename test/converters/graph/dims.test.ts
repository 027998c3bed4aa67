import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  dimAdd,
  dimAt,
  dimFloor,
  dimProduct,
  dimRest,
  isMultipleOf,
  namesIn,
} from '../../../converters/graph/dims.ts'
import type { Dim } from '../../../converters/graph/graph.ts'

describe('dimProduct', () => {
  test.each([
    [[], 1],
    [[2, 3], 6],
    [['N'], 'N'],
    [[1, 'N', 1], 'N'],
    [[7, 'N', 7], '49*N'],
    [['49*N', 2], '98*N'],
    [['W', 'N', 3, 'H'], '3*H*N*W'],
    [['N', '2*N'], '2*N*N'],
    [['H+1', 'W-1'], 'H*W-H+W-1'],
    [['floor(H/2)', 'N'], 'N*floor(H/2)'],
    [[0, 5], 0],
    [['H', 0], 0],
  ] as [Dim[], Dim][])('of %j is %j', (dims, expected) => {
    expect(dimProduct(dims)).toBe(expected)
  })
})

describe('dimAdd', () => {
  test.each([
    [[2, 3, 4], 9],
    [['N', 0], 'N'],
    [[0, '4*N', 0], '4*N'],
    [['H', 2, -5], 'H-3'],
    [['2*H', 'W', '-2*H'], 'W'],
    [[], 0],
  ] as [Dim[], Dim][])('of %j is %j', (dims, expected) => {
    expect(dimAdd(dims)).toBe(expected)
  })
})

describe('dimFloor', () => {
  test.each([
    [9, 2, 4],
    ['8*H', 2, '4*H'],
    ['H+1', 2, 'floor((H+1)/2)'],
    ['H+2', 2, 'floor(H/2)+1'],
    ['5*H+3', 2, '2*H+floor((H+1)/2)+1'],
    ['2*H+1', 4, 'floor(H/2)'],
    // Two strides of 2 are one of 4.
    ['floor((H+1)/2)+1', 2, 'floor((H+3)/4)'],
    ['floor(floor(H/3)/5)', 2, 'floor(H/30)'],
  ] as [Dim, number, Dim][])('of %j by %i is %j', (dim, divisor, expected) => {
    expect(dimFloor(dim, divisor)).toBe(expected)
  })
})

describe('dimRest', () => {
  test.each([
    [['N', 'H', 'W', 8], ['N', 8], 'H*W'],
    [['N', 7, 7, 64], ['N'], 3136],
    [['N', 'floor((H+1)/2)', 4], ['floor((H+1)/2)', 2], '2*N'],
    [['H+1', 'N'], ['H+1'], 'N'],
    [['N', 7], [2], undefined],
    [['N'], ['H'], undefined],
    [['N', 'H'], ['N+1'], undefined],
  ] as [Dim[], Dim[], Dim | undefined][])('of %j without %j is %j', (whole, part, expected) => {
    expect(dimRest(whole, part)).toBe(expected)
  })
})

test('a multiple is one for all sizes', () => {
  expect(isMultipleOf('16*H', 8)).toBe(true)
  expect(isMultipleOf('16*H+4', 8)).toBe(false)
  expect(isMultipleOf('H', 2)).toBe(false)
  expect(isMultipleOf(12, 4)).toBe(true)
})

test('the names in a dimension are those of its sizes', () => {
  expect(namesIn('2*left_H+floor((left_H*N+1)/2)')).toEqual(['left_H', 'left_H', 'N'])
  expect(namesIn(7)).toEqual([])
})

test('a dimension whose names have no length is told', () => {
  expect(() => dimAt('H*W', { H: 3 })).toThrow('the dimension 3*W has no length yet')
  expect(() => dimAt('H)', { H: 3 })).toThrow("'H)' is no dimension")
})

describe('what is computed of names', () => {
  /** A dimension with its value at H = h and W = w, computed of numbers beside it. */
  type Pair = readonly [Dim, number]
  const sizes = fc.record({ H: fc.integer({ min: 1, max: 60 }), W: fc.integer({ min: 1, max: 60 }) })
  const steps = fc.array(
    fc.record({
      what: fc.constantFrom('add', 'times', 'floor', 'plus H', 'times W' as const),
      by: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  const STEPS: Record<string, (pair: Pair, by: number, at: { H: number; W: number }) => Pair> = {
    add: ([dim, value], by) => [dimAdd([dim, by - 4]), value + by - 4],
    times: ([dim, value], by) => [dimProduct([by, dim]), by * value],
    floor: ([dim, value], by) => [dimFloor(dim, by), Math.floor(value / by)],
    'plus H': ([dim, value], _, { H }) => [dimAdd([dim, 'H']), value + H],
    'times W': ([dim, value], _, { W }) => [dimProduct([dim, 'W']), value * W],
  }

  test('is what is computed of their lengths', () => {
    fc.assert(
      fc.property(sizes, steps, (at, list) => {
        const start: Pair = ['H', at.H]
        const [dim, value] = list.reduce<Pair>((pair, { what, by }) => STEPS[what]!(pair, by, at), start)
        expect(dimAt(dim, at)).toBe(value)
        // What was read and written again is the same text.
        expect(dimAdd([dim])).toBe(dim)
      }),
    )
  })
})

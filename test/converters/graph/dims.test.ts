import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dimAdd, dimProduct } from '../../../converters/graph/dims.ts'
import type { Dim } from '../../../converters/graph/graph.ts'

/** What a dimension is once N is known. */
const sizeOf = (dim: Dim, batch: number): number =>
  typeof dim === 'number' ? dim : (dim.includes('*') ? Number(dim.split('*')[0]) : 1) * batch

describe('dimProduct', () => {
  test.each([
    [[], 1],
    [[2, 3], 6],
    [['N'], 'N'],
    [[1, 'N', 1], 'N'],
    [[7, 'N', 7], '49*N'],
    [['49*N', 2], '98*N'],
    [[0, 5], 0],
  ] as [Dim[], Dim][])('of %j is %j', (dims, expected) => {
    expect(dimProduct(dims)).toBe(expected)
  })

  test('of two open dimensions is refused', () => {
    expect(() => dimProduct(['N', '2*N'])).toThrow('two open dimensions in [N,2*N]')
  })

  test('is the product of the values, for every batch', () => {
    const factor = fc.integer({ min: 1, max: 50 })
    const dims = fc
      .tuple(fc.array(factor), fc.array(factor), fc.option(factor))
      .map(([before, after, open]): Dim[] => [
        ...before.slice(0, 3),
        ...(open === null ? [] : [open === 1 ? 'N' : `${open}*N`]),
        ...after.slice(0, 3),
      ])
    const property = fc.property(dims, factor, (list, batch) => {
      const expected = list.reduce<number>((product, dim) => product * sizeOf(dim, batch), 1)
      expect(sizeOf(dimProduct(list), batch)).toBe(expected)
    })
    fc.assert(property, { seed: 11 })
  })
})

describe('dimAdd', () => {
  test.each([
    [[2, 3, 4], 9],
    [['N', 0], 'N'],
    [[0, '4*N', 0], '4*N'],
    [[], 0],
  ] as [Dim[], Dim][])('of %j is %j', (dims, expected) => {
    expect(dimAdd(dims)).toBe(expected)
  })

  test('lengthens no open dimension', () => {
    expect(() => dimAdd(['N', 1])).toThrow('an open dimension cannot be lengthened: [N,1]')
  })
})

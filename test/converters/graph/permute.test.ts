import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Constant } from '../../../converters/graph/graph.ts'
import { compose, invert, isIdentity, movesOnlyOnes, permute } from '../../../converters/graph/permute.ts'

const size = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1)
const iota = (shape: readonly number[]): Constant => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from({ length: size(shape) }, (_, i) => i),
})

/** By the definition: the element at [i0, i1…] of the result is the one whose axis perm[k] is ik. */
function naive({ shape, data }: Constant, perm: readonly number[]): number[] {
  const out = perm.map((axis) => shape[axis]!)
  return Array.from({ length: size(out) }, (_, flat) => {
    const index = new Array<number>(perm.length)
    out.reduceRight((rest, length, axis) => {
      index[perm[axis]!] = rest % length
      return Math.floor(rest / length)
    }, flat)
    return Number(data[shape.reduce((offset, length, axis) => offset * length + index[axis]!, 0)])
  })
}

const shapeAndPerms = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 })
  .chain((shape) => {
    const axes = shape.map((_, axis) => axis)
    const perm = fc.shuffledSubarray(axes, { minLength: axes.length, maxLength: axes.length })
    return fc.tuple(fc.constant(shape), perm, perm)
  })

test('permutes as the definition does', () => {
  const property = fc.property(shapeAndPerms, ([shape, perm]) => {
    const constant = iota(shape)
    const permuted = permute(constant, perm)
    expect([...permuted.data]).toEqual(naive(constant, perm))
    expect(permuted.shape).toEqual(perm.map((axis) => shape[axis]))
    expect(constant.data).toEqual(iota(shape).data)
  })
  fc.assert(property, { seed: 3 })
})

test('two permutations after each other are one, and a permutation can be undone', () => {
  const property = fc.property(shapeAndPerms, ([shape, first, second]) => {
    const constant = iota(shape)
    expect(permute(permute(constant, first), second)).toEqual(permute(constant, compose(first, second)))
    expect(isIdentity(compose(first, invert(first)))).toBe(true)
    expect(isIdentity(compose(invert(first), first))).toBe(true)
  })
  fc.assert(property, { seed: 4 })
})

test('moves only ones exactly when every element stays where it lies', () => {
  const property = fc.property(shapeAndPerms, ([shape, perm]) => {
    const stays = String(permute(iota(shape), perm).data) === String(iota(shape).data)
    expect(movesOnlyOnes(shape, perm)).toBe(stays)
  })
  fc.assert(property, { seed: 5, numRuns: 300 })
})

test('keeps the type of the values', () => {
  const ids: Constant = { dtype: 'int64', shape: [2, 2], data: BigInt64Array.of(1n, 2n, 3n, 4n) }
  expect(permute(ids, [1, 0])).toEqual({ ...ids, data: BigInt64Array.of(1n, 3n, 2n, 4n) })
})

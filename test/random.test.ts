import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom, shuffled } from '../random.ts'

test('the generator gives the known numbers of mulberry32', () => {
  const random = seededRandom(1)
  expect(Array.from({ length: 3 }, () => random() * 2 ** 32)).toEqual([2693262067, 11749833, 2265367787])
})

test('numbers lie in [0, 1) and spread evenly', () => {
  const random = seededRandom(7)
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) counts[Math.floor(random() * 10)]! += 1
  expect(counts).toHaveLength(10)
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150) // 5 standard deviations
})

test('a shuffle keeps the items, leaves its input alone and is repeated by its seed', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = [...items]
      const order = shuffled(items, seededRandom(seed))
      expect(items).toEqual(before)
      expect(order.toSorted()).toEqual(items.toSorted())
      expect(shuffled(items, seededRandom(seed))).toEqual(order)
    }),
  )
})

test('every order of three items is about equally frequent', () => {
  const random = seededRandom(3)
  const counts = new Map<string, number>()
  for (let i = 0; i < 6000; i++) {
    const order = shuffled(['a', 'b', 'c'], random).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

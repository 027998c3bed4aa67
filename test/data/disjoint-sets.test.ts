import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupByLinks } from '../../src/data/disjoint-sets.ts'

test('links join groups, also through others', () => {
  expect(
    groupByLinks(6, [
      [4, 2],
      [2, 0],
      [5, 3],
    ]),
  ).toEqual([0, 1, 0, 3, 0, 3])
})

test('groups equal the components that a search of the graph finds', () => {
  const graph = fc.integer({ min: 1, max: 30 }).chain((count) => {
    const node = fc.nat(count - 1)
    return fc.tuple(fc.constant(count), fc.array(fc.tuple(node, node)))
  })
  fc.assert(
    fc.property(graph, ([count, links]) => {
      const reached = (start: number): number => {
        const seen = new Set([start])
        for (const node of seen)
          for (const [a, b] of links) {
            if (a === node) seen.add(b)
            if (b === node) seen.add(a)
          }
        return Math.min(...seen)
      }
      expect(groupByLinks(count, links)).toEqual(Array.from({ length: count }, (_, node) => reached(node)))
    }),
  )
})

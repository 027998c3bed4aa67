/** Disjoint sets (union-find): what belongs together, directly or through others. Used for patients and for copies. */

/** Groups 0..count-1 by links between them, in nearly linear time.
 *  @param links  pairs of indices below `count`
 *  @returns for each index the smallest index of its group, so that equal values mean the same group */
export function groupByLinks(count: number, links: Iterable<readonly [number, number]>): number[] {
  const parent = Array.from({ length: count }, (_, index) => index)
  const rootOf = (index: number): number => {
    let root = index
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]!]!
      root = parent[root]!
    }
    return root
  }
  for (const [a, b] of links) {
    const [rootA, rootB] = [rootOf(a), rootOf(b)]
    parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB)
  }
  return parent.map((_, index) => rootOf(index))
}

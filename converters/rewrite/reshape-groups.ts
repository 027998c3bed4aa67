/** Which axes of a Reshape become which: what splits, what joins, and what is only an axis of length 1. With it a Reshape
 *  is written for the same elements in another order of axes. */
import type { Dim, Shape } from '../graph/graph.ts'

/** Neighbouring axes that become neighbouring axes; none of the input's is of length 1. */
interface Group {
  /** Axes before the Reshape. */
  from: number[]
  /** Axes behind it, those of length 1 that stand before them too. */
  to: number[]
}

/** Stand for open dimensions: primes that no size of a model has as a factor. */
const PRIMES = [1_000_003n, 1_000_033n, 1_000_037n, 1_000_039n, 1_000_081n, 1_000_099n]

/** The factors of a dimension that are numbers or names; another (a sum) stands for itself. */
const factorsOf = (dim: Dim): string[] => {
  const parts = String(dim).split('*')
  return parts.every((part) => /^\w+$/.test(part)) ? parts : [String(dim)]
}

/** Sizes as numbers that are equal where the sizes are; undefined where there are too many open ones. */
function sizesOf(shapes: readonly [Shape, Shape]): [bigint[], bigint[]] | undefined {
  const isNumber = (part: string): boolean => /^\d+$/.test(part)
  const names = [...new Set(shapes.flat().flatMap(factorsOf))].filter((part) => !isNumber(part))
  if (names.length > PRIMES.length) return undefined
  const size = (part: string): bigint => (isNumber(part) ? BigInt(part) : PRIMES[names.indexOf(part)]!)
  const sizes = (shape: Shape): bigint[] =>
    shape.map((dim) => factorsOf(dim).reduce((product, part) => product * size(part), 1n))
  return [sizes(shapes[0]), sizes(shapes[1])]
}

/** The finest groups of a Reshape, in their order; undefined where the sizes do not fit, or one is 0. */
function groupsOf(before: Shape, after: Shape): Group[] | undefined {
  const [inner = [], outer = []] = sizesOf([before, after]) ?? []
  const groups: Group[] = []
  let group: Group = { from: [], to: [] }
  let [i, left, right] = [0, 1n, 1n]
  // Each axis behind the Reshape, with as many before it as it takes.
  for (const [o, size] of outer.entries()) {
    group.to.push(o)
    right *= size
    while (left < right && i < inner.length) {
      if (inner[i] !== 1n) group.from.push(i)
      left *= inner[i++]!
    }
    if (left !== right || left === 1n) continue
    groups.push(group)
    group = { from: [], to: [] }
    left = 1n
    right = 1n
  }
  const isRest = inner.slice(i).every((size) => size === 1n)
  if (left !== 1n || right !== 1n || !isRest || inner.length === 0 || inner.includes(0n)) return undefined
  return group.to.length === 0 ? groups : [...groups, group]
}

/** Reshape(Transpose(x, perm), after) as Transpose(Reshape(x, shape), perm'), where no group is torn apart.
 *  @param before  the shape behind the Transpose */
export function reshapeBefore(
  before: Shape,
  after: Shape,
  perm: readonly number[],
): { shape: Dim[]; perm: number[] } | undefined {
  const groups = groupsOf(before, after)
  if (groups === undefined) return undefined
  // Where the axes that are longer than 1 stand in x, in the order of x.
  const inX = perm
    .map((axis, at) => ({ axis, at }))
    .filter(({ at }) => groups.some(({ from }) => from.includes(at)))
  const rank = new Map(inX.toSorted((a, b) => a.axis - b.axis).map(({ at }, place) => [at, place]))
  const places = groups.map(({ from }) => from.map((at) => rank.get(at)!))
  if (places.some((group) => group.some((place, k) => k > 0 && place !== group[k - 1]! + 1))) return undefined
  const order = groups.map((group, k) => ({ group, place: places[k]![0] ?? Number.POSITIVE_INFINITY }))
  const axes = order.toSorted((a, b) => a.place - b.place).flatMap(({ group }) => group.to)
  return { shape: axes.map((axis) => after[axis]!), perm: after.map((_, axis) => axes.indexOf(axis)) }
}

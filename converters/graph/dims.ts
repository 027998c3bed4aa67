/** Arithmetic on dimensions that may be open. One that is open is written as a sum of products, in an order and form
 *  that are always the same (`N`, `49*N`, `2*H-1`, `floor((H+1)/2)`), so that equal texts are equal lengths. Texts that
 *  differ may still be equal for all sizes: only what shape rules meet is brought to one form. */
import assert from 'node:assert/strict'
import type { Dim } from './graph.ts'

/** Lengths of open dimensions, by their names. */
export type Sizes = Readonly<Record<string, number>>

export const sameDim = (a: Dim, b: Dim): boolean => a === b

/** The product of dimensions. */
export const dimProduct = (dims: readonly Dim[]): Dim =>
  write(dims.map((dim) => read(dim)).reduce(times, number(1)))

/** The sum of dimensions. */
export const dimAdd = (dims: readonly Dim[]): Dim =>
  write(dims.map((dim) => read(dim)).reduce(plus, number(0)))

/** A dimension divided by a whole number and rounded down. */
export const dimFloor = (dim: Dim, divisor: number): Dim => write(floored(read(dim), divisor))

/** The dimension that is left when those of `part` are taken out of the product of `whole`; undefined where it does not
 *  divide, or is not seen to. */
export function dimRest(whole: readonly Dim[], part: readonly Dim[]): Dim | undefined {
  const left = [...whole]
  const open = part.filter((dim) => {
    const at = left.indexOf(dim)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  const [divisor, ...more] = read(dimProduct(open))
  if (divisor === undefined || more.length > 0) return undefined
  return divided(read(dimProduct(left)), divisor)
}

/** Whether a dimension is a multiple of a whole number for all sizes. */
export const isMultipleOf = (dim: Dim, divisor: number): boolean =>
  [...read(dim).values()].every((factor) => factor % divisor === 0)

/** The length of a dimension where all names that it holds have one. */
export function dimAt(dim: Dim, sizes: Sizes): number {
  const length = typeof dim === 'number' ? dim : write(read(dim, sizes))
  assert(typeof length === 'number', `the dimension ${length} has no length yet`)
  return length
}

/** The names that a dimension holds. */
export const namesIn = (dim: Dim): string[] =>
  (String(dim).match(/[A-Za-z_]\w*/g) ?? []).filter((name) => name !== 'floor')

/** How often each product of names occurs; the empty product is the number. */
type Terms = ReadonlyMap<string, number>

/** Stands between the names of a product; no text of a dimension holds blanks. */
const AND = ' * '

const number = (value: number): Terms => new Map(value === 0 ? [] : [['', value]])
const factorsOf = (product: string): string[] => (product === '' ? [] : product.split(AND))

function plus(a: Terms, b: Terms): Terms {
  const sum = new Map(a)
  for (const [product, count] of b) {
    const total = (sum.get(product) ?? 0) + count
    if (total === 0) sum.delete(product)
    else sum.set(product, total)
  }
  return sum
}

function times(a: Terms, b: Terms): Terms {
  let sum: Terms = new Map()
  for (const [left, m] of a) {
    for (const [right, n] of b) {
      const product = [...factorsOf(left), ...factorsOf(right)].sort().join(AND)
      sum = plus(sum, new Map([[product, m * n]]))
    }
  }
  return sum
}

/** Terms divided by one term; undefined where one of them does not divide. */
function divided(terms: Terms, [divisor, by]: readonly [string, number]): Dim | undefined {
  const quotient = new Map<string, number>()
  for (const [product, count] of terms) {
    const left = factorsOf(product)
    for (const factor of factorsOf(divisor)) {
      const at = left.indexOf(factor)
      if (at < 0) return undefined
      left.splice(at, 1)
    }
    if (count % by !== 0) return undefined
    quotient.set(left.join(AND), count / by)
  }
  return write(quotient)
}

/** floor((4*H+H+3)/2) -> 2*H+1+floor((H+1)/2); floor((2*H+1)/4) -> floor(H/2); floor((floor(H/2)+1)/2) ->
 *  floor((H+2)/4) */
function floored(terms: Terms, divisor: number): Terms {
  const each = [...terms].map(([product, count]) => [product, count, Math.floor(count / divisor)] as const)
  const whole = new Map(
    each.filter(([, , times]) => times !== 0).map(([product, , times]) => [product, times]),
  )
  const rest = new Map(
    each
      .map(([product, count, times]) => [product, count - times * divisor] as const)
      .filter(([, left]) => left !== 0),
  )
  const open = [...rest].filter(([product]) => product !== '')
  if (open.length === 0) return whole
  return plus(whole, flooredRest(rest, open, divisor))
}

/** All counts are from 1 to the divisor less 1. */
function flooredRest(rest: Terms, open: readonly (readonly [string, number])[], divisor: number): Terms {
  const more = rest.get('') ?? 0
  const common = open.reduce((divides, [, count]) => greatestCommon(divides, count), divisor)
  if (common > 1) {
    const smaller = open.map(([product, count]) => [product, count / common] as const)
    return floored(plus(new Map(smaller), number(Math.floor(more / common))), divisor / common)
  }
  const [[product, count]] = open as [[string, number]]
  const inner = open.length === 1 && count === 1 ? /^floor\((.*)\/(\d+)\)$/.exec(product) : null
  if (inner !== null && !product.includes(AND)) {
    const [, text = '', by = ''] = inner
    return floored(plus(read(text), number(more * Number(by))), divisor * Number(by))
  }
  const text = String(write(rest))
  return new Map([[`floor(${/[+-]/.test(text) ? `(${text})` : text}/${divisor})`, 1]])
}

const greatestCommon = (a: number, b: number): number => (b === 0 ? a : greatestCommon(b, a % b))

/** Products of most names first, the number last. */
function write(terms: Terms): Dim {
  if ([...terms.keys()].every((product) => product === '')) return terms.get('') ?? 0
  const ordered = [...terms].sort(([a], [b]) => factorsOf(b).length - factorsOf(a).length || (a < b ? -1 : 1))
  return ordered
    .map(([product, count], i) => `${sign(count, i)}${termText(product, Math.abs(count))}`)
    .join('')
}

const sign = (count: number, place: number): string => (count < 0 ? '-' : place === 0 ? '' : '+')

function termText(product: string, count: number): string {
  const factors = factorsOf(product)
  return (count === 1 && factors.length > 0 ? factors : [count, ...factors]).join('*')
}

/** The terms of a text, with lengths in the place of the names that have one. */
function read(dim: Dim, sizes: Sizes = {}): Terms {
  if (typeof dim === 'number') return number(dim)
  const words = dim.match(/\w+|[^\w\s]/g) ?? []
  let at = 0
  const take = (word: string): boolean => words[at] === word && ++at > 0
  const sum = (): Terms => {
    let total = product()
    for (;;) {
      if (take('+')) total = plus(total, product())
      else if (take('-')) total = plus(total, times(product(), number(-1)))
      else return total
    }
  }
  const product = (): Terms => {
    let total = factor()
    while (take('*')) total = times(total, factor())
    return total
  }
  const factor = (): Terms => {
    if (take('-')) return times(factor(), number(-1))
    const isFloor = take('floor')
    if (take('(')) {
      const inner = sum()
      const by = isFloor && take('/') ? Number(words[at++]) : 1
      assert(take(')'), `'${dim}' is no dimension`)
      return floored(inner, by)
    }
    const word = words[at++] ?? ''
    if (/^\d+$/.test(word)) return number(Number(word))
    return sizes[word] === undefined ? new Map([[word, 1]]) : number(sizes[word])
  }
  const terms = sum()
  assert(at === words.length, `'${dim}' is no dimension`)
  return terms
}

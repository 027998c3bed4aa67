/** Arithmetic on dimensions that may be open: `N`, `49*N`. Only what shape rules need. */
import assert from 'node:assert/strict'
import type { Dim } from './graph.ts'

export const sameDim = (a: Dim, b: Dim): boolean => a === b

/** The product of dimensions; at most one may be open. */
export function dimProduct(dims: readonly Dim[]): Dim {
  let factor = 1
  let open: string | undefined
  for (const dim of dims) {
    if (typeof dim === 'number') {
      factor *= dim
      continue
    }
    assert(open === undefined, `two open dimensions in [${dims}]`)
    const star = dim.indexOf('*')
    factor *= star < 0 ? 1 : Number(dim.slice(0, star))
    open = dim.slice(star + 1)
  }
  if (open === undefined) return factor
  return factor === 1 ? open : `${factor}*${open}`
}

/** The sum of dimensions; one that is open stays open only if nothing is added to it. */
export function dimAdd(dims: readonly Dim[]): Dim {
  const parts = dims.filter((dim) => dim !== 0)
  if (parts.length === 1) return parts[0] as Dim
  let total = 0
  for (const dim of parts) {
    assert(typeof dim === 'number', `an open dimension cannot be lengthened: [${dims}]`)
    total += dim
  }
  return total
}

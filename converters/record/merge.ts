/** Two recordings of one function, with two batch sizes, as one graph with an open batch `N`. */
import assert from 'node:assert/strict'
import { RoentgenError } from '../../errors.ts'
import { Draft } from '../graph/draft.ts'
import type { Constant, Dim, Graph, Node } from '../graph/graph.ts'
import { counts, openAxis, Rows } from './rows.ts'

type Batches = readonly [number, number]

/** @throws ROE_BATCH_FIXED where something other than a shape depends on the batch */
export function mergeRecordings(first: Graph, second: Graph, batches: Batches): Graph {
  if (first.nodes.length !== second.nodes.length)
    refuse('the model', 'it runs other operations for another batch size')
  const merged = new Draft()
  merged.reserve(first.nodes.map(({ name }) => name))
  for (const name of first.inputs) {
    const [a, b] = [first.types.get(name)!, second.types.get(name)!]
    merged.input(name, {
      dtype: a.dtype,
      shape: a.shape.map((dim, i) => mergeDim(name, dim, b.shape[i] ?? 0, batches)),
    })
  }
  const rows = new Rows(merged)
  for (const [name, constant] of first.constants) {
    const nodes = readers(first, name)
    // A weight that was read in another shape only.
    if (nodes.length === 0 && !first.outputs.includes(name)) continue
    const other = second.constants.get(name)
    const axis = openAxis(constant, other, batches)
    if (axis !== undefined) rows.constant(name, constant, axis)
    else if (counts(constant, other, batches)) rows.count(name, constant)
    else assert.equal(merged.constant(name, mergeConstant(name, constant, other, nodes, batches)), name)
  }
  first.nodes.forEach((node, i) => {
    if (!sameNode(node, second.nodes[i]!))
      refuse(node.name, 'the operation has other attributes for another batch size')
    try {
      const axis = openedBy(node, first, second)
      if (axis === undefined) merged.append(node)
      else rows.node(node, axis)
    } catch (error) {
      if (error instanceof RoentgenError) throw error
      refuse(node.name, (error as Error).message)
    }
  })
  merged.outputs = [...first.outputs]
  return merged.freeze()
}

/** The axis that an Expand gives the length of the batch; `mergeConstant` has written 1 in its place. */
function openedBy(node: Node, first: Graph, second: Graph): number | undefined {
  if (node.op !== 'Expand') return undefined
  const [a, b] = [first, second].map((graph) => graph.constants.get(node.inputs[1]!)!.data)
  const axis = a!.findIndex((size, i) => size !== b![i])
  return axis < 0 ? undefined : axis
}

const refuse = (where: string, problem: string): never => {
  throw new RoentgenError('ROE_BATCH_FIXED', { where, problem })
}

const sameNode = (a: Node, b: Node): boolean => JSON.stringify(a) === JSON.stringify(b)

const readers = (graph: Graph, value: string): Node[] =>
  graph.nodes.filter((node) => node.inputs.includes(value))

/** The multiple of the batch that is `a` in the first recording and `b` in the second; undefined if none is. */
function multipleOf(a: number, b: number, [first, second]: Batches): number | undefined {
  const factor = a / first
  return Number.isInteger(factor) && factor * second === b ? factor : undefined
}

function mergeDim(name: string, a: Dim, b: Dim, batches: Batches): Dim {
  if (a === b) return a
  const factor = multipleOf(Number(a), Number(b), batches)
  if (factor === undefined)
    return refuse(name, `a dimension is ${a} for a batch of ${batches[0]} and ${b} for ${batches[1]}`)
  return factor === 1 ? 'N' : `${factor}*N`
}

/** Equal constants stay; the shape of a Reshape may hold one multiple of the batch, which becomes -1. */
function mergeConstant(
  name: string,
  a: Constant,
  b: Constant | undefined,
  nodes: Node[],
  batches: Batches,
): Constant {
  if (b === undefined) return refuse(name, 'it has other constants for another batch size')
  if (a.data === b.data || (sameValues(a, b) && String(a.shape) === String(b.shape))) return a
  const isShapeOf = (op: string): boolean =>
    nodes.length > 0 && nodes.every((node) => node.op === op && node.inputs[1] === name)
  if (!(isShapeOf('Reshape') || isShapeOf('Expand')) || a.data.length !== b.data.length)
    return refuse(name, 'a constant changes with the batch size')
  const values = Array.from(a.data, Number)
  const changing = values.flatMap((value, i) => (value === Number(b.data[i]) ? [] : [i]))
  const [open, ...more] = changing
  const factor = open === undefined ? undefined : multipleOf(values[open] ?? 0, Number(b.data[open]), batches)
  const expands = isShapeOf('Expand')
  if (open === undefined || more.length > 0 || factor === undefined || (expands && factor !== 1))
    return refuse(name, `a reshape to [${values}] becomes [${Array.from(b.data, Number)}]`)
  return { ...a, data: BigInt64Array.from(values.with(open, expands ? 1 : -1), BigInt) }
}

const sameValues = (a: Constant, b: Constant): boolean =>
  a.data.length === b.data.length && a.data.every((value, i) => Object.is(value, b.data[i]))

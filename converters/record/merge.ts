/** Two recordings of one function, with two batch sizes, as one graph with an open batch `N`. */
import { RoentgenError } from '../../errors.ts'
import { Draft } from '../graph/draft.ts'
import type { Constant, Dim, Graph, Node } from '../graph/graph.ts'

type Batches = readonly [number, number]

/** @throws ROE_BATCH_FIXED where something other than a shape depends on the batch */
export function mergeRecordings(first: Graph, second: Graph, batches: Batches): Graph {
  const merged = new Draft()
  if (first.nodes.length !== second.nodes.length)
    refuse('the model', 'it runs other operations for another batch size')
  for (const name of first.inputs) {
    const [a, b] = [first.types.get(name)!, second.types.get(name)!]
    merged.input(name, {
      dtype: a.dtype,
      shape: a.shape.map((dim, i) => mergeDim(name, dim, b.shape[i] ?? 0, batches)),
    })
  }
  for (const [name, constant] of first.constants) {
    // A weight that was read in another shape only.
    if (readers(first, name).length === 0 && !first.outputs.includes(name)) continue
    merged.constant(
      name,
      mergeConstant(name, constant, second.constants.get(name), readers(first, name), batches),
    )
  }
  first.nodes.forEach((node, i) => {
    if (!sameNode(node, second.nodes[i]!))
      refuse(node.name, 'the operation has other attributes for another batch size')
    try {
      merged.append(node)
    } catch (error) {
      refuse(node.name, (error as Error).message)
    }
  })
  merged.outputs = [...first.outputs]
  return merged.freeze()
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
  const isShape = nodes.every((node) => node.op === 'Reshape' && node.inputs[1] === name)
  if (!isShape || a.data.length !== b.data.length)
    return refuse(name, 'a constant changes with the batch size')
  const values = Array.from(a.data, Number)
  const changing = values.flatMap((value, i) => (value === Number(b.data[i]) ? [] : [i]))
  const [open, ...more] = changing
  if (
    open === undefined ||
    more.length > 0 ||
    multipleOf(values[open] ?? 0, Number(b.data[open]), batches) === undefined
  ) {
    return refuse(name, `a reshape to [${values}] becomes [${Array.from(b.data, Number)}]`)
  }
  return { ...a, data: BigInt64Array.from(values.with(open, -1), BigInt) }
}

const sameValues = (a: Constant, b: Constant): boolean =>
  a.data.length === b.data.length && a.data.every((value, i) => Object.is(value, b.data[i]))

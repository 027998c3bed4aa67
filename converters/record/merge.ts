/** Two recordings of one function, with two batch sizes, as one graph with an open batch `N`. */
import assert from 'node:assert/strict'
import { RoentgenError } from '../../errors.ts'
import { Draft } from '../graph/draft.ts'
import type { Constant, Dim, Graph, Node } from '../graph/graph.ts'
import { DTYPE_NUMBERS } from '../graph/operators.ts'

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

/** Values with the batch in one dimension along which they are all the same, such as the zeros that a recurrent layer
 *  begins with: one row, given to each film. ONNX's Where broadcasts, and whatever its condition is, both of its values
 *  are that row; so the condition only has to be as long as the batch. */
class Rows {
  readonly #to: Draft
  #condition: string | undefined

  constructor(to: Draft) {
    this.#to = to
  }

  /** A constant that is written for one film only. Truth values are counted on the way: Where does not take them. */
  constant(name: string, constant: Constant, axis: number): void {
    const row = rowOf(constant, axis)
    if (constant.dtype === 'bool') this.#truth(name, row, axis)
    else this.#spread(name, name, this.#to.constant(`${name}/row`, row), axis)
  }

  #truth(name: string, row: Constant, axis: number): void {
    const ones: Constant = { dtype: 'int32', shape: row.shape, data: Int32Array.from(row.data, Number) }
    const whole = this.#to.freeName(`${name}/whole`)
    this.#spread(whole, whole, this.#to.constant(`${name}/row`, ones), axis)
    const attributes = { to: DTYPE_NUMBERS.bool }
    this.#to.append({ name, op: 'Cast', inputs: [whole], outputs: [name], attributes })
  }

  /** The numbers of the films, 0, 1, 2…: how many ones stand before each. */
  count(name: string, { dtype, shape }: Constant): void {
    const axis = shape.findIndex((size) => size !== 1)
    const one = dtype === 'float32' ? Float32Array.of(1) : Int32Array.of(1)
    const ones = { dtype, shape: shape.map(() => 1), data: one }
    const spread = this.#to.freeName(`${name}/ones`)
    this.#spread(spread, spread, this.#to.constant(`${name}/one`, ones), axis)
    const along = this.#to.scalar(`${name}/axis`, axis, 'int32')
    const attributes = { exclusive: 1, reverse: 0 }
    this.#to.append({ name, op: 'CumSum', inputs: [spread, along], outputs: [name], attributes })
  }

  /** An Expand whose shape has the batch at `axis`. */
  node(node: Node, axis: number): void {
    const name = this.#to.freeName(`${node.name}/row`)
    this.#to.append({ ...node, name, outputs: [name] })
    this.#spread(node.name, node.outputs[0]!, name, axis)
  }

  #spread(name: string, output: string, row: string, axis: number): void {
    const rank = this.#to.typeOf(row).shape.length
    const shape = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1))
    const condition = this.#to.add(
      'Reshape',
      [this.#batch(), this.#to.integers(`${name}/shape`, shape)],
      {},
      `${name}/batch`,
    )
    this.#to.append({ name, op: 'Where', inputs: [condition, row, row], outputs: [output], attributes: {} })
  }

  /** [N], bool, made of an input; its values do not matter. */
  #batch(): string {
    this.#condition ??= this.#makeBatch()
    return this.#condition
  }

  #makeBatch(): string {
    const to = this.#to
    const input = to.inputs.find((name) => to.typeOf(name).shape[0] === 'N')
    if (input === undefined) return refuse('the model', 'a constant changes with the batch size')
    const rest = to.typeOf(input).shape.slice(1)
    const per = (value: number, what: string): string =>
      to.integers(
        `batch/${what}`,
        rest.map(() => value),
      )
    const axes = to.integers(
      'batch/axes',
      rest.map((_, i) => i + 1),
    )
    const one =
      rest.length === 0
        ? input
        : to.add('Slice', [input, per(0, 'starts'), per(1, 'ends'), axes, per(1, 'steps')], {}, 'batch/first')
    const flat = to.add('Reshape', [one, to.integers('batch/shape', [-1])], {}, 'batch/flat')
    return to.add('Cast', [flat], { to: DTYPE_NUMBERS.bool }, 'batch')
  }
}

/** The first row along an axis. */
function rowOf({ dtype, shape, data }: Constant, axis: number): Constant {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1)
  const row = new (data.constructor as new (length: number) => typeof data)(outer * inner)
  for (let i = 0; i < row.length; i++) {
    row[i] = data[Math.floor(i / inner) * inner * shape[axis]! + (i % inner)] as never
  }
  return { dtype, shape: shape.with(axis, 1), data: row }
}

/** The one axis in which two constants differ as their batches do, if both are the same row all along it. */
function openAxis(a: Constant, b: Constant | undefined, [first, second]: Batches): number | undefined {
  if (b === undefined || a.shape.length !== b.shape.length) return undefined
  const changing = a.shape.flatMap((size, axis) => (size === b.shape[axis] ? [] : [axis]))
  const [axis, ...more] = changing
  if (axis === undefined || more.length > 0) return undefined
  if (a.shape[axis] !== first || b.shape[axis] !== second) return undefined
  const row = rowOf(a, axis)
  return [a, b].every((constant) => isRepeated(constant, row, axis)) ? axis : undefined
}

/** Whether both constants are 0, 1, 2… up to their batch, along one axis. */
function counts(a: Constant, b: Constant | undefined, batches: Batches): boolean {
  return [a, b].every(
    (constant, i) =>
      constant !== undefined &&
      (constant.dtype === 'int32' || constant.dtype === 'float32') &&
      constant.shape.includes(batches[i]!) &&
      constant.data.length === batches[i] &&
      constant.data.every((value, at) => value === at),
  )
}

function isRepeated({ shape, data }: Constant, row: Constant, axis: number): boolean {
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  const block = inner * shape[axis]!
  return data.every((value, i) => Object.is(value, row.data[Math.floor(i / block) * inner + (i % inner)]))
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

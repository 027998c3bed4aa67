/** Constants of a recording that are as long as its batch: one row for all films, or the films' own numbers. */
import assert from 'node:assert/strict'
import type { Draft } from '../graph/draft.ts'
import type { Constant, Node } from '../graph/graph.ts'
import { DTYPE_NUMBERS } from '../graph/operators.ts'

/** Values with the batch in one dimension along which they are all the same, such as the zeros that a recurrent layer
 *  begins with: one row, given to each film. ONNX's Where broadcasts, and whatever its condition is, both of its values
 *  are that row; so the condition only has to be as long as the batch. */
export class Rows {
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
    assert(input !== undefined, 'no input has an open batch')
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
export function openAxis(
  a: Constant,
  b: Constant | undefined,
  [first, second]: readonly [number, number],
): number | undefined {
  if (b === undefined || a.shape.length !== b.shape.length) return undefined
  const changing = a.shape.flatMap((size, axis) => (size === b.shape[axis] ? [] : [axis]))
  const [axis, ...more] = changing
  if (axis === undefined || more.length > 0) return undefined
  if (a.shape[axis] !== first || b.shape[axis] !== second) return undefined
  const row = rowOf(a, axis)
  return [a, b].every((constant) => isRepeated(constant, row, axis)) ? axis : undefined
}

/** Whether both constants are 0, 1, 2… up to their batch, along one axis. */
export function counts(a: Constant, b: Constant | undefined, batches: readonly [number, number]): boolean {
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

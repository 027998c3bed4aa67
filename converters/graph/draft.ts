/** A graph while it is being written: the recorder and the rewrite rules add nodes here, types are inferred as they
 *  come, and `freeze` hands out the immutable graph. */
import assert from 'node:assert/strict'
import type { Attributes, Constant, Graph, Node, TensorType } from './graph.ts'
import { type OperatorName, operatorOf } from './operators.ts'

export class Draft {
  readonly inputs: string[] = []
  outputs: string[] = []
  readonly nodes: Node[] = []
  readonly constants = new Map<string, Constant>()
  readonly types = new Map<string, TensorType>()
  readonly #taken = new Set<string>()
  /** Names that nodes yet to come will have: no new name may be one of them. */
  readonly #reserved = new Set<string>()

  /** Keeps names for the nodes that have them already; `nameLike` and `append` give them out. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#reserved.add(name)
  }

  /** Declares an input of the graph. */
  input(name: string, type: TensorType): string {
    this.inputs.push(this.#claim(name))
    this.types.set(name, type)
    return name
  }

  /** Adds a constant under this name, or the next free one like it.
   *  @returns its name */
  constant(name: string, constant: Constant): string {
    const free = this.#claim(this.freeName(name))
    this.constants.set(free, constant)
    this.types.set(free, { dtype: constant.dtype, shape: constant.shape })
    return free
  }

  /** int64 constants: shapes, axes, pads. */
  integers(name: string, values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt)
    return this.constant(name, { dtype: 'int64', shape: [values.length], data })
  }

  /** A constant without dimensions. */
  scalar(name: string, value: number, dtype: 'float32' | 'int32' = 'float32'): string {
    const data = dtype === 'int32' ? Int32Array.of(value) : Float32Array.of(value)
    return this.constant(name, { dtype, shape: [], data })
  }

  /** Adds a node with one output; its name, and the output's, are `name` or the next free one like it.
   *  @returns the name of the output */
  add(op: OperatorName, inputs: readonly string[], attributes: Attributes = {}, name: string = op): string {
    const free = this.#claim(this.freeName(name))
    this.append({ name: free, op, inputs, outputs: [free], attributes })
    return free
  }

  /** Adds a node with several outputs, called after it and numbered from the second on.
   *  @returns the names of the outputs */
  addAll(
    op: OperatorName,
    inputs: readonly string[],
    attributes: Attributes,
    count: number,
    name: string = op,
  ): string[] {
    const free = this.#claim(this.freeName(name))
    const more = Array.from({ length: count - 1 }, (_, i) =>
      this.#claim(this.freeName(`${free}/output${i + 1}`)),
    )
    const outputs = [free, ...more]
    this.append({ name: free, op, inputs, outputs, attributes })
    return outputs
  }

  /** Adds a node as it is; its outputs must not exist yet, or be claimed by `add`. */
  append(node: Node): void {
    const types = inferNode(node, this.types, this.constants)
    node.outputs.forEach((output, i) => {
      assert(!this.types.has(output), `'${output}' is written twice`)
      this.#taken.add(output)
      this.types.set(output, types[i]!)
    })
    this.#taken.add(node.name)
    this.nodes.push(node)
  }

  freeName(wanted: string): string {
    if (this.#isFree(wanted)) return wanted
    let count = 1
    while (!this.#isFree(`${wanted}_${count}`)) count++
    return `${wanted}_${count}`
  }

  /** The name of a node that is replaced, or the next free one like it. */
  nameLike({ name }: Node): string {
    return this.#taken.has(name) ? this.freeName(name) : name
  }

  #isFree(name: string): boolean {
    return !this.#taken.has(name) && !this.#reserved.has(name)
  }

  #claim(name: string): string {
    assert(!this.#taken.has(name), `the name '${name}' is taken`)
    this.#taken.add(name)
    return name
  }

  typeOf(value: string): TensorType {
    const type = this.types.get(value)
    assert(type, `no value '${value}'`)
    return type
  }

  freeze(): Graph {
    const { inputs, outputs, nodes, constants, types } = this
    return { inputs, outputs, nodes, constants, types }
  }
}

/** The types of a node's outputs by its operator's row.
 *  @throws AssertionError with the node's name when it breaks the row */
export function inferNode(
  node: Node,
  types: ReadonlyMap<string, TensorType>,
  constants: ReadonlyMap<string, Constant>,
): readonly TensorType[] {
  const operator = operatorOf(node.op)
  assert(operator, `node '${node.name}': no operator '${node.op}'`)
  const [least, most] = operator.arity
  const count = node.inputs.length
  assert(
    count >= least && count <= most,
    `node '${node.name}': ${node.op} takes ${least} to ${most} inputs, not ${count}`,
  )
  for (const [key, value] of Object.entries(node.attributes)) {
    assert(key in operator.attributes, `node '${node.name}': ${node.op} has no attribute '${key}'`)
    // Damaged files have null among their strides.
    const isGiven = [value]
      .flat()
      .every((part) => typeof part === 'string' || (typeof part === 'number' && !Number.isNaN(part)))
    assert(isGiven, `node '${node.name}': attribute '${key}' of ${node.op} is ${JSON.stringify(value)}`)
  }
  const inputs = node.inputs.map((name) => {
    if (name === '') return undefined
    const type = types.get(name)
    assert(type, `node '${node.name}' reads '${name}', which nothing writes`)
    return type
  })
  try {
    const inferred = [
      operator.infer({
        inputs,
        constants: node.inputs.map((name) => constants.get(name)),
        attributes: node.attributes,
      }),
    ].flat()
    assert(node.outputs.length <= inferred.length, `it has ${inferred.length} outputs at most`)
    return inferred
  } catch (error) {
    throw new assert.AssertionError({
      message: `node '${node.name}' (${node.op}): ${(error as Error).message}`,
    })
  }
}

/** The graph between tfjs and ONNX: typed, immutable, printable. It speaks ONNX's vocabulary only.
 *  Building is `draft.ts`, checking `check.ts`, operators and their shape rules `operators.ts`. */

import { fromHalf } from './float16.ts'

/** A number, or what is computed of the names of open dimensions: `N`, `49*N`, `floor((H+1)/2)`; see `dims.ts`. */
export type Dim = number | string
export type Shape = readonly Dim[]

/** The name of an open first dimension of an input: one batch for all inputs. */
export const BATCH = 'N'

export type DType = 'float32' | 'float16' | 'int32' | 'int64' | 'uint8' | 'bool'

export interface TensorType {
  dtype: DType
  shape: Shape
  /** What an int64 list of lengths holds, where it was made of open dimensions. */
  lengths?: Shape
}

/** Values known at conversion; row-major. */
export interface Constant {
  dtype: DType
  shape: readonly number[]
  /** Half precision as its bits. */
  data: Float32Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array
}

export type Attribute = number | string | readonly number[]
/** Floats and integers are told apart by the operator's row, not by their JavaScript type. */
export type Attributes = Readonly<Record<string, Attribute>>

export interface Node {
  /** Unique; made from the layer it came from. */
  name: string
  op: string
  /** Names of values; an empty name stands for an optional input left out. */
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Attributes
}

export interface Graph {
  /** Names of the inputs, in order; their types are in `types`. */
  inputs: readonly string[]
  outputs: readonly string[]
  /** In topological order. */
  nodes: readonly Node[]
  constants: ReadonlyMap<string, Constant>
  /** The type of every value: inputs, constants, and each node's outputs. */
  types: ReadonlyMap<string, TensorType>
}

const SHORT: Record<DType, string> = {
  float32: 'f32',
  float16: 'f16',
  int32: 'i32',
  int64: 'i64',
  uint8: 'u8',
  bool: 'bool',
}

/** `f32[N,224,224,3]` */
export const typeText = ({ dtype, shape }: TensorType): string => `${SHORT[dtype]}[${shape.join(',')}]`

/** The one text form of a graph, a line a node; used in errors, tests and `--verbose`. */
export function graphText(graph: Graph): string {
  const typed = (value: string): string => `${value}: ${typeText(graph.types.get(value) ?? unknown)}`
  const named = (value: string): string =>
    graph.constants.has(value) ? constantText(value, graph) : `%${value}`
  return [
    `inputs ${graph.inputs.map(typed).join(', ')}`,
    ...graph.nodes.map(
      (node) =>
        `  ${node.outputs.map((output) => `%${typed(output)}`).join(', ')} = ${node.op}(${node.inputs.map(named).join(', ')})${attributesText(node.attributes)}`,
    ),
    `outputs ${graph.outputs.map(typed).join(', ')}`,
  ].join('\n')
}

const unknown: TensorType = { dtype: 'float32', shape: ['?'] }

const attributesText = (attributes: Attributes): string => {
  const entries = Object.entries(attributes)
  return entries.length === 0
    ? ''
    : ` {${entries.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')}}`
}

/** Small constants are shown whole, large ones by name and type. */
function constantText(name: string, graph: Graph): string {
  const constant = graph.constants.get(name)
  if (constant === undefined || constant.data.length > 4) return `${name}: ${typeText(constant ?? unknown)}`
  const { dtype, data } = constant
  const values = Array.from<number | bigint, string>(data, (value) =>
    typeof value === 'bigint'
      ? String(value)
      : String(Number((dtype === 'float16' ? fromHalf(value) : value).toPrecision(6))),
  )
  return `${SHORT[constant.dtype]}(${values.join(' ')})`
}

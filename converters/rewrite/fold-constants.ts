/** Nodes of which every input is known are computed at conversion, by ONNX Runtime itself, all in one small model: so a
 *  folded value is what the file would have given. Whatever the batch stands in depends on an input and is left alone. */

import { toHalves } from '../graph/float16.ts'
import type { Constant, DType, Graph, Node, TensorType } from '../graph/graph.ts'
import { encodeModel } from '../onnx/encode.ts'
import { type Computed, runOnnx } from '../onnx/runner.ts'
import { dropDeadNodes } from './drop-dead-nodes.ts'

/** Larger values stay nodes, which cost less to keep than to hold again [bytes]. */
const LARGEST = 2 ** 24
/** A node may not make more of its inputs than this, unless it is little: an Expand, a Tile [bytes]. */
const LITTLE = 2 ** 12

/** @returns the same graph where nothing could be computed */
export async function foldConstants(graph: Graph): Promise<Graph> {
  const folded = foldable(graph)
  if (folded.size === 0) return graph
  const isRead = new Set(graph.nodes.filter((node) => !folded.has(node)).flatMap(({ inputs }) => inputs))
  const outputs = [...folded].flatMap((node) => node.outputs).filter((value) => isRead.has(value))
  const [values] = await runOnnx(encodeModel(dropDeadNodes({ ...graph, inputs: [], outputs })), [[]])
  const constants = new Map<string, Constant>([...graph.constants])
  for (const name of outputs) constants.set(name, constantOf(graph.types.get(name)!, values!.get(name)!))
  return dropDeadNodes({ ...graph, constants, nodes: graph.nodes.filter((node) => !folded.has(node)) })
}

/** How many bytes a value of each type takes, and how values are held; ONNX Runtime gives all of them as numbers. */
const TYPES: Readonly<
  Record<DType, [bytes: number, hold: (numbers: ArrayLike<number>) => Constant['data']]>
> = {
  float32: [4, (numbers) => Float32Array.from(numbers)],
  float16: [2, (numbers) => toHalves(Float32Array.from(numbers)).data],
  int32: [4, (numbers) => Int32Array.from(numbers)],
  int64: [8, (numbers) => BigInt64Array.from(Array.from(numbers, BigInt))],
  uint8: [1, (numbers) => Uint8Array.from(numbers)],
  bool: [1, (numbers) => Uint8Array.from(numbers)],
}

const constantOf = ({ dtype, shape }: TensorType, { data }: Computed): Constant => ({
  dtype,
  shape: shape.map(Number),
  data: TYPES[dtype][1](data),
})

/** Nodes whose inputs are constants, or written by such nodes. One that writes an output stays: an output is written. */
function foldable(graph: Graph): Set<Node> {
  const known = new Set(graph.constants.keys())
  const nodes = new Set<Node>()
  for (const node of graph.nodes) {
    if (node.outputs.some((output) => graph.outputs.includes(output))) continue
    if (!node.inputs.every((value) => value === '' || known.has(value)) || !isWorthIt(node, graph)) continue
    nodes.add(node)
    for (const output of node.outputs) known.add(output)
  }
  return nodes
}

function isWorthIt({ inputs, outputs }: Node, { types }: Graph): boolean {
  const size = (value: string): number => (value === '' ? 0 : sizeBytes(types.get(value)!))
  const [read, written] = [inputs, outputs].map((values) =>
    values.reduce((sum, value) => sum + size(value), 0),
  ) as [number, number]
  return Math.max(read, written) <= LARGEST && (written <= LITTLE || written <= read)
}

const sizeBytes = ({ dtype, shape }: TensorType): number =>
  shape.reduce<number>((size, dim) => size * Number(dim), TYPES[dtype][0])

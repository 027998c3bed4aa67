/** A graph as an opset of ONNX can say it. The graph speaks opset 18; every later one reads its forms with the same
 *  meaning, older ones need other forms of some operators, and cannot say others. Both stand in the operators' rows. */
import { RoentgenError } from '../../errors.ts'
import { checkGraph } from './check.ts'
import { Draft } from './draft.ts'
import type { Graph, Node } from './graph.ts'
import { operatorOf } from './operators.ts'
import type { Call, Operator } from './shape-rules.ts'

/** Each opset that is written, with the version of the file format that came with it.
 *  @source onnx/docs/Versioning.md */
export const IR_VERSIONS = {
  13: 7,
  14: 7,
  15: 8,
  16: 8,
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
  22: 10,
} as const

export type Opset = keyof typeof IR_VERSIONS

export const OPSETS = Object.keys(IR_VERSIONS).map(Number) as readonly Opset[]

/** Read by every ONNX Runtime since 1.14. */
export const DEFAULT_OPSET = 18

/** @returns the same function in forms of that opset; the graph itself where it needs no other
 *  @throws ROE_OPSET naming the node that needs the highest opset, where that is above this one */
export function atOpset(graph: Graph, opset: Opset): Graph {
  const rows = graph.nodes.map((node) => rowOf(node, graph))
  requireOpset(rows, opset)
  if (rows.every(({ operator }) => opset >= (operator.older?.below ?? 0))) return graph
  const nodes = rows.flatMap(({ node, operator: { older }, call }) =>
    older === undefined || opset >= older.below ? [node] : older.write(node, call),
  )
  const written = withNodes(graph, nodes)
  checkGraph(written, `writing opset ${opset}`)
  return written
}

/** The graph with other nodes, and the constants that they read. */
function withNodes(graph: Graph, nodes: readonly Node[]): Graph {
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs])
  const to = new Draft()
  for (const name of graph.inputs) to.input(name, graph.types.get(name)!)
  for (const [name, constant] of graph.constants) if (read.has(name)) to.constant(name, constant)
  for (const node of nodes) to.append(node)
  to.outputs = [...graph.outputs]
  return to.freeze()
}

interface Row {
  node: Node
  operator: Operator
  call: Call
}

function rowOf(node: Node, { types, constants }: Graph): Row {
  const call = {
    inputs: node.inputs.map((name) => types.get(name)),
    constants: node.inputs.map((name) => constants.get(name)),
    attributes: node.attributes,
  }
  return { node, operator: operatorOf(node.op)!, call }
}

function requireOpset(rows: readonly Row[], opset: Opset): void {
  const needs = rows.map(({ operator: { since }, call }) => (typeof since === 'number' ? since : since(call)))
  const most = Math.max(0, ...needs)
  if (most <= opset) return
  const { node } = rows[needs.indexOf(most)]!
  throw new RoentgenError('ROE_OPSET', { where: `node '${node.name}'`, op: node.op, opset, needs: most })
}

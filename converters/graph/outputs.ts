/** Gives the outputs of a graph the names that its users see. */
import type { Graph } from './graph.ts'

/** @param names  one for each output; the values, and the nodes that write them, are renamed.
 *    An output that is an input, a constant, or another output too gets an Identity of its own. */
export function renameOutputs(graph: Graph, names: readonly string[]): Graph {
  return names.reduce((renamed, name, index) => renameOutput(renamed, index, name), graph)
}

function renameOutput(graph: Graph, index: number, name: string): Graph {
  const old = graph.outputs[index]
  const type = old === undefined ? undefined : graph.types.get(old)
  if (old === undefined || type === undefined || old === name) return graph
  const types = new Map(graph.types)
  types.set(name, type)
  const outputs = graph.outputs.with(index, name)
  const written = graph.nodes.some((node) => node.outputs.includes(old))
  if (!written || graph.outputs.filter((output) => output === old).length > 1) {
    const identity = { name, op: 'Identity', inputs: [old], outputs: [name], attributes: {} }
    return { ...graph, outputs, types, nodes: [...graph.nodes, identity] }
  }
  types.delete(old)
  const rename = (value: string): string => (value === old ? name : value)
  const nodes = graph.nodes.map((node) => ({
    ...node,
    name: node.outputs.includes(old) ? name : node.name,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }))
  return { ...graph, outputs, types, nodes }
}

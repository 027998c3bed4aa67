/** Gives the outputs of a graph the names that its users see. */
import type { Graph } from './graph.ts'

/** @param names  one for each output; the values, and the nodes that write them, are renamed. Another value that has
 *    such a name gives way. An output that is an input, a constant, or another output too gets an Identity. */
export function renameOutputs(graph: Graph, names: readonly string[]): Graph {
  return names.reduce((renamed, name, index) => renameOutput(renamed, index, name), graph)
}

function renameOutput(given: Graph, index: number, name: string): Graph {
  const old = given.outputs[index]
  if (old === undefined || old === name) return given
  const graph = given.types.has(name) ? renameValue(given, name, freeName(given, name)) : given
  const written = graph.nodes.some((node) => node.outputs.includes(old))
  const readers = graph.outputs.filter((output) => output === old).length
  return written && readers === 1 ? renameValue(graph, old, name) : addIdentity(graph, index, old, name)
}

function addIdentity(graph: Graph, index: number, old: string, name: string): Graph {
  const identity = { name, op: 'Identity', inputs: [old], outputs: [name], attributes: {} }
  const types = new Map(graph.types).set(name, graph.types.get(old)!)
  return { ...graph, outputs: graph.outputs.with(index, name), types, nodes: [...graph.nodes, identity] }
}

function renameValue(graph: Graph, old: string, name: string): Graph {
  const now = (value: string): string => (value === old ? name : value)
  const nowKeys = <T>(map: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...map].map(([key, value]) => [now(key), value]))
  const nodes = graph.nodes.map((node) => ({
    ...node,
    name: node.outputs.includes(old) ? name : node.name,
    inputs: node.inputs.map(now),
    outputs: node.outputs.map(now),
  }))
  const { inputs, outputs, constants, types } = graph
  return { inputs, outputs: outputs.map(now), nodes, constants: nowKeys(constants), types: nowKeys(types) }
}

function freeName(graph: Graph, wanted: string): string {
  let count = 1
  while (graph.types.has(`${wanted}_${count}`)) count++
  return `${wanted}_${count}`
}

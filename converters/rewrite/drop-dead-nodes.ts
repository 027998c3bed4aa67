/** Drops nodes and constants that no output needs. Inputs stay: they are the model's signature. */
import type { Graph } from '../graph/graph.ts'

export function dropDeadNodes(graph: Graph): Graph {
  const needed = new Set(graph.outputs)
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false
      for (const input of node.inputs) needed.add(input)
      return true
    })
    .toReversed()
  const constants = new Map([...graph.constants].filter(([name]) => needed.has(name)))
  // A node with several outputs stays whole.
  const kept = new Set([...needed, ...graph.inputs, ...nodes.flatMap((node) => node.outputs)])
  const types = new Map([...graph.types].filter(([name]) => kept.has(name)))
  return { ...graph, nodes, constants, types }
}

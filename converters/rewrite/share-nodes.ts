/** Nodes that do the same with the same values become one; rules write such where several nodes read one value. */
import type { Graph, Node } from '../graph/graph.ts'
import { dropDeadNodes } from './drop-dead-nodes.ts'

export function shareNodes(graph: Graph): Graph {
  const first = new Map<string, Node>()
  const renamed = new Map<string, string>()
  const now = (value: string): string => renamed.get(value) ?? value
  const nodes = graph.nodes.map((original) => {
    const node = { ...original, inputs: original.inputs.map(now) }
    const { op, inputs, attributes, outputs } = node
    const key = JSON.stringify([op, inputs, outputs.length, Object.entries(attributes).toSorted()])
    const twin = first.get(key)
    if (twin === undefined) first.set(key, node)
    else for (const [i, output] of outputs.entries()) renamed.set(output, twin.outputs[i]!)
    return node
  })
  return renamed.size === 0 ? graph : dropDeadNodes({ ...graph, nodes, outputs: graph.outputs.map(now) })
}

/** The validity of a graph: run after recording and after each rewrite rule, so that the culprit has a name. */
import { isDeepStrictEqual } from 'node:util'
import { RoentgenError } from '../../errors.ts'
import { inferNode } from './draft.ts'
import { type Graph, graphText, type Node, typeText } from './graph.ts'

/** @param after  what was done last: `recording`, or the rule's name
 *  @throws ROE_GRAPH_INVALID naming the step and the node */
export function checkGraph(graph: Graph, after: string): void {
  const fail = (problem: string): never => {
    throw new RoentgenError(
      'ROE_GRAPH_INVALID',
      { where: `after ${after}`, problem },
      { cause: graphText(graph) },
    )
  }
  const known = new Set([...graph.inputs, ...graph.constants.keys()])
  for (const node of graph.nodes) {
    const missing = node.inputs.find((name) => name !== '' && !known.has(name))
    if (missing !== undefined) fail(`node '${node.name}' reads '${missing}' before it is written`)
    for (const output of node.outputs) {
      if (known.has(output)) fail(`'${output}' is written twice`)
      known.add(output)
    }
    checkTypes(graph, node, fail)
  }
  const lost = graph.outputs.find((name) => !known.has(name))
  if (lost !== undefined) fail(`nothing writes the output '${lost}'`)
}

function checkTypes(graph: Graph, node: Node, fail: (problem: string) => never): void {
  const declared = node.outputs.map((output) => graph.types.get(output) ?? fail(`'${output}' has no type`))
  try {
    const inferred = inferNode(node, graph.types, graph.constants)
    declared.forEach((type, i) => {
      if (isDeepStrictEqual(inferred[i], type)) return
      fail(`'${node.outputs[i]}' is declared ${typeText(type)} and computed as ${typeText(inferred[i]!)}`)
    })
  } catch (error) {
    if (error instanceof RoentgenError) throw error
    fail((error as Error).message)
  }
}

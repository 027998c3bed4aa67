/** For the comparison with the original: a graph in which every value of half precision really is rounded. ONNX Runtime's cpu
 *  provider computes in float32 from one operator to the next, and would not see what a GPU does: a sum beyond 65504. */
import { Draft } from '../graph/draft.ts'
import type { Graph, Node } from '../graph/graph.ts'
import { DTYPE_NUMBERS } from '../graph/operators.ts'

/** The same graph with a Cast to float32 and back behind every node that writes half precision; ONNX Runtime leaves out
 *  only Casts that it added itself. */
export function roundHalves(graph: Graph): Graph {
  const to = new Draft()
  to.reserve(graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]))
  for (const name of graph.inputs) to.input(name, graph.types.get(name)!)
  for (const [name, constant] of graph.constants) to.constant(name, constant)
  const now = new Map<string, string>()
  const read = (node: Node): Node => ({ ...node, inputs: node.inputs.map((name) => now.get(name) ?? name) })
  for (const node of graph.nodes) {
    to.append(read(node))
    for (const output of node.outputs) {
      if (graph.types.get(output)?.dtype !== 'float16') continue
      const full = to.add('Cast', [output], { to: DTYPE_NUMBERS.float32 }, `${output}/full`)
      now.set(output, to.add('Cast', [full], { to: DTYPE_NUMBERS.float16 }, `${output}/rounded`))
    }
  }
  to.outputs = [...graph.outputs]
  return to.freeze()
}

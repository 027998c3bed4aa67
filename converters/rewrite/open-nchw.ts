/** Prepares a graph for NCHW: a film enters as NHWC, is transposed once, and everything behind it is written as if it
 *  were transposed back; `sink-transposes` then carries that second Transpose to where it cancels. */
import { Draft } from '../graph/draft.ts'
import type { Graph } from '../graph/graph.ts'

/** Only where some node wants NCHW and does not have it yet; otherwise the pair would stay. */
export function openNchw(graph: Graph): Graph {
  const wants = graph.nodes.some(
    ({ op, inputs, attributes }) =>
      op === 'Transpose' && String(attributes.perm) === '0,3,1,2' && !graph.inputs.includes(inputs[0]!),
  )
  if (!wants) return graph
  const draft = new Draft()
  const renamed = new Map<string, string>()
  draft.reserve(graph.nodes.map(({ name }) => name))
  for (const name of graph.inputs) draft.input(name, graph.types.get(name)!)
  for (const [name, constant] of graph.constants) draft.constant(name, constant)
  for (const name of graph.inputs.filter((input) => graph.types.get(input)?.shape.length === 4)) {
    const nchw = draft.add('Transpose', [name], { perm: [0, 3, 1, 2] }, `${name}/nchw`)
    renamed.set(name, draft.add('Transpose', [nchw], { perm: [0, 2, 3, 1] }, `${name}/nhwc`))
  }
  for (const node of graph.nodes) {
    // Lengths are read from the film as it enters: they need no Transpose.
    if (node.op === 'Shape') draft.append(node)
    else draft.append({ ...node, inputs: node.inputs.map((value) => renamed.get(value) ?? value) })
  }
  draft.outputs = [...graph.outputs]
  return draft.freeze()
}

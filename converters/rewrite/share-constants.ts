/** Constants of one type, shape and content become one. Only those of equal size are compared, byte by byte and up to the
 *  first difference, so that large models cost next to nothing. */
import type { Constant, Graph } from '../graph/graph.ts'
import { dropDeadNodes } from './drop-dead-nodes.ts'

export function shareConstants(graph: Graph): Graph {
  const kept = new Map<string, [name: string, constant: Constant][]>()
  const renamed = new Map<string, string>()
  for (const [name, constant] of graph.constants) {
    const alike = getOrMake(kept, `${constant.dtype} [${constant.shape}]`)
    const twin = alike.find(([, other]) => bytesOf(other).equals(bytesOf(constant)))
    if (twin === undefined) alike.push([name, constant])
    else renamed.set(name, twin[0])
  }
  if (renamed.size === 0) return graph
  const now = (value: string): string => renamed.get(value) ?? value
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(now) }))
  return dropDeadNodes({ ...graph, nodes, outputs: graph.outputs.map(now) })
}

const bytesOf = ({ data }: Constant): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

function getOrMake<K, V>(map: Map<K, V[]>, key: K): V[] {
  const known = map.get(key) ?? []
  map.set(key, known)
  return known
}

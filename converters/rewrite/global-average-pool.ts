/** The mean over a map is the operator that ONNX Runtime keeps in its blocked layout, and that other tools know. */
import { positive } from '../graph/shape-rules.ts'
import type { Rule } from './rule.ts'

export const globalAveragePool: Rule = {
  name: 'global-average-pool',
  describe: 'ReduceMean(x: [N,C,H,W], [2,3]) -> GlobalAveragePool(x), and a Reshape without keepdims',
  apply(node, to) {
    if (node.op !== 'ReduceMean') return undefined
    const { shape } = to.typeOf(node.inputs[0]!)
    const axes = to.integers(node.inputs[1])?.map((axis) => positive(axis, shape.length))
    const isMap =
      shape.length > 3 && axes?.length === shape.length - 2 && !axes.includes(0) && !axes.includes(1)
    if (!isMap) return { refused: 'it is not the mean over a map' }
    if (node.attributes.keepdims === 1) return { value: to.add(node, 'GlobalAveragePool', [node.inputs[0]!]) }
    const kept = shape.slice(0, 2).map((dim) => (typeof dim === 'number' ? dim : -1))
    if (kept.every((size) => size === -1)) return { refused: 'a Reshape takes one open dimension' }
    const pool = to.add({ ...node, name: `${node.name}/pool` }, 'GlobalAveragePool', [node.inputs[0]!])
    return { value: to.add(node, 'Reshape', [pool, to.newIntegers(node, kept, 'shape')]) }
  },
}

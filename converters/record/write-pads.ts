/** TensorFlow's SAME padding as numbers, where they do not depend on a size that is open. Where they do (a stride of 2
 *  over H: an odd length is padded otherwise than an even one), ONNX's `SAME_UPPER` stays, which means the same. */
import { isMultipleOf } from '../graph/dims.ts'
import type { Attributes, Dim, Node, Shape } from '../graph/graph.ts'

/** @param shape  of what the window slides over, with channels first */
export function writePads(node: Node, shape: Shape): Node {
  if (node.attributes.auto_pad !== 'SAME_UPPER') return node
  const kernel = node.attributes.kernel_shape as readonly number[]
  const totals = kernel.map((size, axis) => {
    const at = (key: string): number => (node.attributes[key] as readonly number[] | undefined)?.[axis] ?? 1
    return sameTotal(shape[axis + 2]!, at('dilations') * (size - 1) + 1, at('strides'))
  })
  if (totals.includes(undefined)) return node
  const before = totals.map((total) => Math.floor(total! / 2))
  const pads = [...before, ...totals.map((total, axis) => total! - before[axis]!)]
  const entries = Object.entries(node.attributes).map(([key, value]) =>
    key === 'auto_pad' ? ['pads', pads] : [key, value],
  )
  return { ...node, attributes: Object.fromEntries(entries) as Attributes }
}

/** Padding before and behind together; undefined where it depends on an open size.
 *  @source https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2 */
function sameTotal(length: Dim, window: number, stride: number): number | undefined {
  if (isMultipleOf(length, stride)) return Math.max(window - stride, 0)
  if (typeof length === 'string') return undefined
  return Math.max((Math.ceil(length / stride) - 1) * stride + window - length, 0)
}

/** What tfjs computes for logSoftmax is one operator. The logarithm of a Softmax is not: where the share of a class is too
 *  small for a float32, that logarithm is minus infinity, and LogSoftmax gives a number. */
import type { Node } from '../graph/graph.ts'
import { positive } from '../graph/shape-rules.ts'
import type { Rewriting, Rule } from './rule.ts'

/** The one axis along which a node reduces, and keeps it as 1. */
function axisOf(node: Node | undefined, to: Rewriting): number | undefined {
  const axes = to.integers(node?.inputs[1])
  if (node === undefined || axes?.length !== 1 || node.attributes.keepdims !== 1) return undefined
  return positive(axes[0]!, to.typeOf(node.inputs[0]!).shape.length)
}

export const logSoftmax: Rule = {
  name: 'log-softmax',
  describe: 'd - Log(ReduceSum(Exp(d))) where d = x - ReduceMax(x) -> LogSoftmax(x)',
  apply(node, to) {
    if (node.op === 'Log' && to.producer(node.inputs[0])?.op === 'Softmax')
      return { refused: 'the logarithm of a share may be minus infinity' }
    if (node.op !== 'Sub') return undefined
    const [difference, log] = node.inputs.map((value) => to.producer(value))
    const sum = log?.op === 'Log' ? to.producer(log.inputs[0]) : undefined
    const exp = sum?.op === 'ReduceSum' ? to.producer(sum.inputs[0]) : undefined
    if (difference?.op !== 'Sub' || exp?.op !== 'Exp' || exp.inputs[0] !== node.inputs[0]) return undefined
    const max = to.producer(difference.inputs[1])
    if (max?.op !== 'ReduceMax' || max.inputs[0] !== difference.inputs[0])
      return { refused: 'it is not its maximum that is subtracted' }
    const axis = axisOf(sum, to)
    if (axis === undefined || axis !== axisOf(max, to))
      return { refused: 'the sum and the maximum are of other axes' }
    return { value: to.add(node, 'LogSoftmax', [difference.inputs[0]!], { axis }) }
  },
}

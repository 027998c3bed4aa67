/** Two Reshapes after each other become one. */
import type { Rule } from './rule.ts'

export const mergeReshapes: Rule = {
  name: 'merge-reshapes',
  describe: 'Reshape(Reshape(x, a), b) -> Reshape(x, b)',
  apply(node, to) {
    if (node.op !== 'Reshape') return undefined
    const before = to.producer(node.inputs[0])
    if (before?.op !== 'Reshape') return undefined
    const shape = to.integers(node.inputs[1])
    if (shape === undefined || shape.includes(0))
      return { refused: 'the second shape copies dimensions of the first' }
    return { value: to.add(node, 'Reshape', [before.inputs[0]!, node.inputs[1]!]) }
  },
}

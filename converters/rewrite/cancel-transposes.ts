/** Two Transposes after each other become one, or none. */
import { compose, isIdentity } from '../graph/permute.ts'
import type { Rule } from './rule.ts'

export const cancelTransposes: Rule = {
  name: 'cancel-transposes',
  describe: 'Transpose(Transpose(x, p), q) -> Transpose(x, p then q), or x',
  apply(node, to) {
    if (node.op !== 'Transpose') return undefined
    const before = to.producer(node.inputs[0])
    if (before?.op !== 'Transpose') return undefined
    const perm = compose(
      before.attributes.perm as readonly number[],
      node.attributes.perm as readonly number[],
    )
    return {
      value: isIdentity(perm) ? before.inputs[0]! : to.add(node, 'Transpose', before.inputs, { perm }),
    }
  },
}

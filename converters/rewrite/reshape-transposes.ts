/** A Transpose that moves nothing but axes of length 1 (the one pixel of a pooled map, the one channel of a grey film)
 *  is a Reshape, which costs nothing and merges with others. */
import { movesOnlyOnes } from '../graph/permute.ts'
import type { Rule } from './rule.ts'

export const reshapeTransposes: Rule = {
  name: 'reshape-transposes',
  describe: 'Transpose(x: [N,1,1,3], [0,3,1,2]) -> Reshape(x, [N,3,1,1])',
  apply(node, to) {
    if (node.op !== 'Transpose') return undefined
    const x = node.inputs[0]!
    const perm = node.attributes.perm as readonly number[]
    const { shape } = to.typeOf(x)
    if (!movesOnlyOnes(shape, perm)) return { refused: 'it moves axes that are longer than 1' }
    const wanted = perm.map((axis) => shape[axis]!)
    if (wanted.filter((dim) => typeof dim === 'string').length > 1)
      return { refused: 'a Reshape takes one open dimension' }
    const numbers = wanted.map((dim) => (typeof dim === 'number' ? dim : -1))
    return { value: to.add(node, 'Reshape', [x, to.newIntegers(node, numbers, 'shape')]) }
  },
}

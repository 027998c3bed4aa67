/** A Dense layer behind a Flatten reads an NHWC map; its weights are reordered once, so that it reads NCHW. */
import type { Constant } from '../graph/graph.ts'
import { invert, permute } from '../graph/permute.ts'
import type { Rule } from './rule.ts'

export const flattenByWeights: Rule = {
  name: 'flatten-by-weights',
  describe: 'MatMul(Reshape(Transpose(x, p), [N, K]), W) -> MatMul(Reshape(x, [N, K]), W reordered)',
  apply(node, to) {
    if (node.op !== 'MatMul') return undefined
    const flatten = to.producer(node.inputs[0])
    const transpose = to.producer(flatten?.inputs[0])
    if (flatten?.op !== 'Reshape' || transpose?.op !== 'Transpose') return undefined
    const weight = to.constant(node.inputs[1])
    if (weight === undefined || weight.shape.length !== 2)
      return { refused: 'the weight is not a constant matrix' }
    const perm = transpose.attributes.perm as readonly number[]
    const flat = to.typeOf(flatten.outputs[0]!).shape
    const film = to.typeOf(transpose.outputs[0]!).shape.slice(1)
    if (!film.every((dim) => typeof dim === 'number')) return { refused: 'the size of the map is open' }
    const size = film.reduce((product, dim) => product * dim, 1)
    if (perm[0] !== 0 || flat.length !== 2 || flat[1] !== size)
      return { refused: 'it does not flatten each film' }
    const x = to.add(flatten, 'Reshape', [transpose.inputs[0]!, flatten.inputs[1]!])
    const name = to.newConstant(node.inputs[1]!, reordered(weight, film, perm))
    return { value: to.add(node, 'MatMul', [x, name]) }
  },
}

/** Rows of `weight`, which lie as the transposed map, as they lie before the Transpose. */
function reordered(weight: Constant, film: readonly number[], perm: readonly number[]): Constant {
  const [rows = 1, columns = 1] = weight.shape
  const back = invert(perm.slice(1).map((axis) => axis - 1))
  const spread = permute({ ...weight, shape: [...film, columns] }, [...back, film.length])
  return { ...spread, shape: [rows, columns] }
}

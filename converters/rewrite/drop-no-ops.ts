/** Drops nodes that give what they were given. */
import type { Node } from '../graph/graph.ts'
import { DTYPE_NUMBERS } from '../graph/operators.ts'
import { isIdentity } from '../graph/permute.ts'
import type { Rewriting, Rule } from './rule.ts'

/** Whether a node of this operator does nothing. */
const NO_OPS: Readonly<Record<string, (node: Node, to: Rewriting) => boolean>> = {
  // Identity(x) -> x
  Identity: () => true,
  // Cast(x: f32, float32) -> x
  Cast: ({ inputs, attributes }, to) => DTYPE_NUMBERS[to.typeOf(inputs[0]!).dtype] === attributes.to,
  // Transpose(x, [0,1,2,3]) -> x
  Transpose: ({ attributes }) => isIdentity(attributes.perm as readonly number[]),
  // Reshape(x: [N,3], [N,3]) -> x
  Reshape: ({ inputs }, to) => sameShape(to, inputs),
  // Pad(x, 0 everywhere) -> x
  Pad: ({ inputs }, to) => to.integers(inputs[1])?.every((pad) => pad === 0) ?? false,
  // Tile(x, 1 everywhere) -> x
  Tile: ({ inputs }, to) => to.integers(inputs[1])?.every((count) => count === 1) ?? false,
  // x * 1 -> x, and 1 * x
  Mul: (node, to) => to.besideNumber(node)?.number === 1,
  // x / 1 -> x
  Div: (node, to) => isSecond(node, to, 1),
  // x - 0 -> x; x + 0 is another number where x is -0
  Sub: (node, to) => isSecond(node, to, 0),
}

function isSecond(node: Node, to: Rewriting, number: number): boolean {
  const beside = to.besideNumber(node)
  return beside?.first === true && beside.number === number
}

/** Whether a Reshape asks for the shape that is there; one open dimension may stand as -1. */
function sameShape(to: Rewriting, inputs: readonly string[]): boolean {
  const wanted = to.integers(inputs[1])
  const { shape } = to.typeOf(inputs[0]!)
  if (wanted === undefined || wanted.length !== shape.length) return false
  const unlike = shape.filter((dim, axis) => wanted[axis] !== 0 && wanted[axis] !== dim)
  return unlike.length === 0 || (unlike.length === 1 && wanted.includes(-1))
}

export const dropNoOps: Rule = {
  name: 'drop-no-ops',
  describe:
    'Identity(x), a Cast to the same type, a Reshape to the same shape, an empty Pad or Transpose, x * 1, x / 1, x - 0 -> x',
  apply(node, to) {
    if (!NO_OPS[node.op]?.(node, to)) return undefined
    return { value: node.op === 'Mul' ? to.besideNumber(node)!.x : node.inputs[0]! }
  },
}

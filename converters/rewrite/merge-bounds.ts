/** Bounds after each other are one Clip: so the ReLU6 of Keras (a Relu, then a Clip or a Min) is one operator again, which
 *  ONNX Runtime joins with the convolution before it. */
import type { Node } from '../graph/graph.ts'
import type { Rewriting, Rule } from './rule.ts'

/** most >= least; infinite where there is none. */
interface Bounds {
  x: string
  least: number
  most: number
}

const NONE = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY }

/** What a node bounds its input by; undefined where that is not one number. */
const BOUNDS: Readonly<Record<string, (node: Node, to: Rewriting) => Bounds | undefined>> = {
  Relu: ({ inputs }) => ({ ...NONE, x: inputs[0]!, least: 0 }),
  Max(node, to) {
    const beside = to.besideNumber(node)
    return beside && { ...NONE, x: beside.x, least: beside.number }
  },
  Min(node, to) {
    const beside = to.besideNumber(node)
    return beside && { ...NONE, x: beside.x, most: beside.number }
  },
  Clip({ inputs: [x, min, max] }, to) {
    const [least, most] = [to.number(min), to.number(max)]
    return least === undefined || most === undefined ? undefined : { x: x!, least, most }
  },
}

function boundsOf(node: Node | undefined, to: Rewriting): Bounds | undefined {
  const bounds = node && BOUNDS[node.op]?.(node, to)
  // A NaN, or an upper bound below the lower one, is no pair of bounds.
  return bounds !== undefined && bounds.least <= bounds.most ? bounds : undefined
}

const within = (value: number, { least, most }: Bounds): number => Math.min(Math.max(value, least), most)

export const mergeBounds: Rule = {
  name: 'merge-bounds',
  describe: 'Min(Relu(x), 6), Clip(Max(x, 0), 0, 6) -> Clip(x, 0, 6); Max(x, 0) -> Relu(x)',
  apply(node, to) {
    const outer = boundsOf(node, to)
    if (outer === undefined || to.typeOf(outer.x).dtype !== 'float32') return undefined
    const inner = boundsOf(to.producer(outer.x), to) ?? { ...NONE, x: outer.x }
    const [least, most] = [within(inner.least, outer), within(inner.most, outer)]
    if (least === 0 && most === NONE.most)
      return node.op === 'Relu' && inner.x === outer.x
        ? undefined
        : { value: to.add(node, 'Relu', [inner.x]) }
    if (inner.x === outer.x) return undefined
    if (least === NONE.least || most === NONE.most) return { refused: 'it is bounded on one side only' }
    return {
      value: to.add(node, 'Clip', [
        inner.x,
        to.newNumber(node, least, 'min'),
        to.newNumber(node, most, 'max'),
      ]),
    }
  },
}

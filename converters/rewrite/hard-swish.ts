/** x times the hard sigmoid of MobileNet v3 is one operator. */
import type { Node } from '../graph/graph.ts'
import { hardGate, isClose, scaled } from './hard-gate.ts'
import type { Rewriting, Rule } from './rule.ts'

/** The two factors of a product, and the numbers among them. */
function factorsOf(node: Node, to: Rewriting): { factors: readonly string[]; scale: number } | undefined {
  const { x, scale } = scaled(node, to) ?? { x: undefined, scale: 1 }
  const product = x === undefined ? node : to.producer(x)
  return product?.op === 'Mul' ? { factors: product.inputs, scale } : undefined
}

export const hardSwish: Rule = {
  name: 'hard-swish',
  describe: 'x * HardSigmoid(x, 1/6, 1/2), x * Clip(x + 3, 0, 6) / 6 -> HardSwish(x)',
  apply(node, to) {
    const product = factorsOf(node, to)
    if (product === undefined) return undefined
    const gates = product.factors.map((value) => hardGate(to.producer(value), product.scale, to))
    const side = gates.findIndex((gate) => gate !== undefined)
    const gate = gates[side]
    if (gate === undefined) return undefined
    if (gate.x !== product.factors[1 - side])
      return { refused: 'it is not x that the gate of x is multiplied with' }
    if (!isClose(gate.alpha, 1 / 6) || !isClose(gate.beta, 1 / 2))
      return { refused: 'the gate is not (x + 3) / 6' }
    return { value: to.add(node, 'HardSwish', [gate.x]) }
  },
}

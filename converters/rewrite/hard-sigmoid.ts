/** A line between 0 and 1 is a hard sigmoid: one operator in the place of four. */
import { hardGate, scaled } from './hard-gate.ts'
import type { Rule } from './rule.ts'

export const hardSigmoid: Rule = {
  name: 'hard-sigmoid',
  describe:
    'Clip(0.2 x + 0.5, 0, 1) -> HardSigmoid(x, 0.2, 0.5); Clip(x + 3, 0, 6) / 6 -> HardSigmoid(x, 1/6, 1/2)',
  apply(node, to) {
    const { x, scale } = scaled(node, to) ?? { x: undefined, scale: 1 }
    const clip = node.op === 'Clip' ? node : to.producer(x)
    if (clip?.op !== 'Clip') return undefined
    const gate = hardGate(clip, scale, to)
    if (gate === undefined) return { refused: 'it is no line between 0 and 1' }
    const { alpha, beta } = gate
    return { value: to.add(node, 'HardSigmoid', [gate.x], { alpha, beta }) }
  },
}

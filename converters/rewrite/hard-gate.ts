/** What HardSigmoid and HardSwish are made of in tfjs: a line, bounded below by 0, as a share of its upper bound. */
import type { Node } from '../graph/graph.ts'
import type { Rewriting } from './rule.ts'

/** max(0, min(1, alpha x + beta)), as HardSigmoid has it. */
interface HardGate {
  x: string
  alpha: number
  beta: number
}

/** scale x + shift */
interface Line {
  x: string
  scale: number
  shift: number
}

/** 1/6 is no float32; what was meant is told from another number by this, relative. */
const CLOSE = 1e-6
export const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= CLOSE * Math.abs(b)

/** scale * node + shift as a line of what is before the node. */
const STEPS: Readonly<Record<string, (node: Node, to: Rewriting, line: Line) => Line | undefined>> = {
  // s (x + c) + t -> s x + (s c + t)
  Add(node, to, { scale, shift }) {
    const beside = to.besideNumber(node)
    return beside && { x: beside.x, scale, shift: scale * beside.number + shift }
  },
  // s (x - c) + t -> s x + (t - s c)
  Sub(node, to, { scale, shift }) {
    const beside = to.besideNumber(node)
    return beside?.first ? { x: beside.x, scale, shift: shift - scale * beside.number } : undefined
  },
  // s (x c) + t -> (s c) x + t
  Mul(node, to, { scale, shift }) {
    const beside = to.besideNumber(node)
    return beside && { x: beside.x, scale: scale * beside.number, shift }
  },
  // s (x / c) + t -> (s / c) x + t
  Div(node, to, { scale, shift }) {
    const beside = to.besideNumber(node)
    return beside?.first ? { x: beside.x, scale: scale / beside.number, shift } : undefined
  },
}

/** The line that ends in `value`, from as far before it as it is one and nothing else reads what is between. */
function lineTo(value: string, to: Rewriting): Line {
  let line: Line = { x: value, scale: 1, shift: 0 }
  for (;;) {
    const node = to.readers(line.x) === 1 ? to.producer(line.x) : undefined
    const longer = node && STEPS[node.op]?.(node, to, line)
    if (longer === undefined) return line
    line = longer
  }
}

/** `node` times `scale`, where that is a bounded line; a line that is x itself is a bound and no gate. */
export function hardGate(node: Node | undefined, scale: number, to: Rewriting): HardGate | undefined {
  if (node?.op === 'HardSigmoid' && isClose(scale, 1)) {
    const { alpha, beta } = node.attributes as { alpha: number; beta: number }
    return { x: node.inputs[0]!, alpha, beta }
  }
  if (node?.op !== 'Clip' || to.number(node.inputs[1]) !== 0) return undefined
  // Of whole numbers there is no HardSigmoid.
  if (to.typeOf(node.inputs[0]!).dtype !== 'float32') return undefined
  if (!isClose(scale * (to.number(node.inputs[2]) ?? 0), 1)) return undefined
  const line = lineTo(node.inputs[0]!, to)
  const gate = { x: line.x, alpha: line.scale * scale, beta: line.shift * scale }
  const isLine = line.x !== node.inputs[0] && Number.isFinite(gate.alpha) && Number.isFinite(gate.beta)
  return isLine ? gate : undefined
}

/** What a Mul or a Div by a number scales. */
export function scaled(node: Node | undefined, to: Rewriting): { x: string; scale: number } | undefined {
  if (node?.op !== 'Mul' && node?.op !== 'Div') return undefined
  return STEPS[node.op]!(node, to, { x: '', scale: 1, shift: 0 })
}

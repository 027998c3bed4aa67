/** A constant for each channel that is added to a convolution is its bias. */
import type { Constant } from '../graph/graph.ts'
import { constantConv } from './conv-weights.ts'
import type { Rule } from './rule.ts'

export const fuseConvBias: Rule = {
  name: 'fuse-conv-bias',
  describe: 'Add(Conv(x, w, b), c: [1,C,1,1]) -> Conv(x, w, b + c)',
  apply(node, to) {
    if (node.op !== 'Add') return undefined
    const side = node.inputs.findIndex((value) => to.producer(value)?.op === 'Conv')
    if (side < 0) return undefined
    const constant = to.constant(node.inputs[1 - side])
    if (constant === undefined) return { refused: 'what is added is computed' }
    const conv = constantConv(node.inputs[side], to)
    if (conv === undefined || 'refused' in conv) return conv
    const channels = conv.weights.weight.shape[0] ?? 1
    const shift = perChannel(constant, channels, to.typeOf(node.inputs[side]!).shape.length)
    if (shift === undefined) return { refused: 'what is added is not one number a channel' }
    const { bias } = conv.weights
    return { value: conv.replaceBy({ bias: shift.map((value, c) => value + (bias?.[c] ?? 0)) }) }
  },
}

/** The constant as one number a channel of an NCHW map; undefined where it says more than that. */
function perChannel({ shape, data }: Constant, channels: number, rank: number): Float32Array | undefined {
  if (data.length === 1 && shape.length <= rank) return new Float32Array(channels).fill(Number(data[0]))
  const aligned = [...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape]
  const wanted = aligned.map((_, axis) => (axis === 1 ? channels : 1))
  return String(aligned) === String(wanted) ? Float32Array.from(data as Float32Array) : undefined
}

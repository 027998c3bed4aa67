/** What the rules that change a convolution's weights share: whether they may, and the new node. */
import type { Constant } from '../graph/graph.ts'
import type { Rewriting } from './rule.ts'

export interface ConvWeights {
  /** [out, in / group, kh, kw] */
  weight: Constant
  /** [out]; undefined where there is none. */
  bias: Float32Array | undefined
}

interface ConstantConv {
  weights: ConvWeights
  /** Writes the convolution with other weights. */
  replaceBy: (weights: { weight?: Constant; bias: Float32Array }) => string
}

/** The Conv that writes `value`, if its weights are constants and nothing else reads what it computes. */
export function constantConv(
  value: string | undefined,
  to: Rewriting,
): ConstantConv | { refused: string } | undefined {
  const conv = to.producer(value)
  if (conv?.op !== 'Conv' || value === undefined) return undefined
  if (to.readers(value) !== 1) return { refused: `'${conv.name}' has another reader` }
  const [x, weightName, biasName] = conv.inputs as [string, string, string?]
  const weight = to.constant(weightName)
  const bias = to.constant(biasName)
  if (weight === undefined || (biasName !== undefined && bias === undefined))
    return { refused: `the weights of '${conv.name}' are computed` }
  return {
    weights: { weight, bias: bias?.data as Float32Array | undefined },
    replaceBy(changed) {
      const data = changed.bias
      const w = changed.weight === undefined ? weightName : to.newConstant(weightName, changed.weight)
      const b = to.newConstant(biasName ?? `${conv.name}/bias`, {
        dtype: 'float32',
        shape: [data.length],
        data,
      })
      return to.add(conv, 'Conv', [x, w, b], conv.attributes)
    },
  }
}

/** A batch normalization behind a convolution is a scale and a shift of its channels: both go into its weights. */
import type { Constant, Node } from '../graph/graph.ts'
import { type ConvWeights, constantConv } from './conv-weights.ts'
import type { Rewriting, Rule } from './rule.ts'

export const foldBatchNorm: Rule = {
  name: 'fold-batch-norm',
  describe: 'BatchNormalization(Conv(x, w, b), γ, β, μ, σ²) -> Conv(x, w γ/√(σ²+ε), β + (b-μ) γ/√(σ²+ε))',
  apply(node, to) {
    if (node.op !== 'BatchNormalization') return undefined
    const conv = constantConv(node.inputs[0], to)
    if (conv === undefined || 'refused' in conv) return conv
    const channels = affineOf(node, to)
    if (channels === undefined) return { refused: 'its parameters are not constants' }
    return { value: conv.replaceBy(folded(conv.weights, channels)) }
  },
}

/** Scale and shift of each channel, in double precision. */
interface Affine {
  scale: Float64Array
  shift: Float64Array
}

function affineOf(node: Node, to: Rewriting): Affine | undefined {
  const [gamma, beta, mean, variance] = node.inputs
    .slice(1)
    .map((name) => to.constant(name)?.data as Float32Array)
  if (!gamma || !beta || !mean || !variance) return undefined
  const epsilon = node.attributes.epsilon as number
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + epsilon))
  return { scale, shift: Float64Array.from(beta, (value, c) => value - mean[c]! * scale[c]!) }
}

function folded(
  { weight, bias }: ConvWeights,
  { scale, shift }: Affine,
): { weight: Constant; bias: Float32Array } {
  const values = weight.data as Float32Array
  const perChannel = values.length / scale.length
  const data = values.map((value, i) => value * scale[Math.floor(i / perChannel)]!)
  return {
    weight: { ...weight, data },
    bias: Float32Array.from(shift, (value, c) => value + (bias?.[c] ?? 0) * scale[c]!),
  }
}

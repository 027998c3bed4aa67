/** Kernels that reduce axes, Softmax, and matrix products. */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { DTYPE_NUMBERS, type OperatorName } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import { biasAndActivation } from './elementwise.ts'
import type { KernelCall, Lowering } from './kernel.ts'

interface ReduceAttrs {
  axis?: number | number[]
  reductionIndices?: number | number[]
  keepDims: boolean
}

/** tfjs's `mean`, `sum` and `max` reshape for `keepDims` themselves where they need it. */
const reduce =
  (op: OperatorName) =>
  ({ tensors, attrs, to }: KernelCall<{ x: TensorInfo }, unknown>): string => {
    const { value: given, shape, dtype } = to.recorded(tensors.x)
    const { axis, reductionIndices, keepDims } = attrs as ReduceAttrs
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number[], shape)
    // tfjs's mean of whole numbers is no whole number.
    const isFloat = op !== 'ReduceMean' || dtype === 'float32'
    const value = isFloat ? given : to.add('Cast', [given], { to: DTYPE_NUMBERS.float32 })
    // To ONNX no axes are all axes.
    if (axes.length === 0) return to.add('Identity', [value])
    return to.add(op, [value, to.integers(axes, 'axes')], { keepdims: keepDims ? 1 : 0 })
  }

const softmax: Lowering<'Softmax'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.logits)
  return to.add('Softmax', [value], { axis: attrs.dim < 0 ? attrs.dim + shape.length : attrs.dim })
}

interface Product {
  kernel: string
  a: TensorInfo
  b: TensorInfo
  transposeA: boolean
  transposeB: boolean
  bias?: TensorInfo | undefined
  activation?: string
  leakyreluAlpha?: number | undefined
}

/** A stack of one matrix is written as the plain matrix that the layer meant; tfjs adds that axis of its own. */
const isStackOfOne = (shape: readonly number[]): boolean => shape.length === 3 && shape[0] === 1

function operand(to: Recording, tensor: TensorInfo, plain: boolean, transposed: boolean): string {
  const { value, shape } = to.recorded(tensor)
  const matrix = plain ? to.reshape(value, shape.slice(1)) : value
  if (!transposed) return matrix
  const rank = plain ? 2 : shape.length
  return to.add('Transpose', [matrix], { perm: [...Array(rank - 2).keys(), rank - 1, rank - 2] })
}

function matMul(to: Recording, { a, b, transposeA, transposeB, ...fused }: Product): string {
  const plain = isStackOfOne(a.shape) && isStackOfOne(b.shape)
  const product = to.add('MatMul', [operand(to, a, plain, transposeA), operand(to, b, plain, transposeB)])
  const result = biasAndActivation(to, product, fused)
  return plain ? to.reshape(result, [1, ...to.infoOf(result).shape]) : result
}

export const REDUCTION = {
  BatchMatMul: (({ tensors, attrs, to }) =>
    matMul(to, { kernel: 'BatchMatMul', ...tensors, ...attrs })) satisfies Lowering<'BatchMatMul'>,
  Max: reduce('ReduceMax'),
  Mean: reduce('ReduceMean'),
  Softmax: softmax,
  Sum: reduce('ReduceSum'),
  _FusedMatMul: (({ tensors, attrs, to }) =>
    matMul(to, { kernel: '_FusedMatMul', ...tensors, ...attrs })) satisfies Lowering<'_FusedMatMul'>,
}

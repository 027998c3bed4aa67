/** Kernels that reduce axes, Softmax, and matrix products. */
import { util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { OperatorName } from '../../graph/operators.ts'
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
    const { value, shape } = to.recorded(tensors.x)
    const { axis, reductionIndices, keepDims } = attrs as ReduceAttrs
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number[], shape)
    return to.add(op, [value, to.integers(axes, 'axes')], { keepdims: keepDims ? 1 : 0 })
  }

const softmax: Lowering<'Softmax'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.logits)
  return to.add('Softmax', [value], { axis: attrs.dim < 0 ? attrs.dim + shape.length : attrs.dim })
}

/** tfjs multiplies stacks of matrices; a stack of one is written as the plain matrix that the layer meant. */
function matMul(to: Recording, a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean): string {
  const operand = (tensor: TensorInfo, transposed: boolean): string => {
    const { value, shape } = to.recorded(tensor)
    const plain = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape
    const matrix = plain === shape ? value : to.add('Reshape', [value, to.integers(plain, 'shape')])
    if (!transposed) return matrix
    const rank = plain.length
    const perm = [...plain.keys()].with(rank - 1, rank - 2).with(rank - 2, rank - 1)
    return to.add('Transpose', [matrix], { perm })
  }
  const stacked = a.shape.length === 3 && a.shape[0] === 1 && b.shape[0] === 1
  const product = to.add('MatMul', [operand(a, transposeA), operand(b, transposeB)])
  const { shape } = to.infoOf(product)
  return stacked && shape.length === 2 ? to.add('Reshape', [product, to.integers([1, ...shape], 'shape')]) : product
}

const fusedMatMul: Lowering<'_FusedMatMul'> = ({ tensors, attrs, to }) =>
  biasAndActivation(to, matMul(to, tensors.a, tensors.b, attrs.transposeA, attrs.transposeB), {
    kernel: '_FusedMatMul',
    bias: tensors.bias,
    activation: attrs.activation,
    leakyreluAlpha: attrs.leakyreluAlpha,
  })

export const REDUCTION = {
  BatchMatMul: (({ tensors, attrs, to }) =>
    matMul(to, tensors.a, tensors.b, attrs.transposeA, attrs.transposeB)) satisfies Lowering<'BatchMatMul'>,
  Max: reduce('ReduceMax'),
  Mean: reduce('ReduceMean'),
  Softmax: softmax,
  Sum: reduce('ReduceSum'),
  _FusedMatMul: fusedMatMul,
}

/** Kernels that reduce axes or run along one, Softmax, and matrix products. */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import { DTYPE_NUMBERS, type OperatorName } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import { padWith } from './array.ts'
import { castTo, counted } from './comparison.ts'
import { cut } from './cut.ts'
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

/** Whether all, or any, of the values are true: the least, or the largest, of zeros and ones. */
const truth =
  (op: 'ReduceMin' | 'ReduceMax') =>
  ({ tensors, attrs, to }: KernelCall<{ x: TensorInfo }, unknown>): string => {
    const { value, shape } = to.recorded(tensors.x)
    const { axis, keepDims } = attrs as ReduceAttrs
    const axes = util.parseAxisParam(axis as number[], shape)
    if (axes.length === 0) return to.add('Identity', [value])
    const numbers = castTo(to, value, 'int32')
    const reduced = to.add(op, [numbers, to.integers(axes, 'axes')], { keepdims: keepDims ? 1 : 0 })
    return castTo(to, reduced, 'bool')
  }

/** The first place of the extreme value; of bools, too. */
const argument =
  (op: 'ArgMax' | 'ArgMin') =>
  ({ tensors, attrs, to }: KernelCall<{ x: TensorInfo }, { axis: number | number[] }>): string => {
    const { value, shape } = to.recorded(tensors.x)
    const [axis = 0] = util.parseAxisParam(attrs.axis, shape)
    return castTo(to, to.add(op, [counted(to, value)], { axis, keepdims: 0 }), 'int32')
  }

const topK: Lowering<'TopK'> = ({ tensors, attrs, to }) => {
  const { value } = to.recorded(tensors.x)
  const [values = '', indices = ''] = to.addAll(
    'TopK',
    [value, to.integers([attrs.k], 'k')],
    { axis: -1, largest: 1, sorted: 1 },
    2,
  )
  return [values, castTo(to, indices, 'int32')]
}

const cumsum: Lowering<'Cumsum'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const [axis = 0] = util.parseAxisParam(attrs.axis, shape)
  return to.add('CumSum', [counted(to, value), to.int32([axis], [], 'axis')], {
    exclusive: attrs.exclusive ? 1 : 0,
    reverse: attrs.reverse ? 1 : 0,
  })
}

/** The values moved along an axis by so many places, with ones where nothing comes from. */
function shifted(
  to: Recording,
  value: string,
  shape: readonly number[],
  axis: number,
  by: number,
  fromEnd: boolean,
): string {
  const size = shape[axis]!
  const [start, end] = fromEnd ? [by, size] : [0, size - by]
  const kept = cut(to, value, shape, [{ axis, start, end }])
  const pads = shape.map((_, at) => (at !== axis ? [0, 0] : fromEnd ? [0, by] : [by, 0]))
  return padWith(to, kept, pads, 1)
}

/** ONNX has no product that runs along: in each round every value is multiplied by the one 1, 2, 4… places before. */
const cumprod: Lowering<'Cumprod'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const [axis = 0] = util.parseAxisParam(attrs.axis, shape)
  const move = (x: string, by: number): string => shifted(to, x, shape, axis, by, attrs.reverse)
  let product = attrs.exclusive ? move(counted(to, value), 1) : counted(to, value)
  for (let by = 1; by < shape[axis]!; by *= 2) product = to.add('Mul', [product, move(product, by)])
  return product
}

const einsum: Lowering<'Einsum'> = ({ tensors, attrs, to }) => {
  const values = Object.values(tensors as unknown as Record<string, TensorInfo>)
  const operands = values.map((tensor) => to.recorded(tensor).value)
  return to.add('Einsum', operands, { equation: attrs.equation })
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
  preluActivationWeights?: TensorInfo | undefined
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
  All: truth('ReduceMin'),
  Any: truth('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  BatchMatMul: (({ tensors, attrs, to }) =>
    matMul(to, { kernel: 'BatchMatMul', ...tensors, ...attrs })) satisfies Lowering<'BatchMatMul'>,
  Cumprod: cumprod,
  Cumsum: cumsum,
  Einsum: einsum,
  Max: reduce('ReduceMax'),
  Mean: reduce('ReduceMean'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
  Softmax: softmax,
  Sum: reduce('ReduceSum'),
  TopK: topK,
  _FusedMatMul: (({ tensors, attrs, to }) =>
    matMul(to, { kernel: '_FusedMatMul', ...tensors, ...attrs })) satisfies Lowering<'_FusedMatMul'>,
}

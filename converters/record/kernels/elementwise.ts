/** Kernels that work on each element alone, and the activations that fused kernels carry. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import { DTYPE_NUMBERS, type OperatorName } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import type { KernelCall, Lowering } from './kernel.ts'

const unary =
  (op: OperatorName) =>
  ({ tensors, to }: KernelCall<{ x: TensorInfo }, unknown>): string =>
    to.add(op, [to.recorded(tensors.x).value])

const binary =
  (op: OperatorName) =>
  ({ tensors, to }: KernelCall<{ a: TensorInfo; b: TensorInfo }, unknown>): string =>
    to.add(op, [to.recorded(tensors.a).value, to.recorded(tensors.b).value])

const clip = (to: Recording, value: string, least: number, most: number): string =>
  to.add('Clip', [value, to.scalar(least, 'min', value), to.scalar(most, 'max', value)])

const CAST_TO = { float32: DTYPE_NUMBERS.float32, int32: DTYPE_NUMBERS.int32, bool: DTYPE_NUMBERS.bool }

const cast: Lowering<'Cast'> = ({ tensors, attrs, to }) => {
  const number = (CAST_TO as Record<string, number>)[attrs.dtype]
  if (number === undefined) {
    throw new RoentgenError('ROE_OP_UNSUPPORTED', {
      where: to.place,
      kernel: 'Cast',
      detail: `to ${attrs.dtype}`,
    })
  }
  return to.add('Cast', [to.recorded(tensors.x).value], { to: number })
}

export const ELEMENTWISE = {
  Abs: unary('Abs'),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Add: binary('Add'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  BitwiseAnd: binary('BitwiseAnd'),
  Cast: cast,
  ClipByValue: (({ tensors, attrs, to }) =>
    clip(
      to,
      to.recorded(tensors.x).value,
      attrs.clipValueMin,
      attrs.clipValueMax,
    )) satisfies Lowering<'ClipByValue'>,
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Elu: unary('Elu'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  LeakyRelu: (({ tensors, attrs, to }) =>
    to.add('LeakyRelu', [to.recorded(tensors.x).value], {
      alpha: attrs.alpha,
    })) satisfies Lowering<'LeakyRelu'>,
  Log: unary('Log'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Multiply: binary('Mul'),
  Neg: unary('Neg'),
  Pow: binary('Pow'),
  RealDiv: binary('Div'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Relu6: (({ tensors, to }) => clip(to, to.recorded(tensors.x).value, 0, 6)) satisfies Lowering<'Relu6'>,
  Selu: unary('Selu'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Sub: binary('Sub'),
  Tan: unary('Tan'),
  Tanh: unary('Tanh'),
}

interface Activation {
  /** The slope of leakyrelu. */
  alpha: number
  /** The slopes of prelu. */
  slopes: TensorInfo | undefined
}

/** Activations that tfjs fuses into Conv2D and MatMul, by tfjs's names. */
const ACTIVATIONS: Readonly<
  Record<string, (to: Recording, value: string, activation: Activation) => string>
> = {
  linear: (_, value) => value,
  relu: (to, value) => to.add('Relu', [value]),
  relu6: (to, value) => clip(to, value, 0, 6),
  elu: (to, value) => to.add('Elu', [value]),
  sigmoid: (to, value) => to.add('Sigmoid', [value]),
  leakyrelu: (to, value, { alpha }) => to.add('LeakyRelu', [value], { alpha }),
  prelu: (to, value, { slopes }) => to.add('PRelu', [value, to.recorded(slopes!).value]),
}

/** Adds a fused kernel's bias and activation behind `value`.
 *  @throws ROE_OP_UNSUPPORTED for an activation without a row */
export function biasAndActivation(
  to: Recording,
  value: string,
  fused: {
    kernel: string
    bias?: TensorInfo | undefined
    activation?: string
    leakyreluAlpha?: number | undefined
    preluActivationWeights?: TensorInfo | undefined
  },
): string {
  const biased = fused.bias === undefined ? value : to.add('Add', [value, to.recorded(fused.bias).value])
  const activation = fused.activation ?? 'linear'
  const apply = ACTIVATIONS[activation]
  if (apply === undefined) {
    throw new RoentgenError('ROE_OP_UNSUPPORTED', {
      where: to.place,
      kernel: fused.kernel,
      detail: `activation '${activation}'`,
    })
  }
  return apply(to, biased, { alpha: fused.leakyreluAlpha ?? 0.2, slopes: fused.preluActivationWeights })
}

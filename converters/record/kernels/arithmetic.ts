/** Kernels on each element for which ONNX has no operator of the same meaning: they are composed of several. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { OperatorName } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import { castTo } from './comparison.ts'
import type { KernelCall, Lowering } from './kernel.ts'

type Unary = KernelCall<{ x: TensorInfo }, unknown>
type Binary = KernelCall<{ a: TensorInfo; b: TensorInfo }, unknown>

const addN: Lowering<'AddN'> = ({ tensors, to }) => {
  const [first, ...more] = Object.values(tensors).map((tensor) => to.recorded(tensor).value)
  return more.reduce((sum, value) => to.add('Add', [sum, value]), first!)
}

/** Rounding leaves whole numbers as they are; ONNX's operators take floats only. */
const rounding =
  (op: OperatorName) =>
  ({ tensors, to }: Unary): string => {
    const { value, dtype } = to.recorded(tensors.x)
    return to.add(dtype === 'float32' ? op : 'Identity', [value])
  }

const expm1 = ({ tensors, to }: Unary): string => {
  const power = to.add('Exp', [to.recorded(tensors.x).value])
  return to.add('Sub', [power, to.scalar(1, 'one', power)])
}

const log1p = ({ tensors, to }: Unary): string => {
  const { value } = to.recorded(tensors.x)
  return to.add('Log', [to.add('Add', [value, to.scalar(1, 'one', value)])])
}

const square = ({ tensors, to }: Unary): string => {
  const { value } = to.recorded(tensors.x)
  return to.add('Mul', [value, value])
}

const squaredDifference = ({ tensors, to }: Binary): string => {
  const difference = to.add('Sub', [to.recorded(tensors.a).value, to.recorded(tensors.b).value])
  return to.add('Mul', [difference, difference])
}

/** 1 above 0, else alpha; NaN stays NaN. */
const step: Lowering<'Step'> = ({ tensors, attrs, to }) => {
  const { value, dtype } = to.recorded(tensors.x)
  const x = castTo(to, value, 'float32')
  const above = to.add('Greater', [x, to.scalar(0, 'zero', x)])
  const steps = to.add('Where', [above, to.scalar(1, 'one', x), to.scalar(attrs.alpha, 'alpha', x)])
  const known = to.add('Where', [to.add('IsNaN', [x]), x, steps])
  return dtype === 'float32' ? known : castTo(to, known, 'int32')
}

/** b, with 1 in the place of 0: a whole number divided by 0 ends the process of ONNX Runtime. */
function withoutZero(to: Recording, b: string): { divisor: string; isZero: string } {
  const isZero = to.add('Equal', [b, to.scalar(0, 'zero', b)])
  return { divisor: to.add('Where', [isZero, to.scalar(1, 'one', b), b]), isZero }
}

/** The remainder with the sign of the divisor. ONNX's Mod has it for whole numbers, and the sign of the dividend for
 *  floats, where the divisor is added once if the signs differ. Modulo 0 tfjs has NaN, which as int32 is 0. */
const mod = ({ tensors, to }: Binary): string => {
  const [a, b] = [to.recorded(tensors.a), to.recorded(tensors.b)]
  if (a.dtype !== 'float32') {
    const { divisor, isZero } = withoutZero(to, b.value)
    const remainder = to.add('Mod', [a.value, divisor], { fmod: 0 })
    return to.add('Where', [isZero, to.scalar(0, 'zero', remainder), remainder])
  }
  const zero = to.scalar(0, 'zero', a.value)
  const sameSign = to.add('Equal', [to.add('Less', [a.value, zero]), to.add('Less', [b.value, zero])])
  const remainder = to.add('Mod', [a.value, b.value], { fmod: 1 })
  const other = to.add('Mod', [to.add('Add', [remainder, b.value]), b.value], { fmod: 1 })
  return to.add('Where', [sameSign, remainder, other])
}

/** Rounded towards minus infinity; int32, whatever it is given, as in tfjs. */
const floorDiv = ({ tensors, to }: Binary): string => {
  const [a, b] = [to.recorded(tensors.a), to.recorded(tensors.b)]
  if (a.dtype === 'float32') return castTo(to, to.add('Floor', [to.add('Div', [a.value, b.value])]), 'int32')
  const { divisor, isZero } = withoutZero(to, b.value)
  const remainder = to.add('Mod', [a.value, divisor], { fmod: 0 })
  const quotient = to.add('Div', [to.add('Sub', [a.value, remainder]), divisor])
  return to.add('Where', [isZero, to.scalar(0, 'zero', quotient), quotient])
}

/** The angle of the point (b, a), from the angle of its slope and the half plane that it lies in. */
const atan2 = ({ tensors, to }: Binary): string => {
  const [a, b] = [to.recorded(tensors.a).value, to.recorded(tensors.b).value]
  const number = (value: number): string => to.scalar(value, 'angle', a)
  const zero = number(0)
  const slope = to.add('Atan', [to.add('Div', [a, b])])
  const turn = to.add('Where', [to.add('Less', [a, zero]), number(-Math.PI), number(Math.PI)])
  const turned = to.add('Where', [to.add('Less', [b, zero]), to.add('Add', [slope, turn]), slope])
  const upright = to.add('Mul', [to.add('Sign', [a]), number(Math.PI / 2)])
  return to.add('Where', [to.add('Equal', [b, zero]), upright, turned])
}

const rsqrt = ({ tensors, to }: Unary): string =>
  to.add('Reciprocal', [to.add('Sqrt', [to.recorded(tensors.x).value])])

/** A constant of the shape that the input has. */
const filled =
  (value: 0 | 1) =>
  ({ tensors, to }: Unary): string => {
    const { shape, dtype } = to.recorded(tensors.x)
    const values = new Array<number>(shape.reduce((product, size) => product * size, 1)).fill(value)
    if (dtype === 'float32') return to.float(values, shape, 'filled')
    return dtype === 'bool'
      ? to.bool(values.map(Boolean), shape, 'filled')
      : to.int32(values, shape, 'filled')
  }

const prelu: Lowering<'Prelu'> = ({ tensors, to }) =>
  to.add('PRelu', [
    castTo(to, to.recorded(tensors.x).value, 'float32'),
    castTo(to, to.recorded(tensors.alpha).value, 'float32'),
  ])

export const ARITHMETIC = {
  AddN: addN,
  Atan2: atan2,
  Ceil: rounding('Ceil'),
  Expm1: expm1,
  Floor: rounding('Floor'),
  FloorDiv: floorDiv,
  Log1p: log1p,
  Mod: mod,
  OnesLike: filled(1),
  Prelu: prelu,
  Round: rounding('Round'),
  Rsqrt: rsqrt,
  Square: square,
  SquaredDifference: squaredDifference,
  Step: step,
  ZerosLike: filled(0),
}

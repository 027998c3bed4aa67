/** Kernels of truth values: comparisons, logic, choice. ONNX Runtime compares and chooses numbers, not bools, so bools
 *  are counted first. */
import { type DataType, type TensorInfo, upcastType } from '@tensorflow/tfjs-core'
import { DTYPE_NUMBERS, type OperatorName } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import type { KernelCall, Lowering } from './kernel.ts'

/** A value as the dtype that tfjs calls so; unchanged where it is that already. */
export function castTo(to: Recording, value: string, dtype: 'float32' | 'int32' | 'bool'): string {
  return to.draft.typeOf(value).dtype === dtype
    ? value
    : to.add('Cast', [value], { to: DTYPE_NUMBERS[dtype] })
}

/** A value that may be bool as a number. */
export const counted = (to: Recording, value: string): string =>
  to.draft.typeOf(value).dtype === 'bool' ? castTo(to, value, 'int32') : value

type Binary = KernelCall<{ a: TensorInfo; b: TensorInfo }, unknown>

const compare =
  (op: OperatorName) =>
  ({ tensors, to }: Binary): string =>
    to.add(op, [counted(to, to.recorded(tensors.a).value), counted(to, to.recorded(tensors.b).value)])

const notEqual = (call: Binary): string => call.to.add('Not', [compare('Equal')(call)])

const logic =
  (op: OperatorName) =>
  ({ tensors, to }: Binary): string =>
    to.add(op, [
      castTo(to, to.recorded(tensors.a).value, 'bool'),
      castTo(to, to.recorded(tensors.b).value, 'bool'),
    ])

/** Where on numbers; bools are counted and given back as bools. */
export function choose(to: Recording, condition: string, a: string, b: string, dtype: DataType): string {
  const as = dtype === 'float32' ? 'float32' : 'int32'
  const chosen = to.add('Where', [condition, castTo(to, a, as), castTo(to, b, as)])
  return dtype === 'bool' ? castTo(to, chosen, 'bool') : chosen
}

/** A condition of one axis chooses rows. */
const select: Lowering<'Select'> = ({ tensors, to }) => {
  const [condition, t, e] = [to.recorded(tensors.condition), to.recorded(tensors.t), to.recorded(tensors.e)]
  const rows = condition.shape.length === 1 && t.shape.length > 1
  const value = rows
    ? to.reshape(condition.value, [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)])
    : condition.value
  return choose(to, castTo(to, value, 'bool'), t.value, e.value, upcastType(t.dtype, e.dtype))
}

const finite: Lowering<'IsFinite'> = ({ tensors, to }) => {
  const x = castTo(to, to.recorded(tensors.x).value, 'float32')
  return to.add('Not', [to.add('Or', [to.add('IsNaN', [x]), to.add('IsInf', [x])])])
}

const test =
  (op: OperatorName) =>
  ({ tensors, to }: KernelCall<{ x: TensorInfo }, unknown>): string =>
    to.add(op, [castTo(to, to.recorded(tensors.x).value, 'float32')])

export const COMPARISON = {
  Equal: compare('Equal'),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterOrEqual'),
  IsFinite: finite,
  IsInf: test('IsInf'),
  IsNan: test('IsNaN'),
  Less: compare('Less'),
  LessEqual: compare('LessOrEqual'),
  LogicalAnd: logic('And'),
  LogicalNot: (({ tensors, to }) =>
    to.add('Not', [castTo(to, to.recorded(tensors.x).value, 'bool')])) satisfies Lowering<'LogicalNot'>,
  LogicalOr: logic('Or'),
  NotEqual: notEqual,
  Select: select,
}

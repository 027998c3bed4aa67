/** The table of ONNX operators in use: since which opset they mean what we mean, how many inputs they take,
 *  their attributes with types, and the rule for the types of their outputs. The next operator is a row here.
 *  @source https://onnx.ai/onnx/operators (opset 18) */
import assert from 'node:assert/strict'
import { dimAdd, dimProduct, sameDim } from './dims.ts'
import type { Attributes, Constant, Dim, DType, TensorType } from './graph.ts'

export type AttributeKind = 'int' | 'float' | 'string' | 'ints' | 'floats'

/** What a shape rule may look at. */
export interface Call {
  /** Types of the inputs; undefined where an optional one is left out. */
  inputs: readonly (TensorType | undefined)[]
  /** Values of the inputs that are constants. */
  constants: readonly (Constant | undefined)[]
  attributes: Attributes
}

export interface Operator {
  /** Least opset in which this operator has this form. */
  since: number
  /** Least and most inputs. */
  arity: readonly [number, number]
  attributes: Readonly<Record<string, AttributeKind>>
  /** The type of the output, or of each output where there are several. */
  infer: (call: Call) => TensorType | readonly TensorType[]
}

const first = ({ inputs }: Call): TensorType => {
  const type = inputs[0]
  assert(type, 'an operator without its first input')
  return type
}

/** Integers of a constant input, such as Reshape's shape. */
const integers = (call: Call, index: number): number[] => {
  const constant = call.constants[index]
  assert(constant, `input ${index} must be a constant`)
  return Array.from(constant.data, Number)
}

const ints = (attributes: Attributes, key: string, otherwise: readonly number[]): readonly number[] =>
  (attributes[key] as readonly number[] | undefined) ?? otherwise

const int = (attributes: Attributes, key: string, otherwise: number): number =>
  (attributes[key] as number | undefined) ?? otherwise

/** Numpy's broadcasting. */
function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    assert(x === 1 || y === 1 || sameDim(x, y), `shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

const same = (since: number, attributes: Operator['attributes'] = {}): Operator => ({
  since,
  arity: [1, 1],
  attributes,
  infer: first,
})

const elementwise: Operator = {
  since: 13,
  arity: [2, 2],
  attributes: {},
  infer: ({ inputs: [a, b] }) => {
    assert(a && b && a.dtype === b.dtype, 'both operands must have one type')
    return { dtype: a.dtype, shape: broadcast(a.shape, b.shape) }
  },
}

/** Length of one axis after a window slides over it; `spatial` axes are numbers in every film. */
function slide(size: Dim, kernel: number, stride: number, pads: number, dilation: number): number {
  assert(typeof size === 'number', 'a window needs a known size')
  const length = Math.floor((size + pads - (dilation * (kernel - 1) + 1)) / stride) + 1
  assert(length > 0, `a window of ${kernel} does not fit into ${size}`)
  return length
}

function windowed(
  { attributes }: Call,
  input: TensorType,
  channels: Dim,
  kernel: readonly number[],
): TensorType {
  const pads = ints(
    attributes,
    'pads',
    kernel.flatMap(() => [0, 0]),
  )
  const strides = ints(
    attributes,
    'strides',
    kernel.map(() => 1),
  )
  const dilations = ints(
    attributes,
    'dilations',
    kernel.map(() => 1),
  )
  const spatial = kernel.map((size, axis) =>
    slide(
      input.shape[axis + 2] ?? 0,
      size,
      strides[axis] ?? 1,
      (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0),
      dilations[axis] ?? 1,
    ),
  )
  return { dtype: input.dtype, shape: [input.shape[0] ?? 1, channels, ...spatial] }
}

const pool: Operator = {
  since: 11,
  arity: [1, 1],
  attributes: {
    kernel_shape: 'ints',
    strides: 'ints',
    pads: 'ints',
    count_include_pad: 'int',
    ceil_mode: 'int',
  },
  infer: (call) => {
    const input = first(call)
    return windowed(call, input, input.shape[1] ?? 1, ints(call.attributes, 'kernel_shape', []))
  },
}

const conv: Operator = {
  since: 11,
  arity: [2, 3],
  attributes: { kernel_shape: 'ints', strides: 'ints', pads: 'ints', dilations: 'ints', group: 'int' },
  infer: (call) => {
    const input = first(call)
    const weight = call.inputs[1]
    assert(weight && weight.shape.length === input.shape.length, 'Conv: weight and input have other ranks')
    const group = int(call.attributes, 'group', 1)
    assert(Number(weight.shape[1]) * group === input.shape[1], 'Conv: channels of weight and input differ')
    return windowed(call, input, weight.shape[0] ?? 1, weight.shape.slice(2) as number[])
  },
}

const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** ReduceX with the axes as an attribute (up to 17) or an input (18 and ReduceSum 13); we write the input. */
const reduce = (since: number): Operator => ({
  since,
  arity: [2, 2],
  attributes: { keepdims: 'int' },
  infer: (call) => {
    const { dtype, shape } = first(call)
    const axes = integers(call, 1).map((axis) => positive(axis, shape.length))
    const keep = int(call.attributes, 'keepdims', 1) === 1
    return { dtype, shape: shape.flatMap((dim, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [dim])) }
  },
})

const CASTS: Readonly<Record<number, DType>> = { 1: 'float32', 2: 'uint8', 6: 'int32', 7: 'int64', 9: 'bool' }

function reshape(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const wanted: Dim[] = integers(call, 1).map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size))
  const open = wanted.indexOf(-1)
  if (open < 0) return { dtype, shape: wanted }
  const rest = dimProduct(wanted.filter((_, axis) => axis !== open))
  assert(typeof rest === 'number', 'Reshape: an open dimension beside -1')
  const total = dimProduct(shape)
  const [factor, name] = typeof total === 'number' ? [total, ''] : splitMultiple(total)
  assert(factor % rest === 0, `Reshape: [${shape}] does not divide into [${wanted}]`)
  wanted[open] = name === '' ? factor / rest : dimProduct([factor / rest, name])
  return { dtype, shape: wanted }
}

const splitMultiple = (dim: string): [number, string] => {
  const star = dim.indexOf('*')
  return star < 0 ? [1, dim] : [Number(dim.slice(0, star)), dim.slice(star + 1)]
}

export const OPERATORS = {
  Add: elementwise,
  Sub: elementwise,
  Mul: elementwise,
  Div: elementwise,
  Max: { ...elementwise, since: 13 },
  Min: { ...elementwise, since: 13 },
  Pow: elementwise,
  Abs: same(13),
  Exp: same(13),
  Log: same(13),
  Neg: same(13),
  Sqrt: same(13),
  Relu: same(14),
  Sigmoid: same(13),
  Tanh: same(13),
  Elu: same(6, { alpha: 'float' }),
  LeakyRelu: same(16, { alpha: 'float' }),
  Identity: same(14),
  Softmax: same(13, { axis: 'int' }),
  Clip: { since: 13, arity: [3, 3], attributes: {}, infer: first },
  Cast: {
    since: 13,
    arity: [1, 1],
    attributes: { to: 'int' },
    infer: (call) => {
      const dtype = CASTS[int(call.attributes, 'to', 0)]
      assert(dtype, `Cast: no type ${call.attributes.to}`)
      return { dtype, shape: first(call).shape }
    },
  },
  Conv: conv,
  MaxPool: pool,
  AveragePool: pool,
  BatchNormalization: {
    since: 15,
    arity: [5, 5],
    attributes: { epsilon: 'float' },
    infer: (call) => {
      const input = first(call)
      const isOneAChannel = (type?: TensorType): boolean =>
        type?.shape.length === 1 && type.shape[0] === input.shape[1]
      assert(call.inputs.slice(1).every(isOneAChannel), 'BatchNormalization: parameters are one a channel')
      return input
    },
  },
  MatMul: {
    since: 13,
    arity: [2, 2],
    attributes: {},
    infer: ({ inputs: [a, b] }) => {
      assert(a && b && a.shape.length > 1 && b.shape.length > 1, 'MatMul: two matrices are needed')
      const [inner, rows] = [a.shape.at(-1) ?? 0, b.shape.at(-2) ?? 0]
      assert(sameDim(inner, rows), `MatMul: [${a.shape}] and [${b.shape}] do not fit`)
      const outer = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2))
      return { dtype: a.dtype, shape: [...outer, a.shape.at(-2) ?? 1, b.shape.at(-1) ?? 1] }
    },
  },
  Transpose: {
    since: 13,
    arity: [1, 1],
    attributes: { perm: 'ints' },
    infer: (call) => {
      const { dtype, shape } = first(call)
      return { dtype, shape: ints(call.attributes, 'perm', []).map((axis) => shape[axis] ?? 0) }
    },
  },
  Reshape: { since: 14, arity: [2, 2], attributes: {}, infer: reshape },
  Concat: {
    since: 13,
    arity: [1, Number.POSITIVE_INFINITY],
    attributes: { axis: 'int' },
    infer: (call) => {
      const { dtype, shape } = first(call)
      const axis = positive(int(call.attributes, 'axis', 0), shape.length)
      const total = dimAdd(call.inputs.map((input) => input?.shape[axis] ?? 0))
      return { dtype, shape: shape.with(axis, total) }
    },
  },
  Pad: {
    since: 13,
    arity: [2, 3],
    attributes: { mode: 'string' },
    infer: (call) => {
      const { dtype, shape } = first(call)
      const pads = integers(call, 1)
      return {
        dtype,
        shape: shape.map((dim, axis) => dimAdd([dim, (pads[axis] ?? 0) + (pads[axis + shape.length] ?? 0)])),
      }
    },
  },
  Gather: {
    since: 13,
    arity: [2, 2],
    attributes: { axis: 'int' },
    infer: (call) => {
      const { dtype, shape } = first(call)
      const axis = positive(int(call.attributes, 'axis', 0), shape.length)
      const indices = call.inputs[1]?.shape ?? []
      return { dtype, shape: [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)] }
    },
  },
  ReduceMean: reduce(18),
  ReduceMax: reduce(18),
  ReduceSum: reduce(13),
} as const satisfies Record<string, Operator>

export type OperatorName = keyof typeof OPERATORS

/** The row of an operator, or undefined where we do not use it. */
export const operatorOf = (op: string): Operator | undefined => (OPERATORS as Record<string, Operator>)[op]

/** ONNX's number of a dtype (TensorProto.DataType). */
export const DTYPE_NUMBERS: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
}

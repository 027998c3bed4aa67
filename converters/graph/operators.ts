/** The table of ONNX operators in use: since which opset what we mean can be said, how it was said before the form of
 *  opset 18, how many inputs they take, their attributes with types, and the rule for the types of their outputs. The
 *  next operator is a row here.
 *  @source https://onnx.ai/onnx/operators, opsets 13 to 22 */
import assert from 'node:assert/strict'
import { dimAdd, sameDim } from './dims.ts'
import type { DType, Node, TensorType } from './graph.ts'
import {
  argument,
  broadcast,
  CASTS,
  concat,
  conv,
  convTranspose,
  depthToSpace,
  einsum,
  elementwise,
  expand,
  first,
  gather,
  gatherNd,
  int,
  integers,
  ints,
  maxPool,
  type Operator,
  pool,
  reduce,
  reshape,
  resize,
  same,
  shapeOf,
  slice,
  test,
  tile,
  topK,
  where,
} from './shape-rules.ts'

export type { AttributeKind } from './shape-rules.ts'

export const OPERATORS = {
  Add: elementwise(),
  Sub: elementwise(),
  Mul: elementwise(),
  Div: elementwise(),
  Max: elementwise(),
  Min: elementwise(),
  Mod: { ...elementwise(), attributes: { fmod: 'int' } },
  Pow: elementwise(),
  PRelu: { ...elementwise(), since: 9, infer: first },
  BitwiseAnd: { ...elementwise(), since: 18 },
  And: elementwise('bool'),
  Or: elementwise('bool'),
  Equal: elementwise('bool'),
  Greater: elementwise('bool'),
  GreaterOrEqual: { ...elementwise('bool'), since: 12 },
  Less: elementwise('bool'),
  LessOrEqual: { ...elementwise('bool'), since: 12 },
  IsInf: test(10),
  IsNaN: test(13),
  Not: test(1),
  Where: where,
  Abs: same(13),
  Acos: same(7),
  Acosh: same(9),
  Asin: same(7),
  Asinh: same(9),
  Atan: same(7),
  Atanh: same(9),
  Ceil: same(13),
  Cos: same(7),
  Cosh: same(9),
  Erf: same(13),
  Floor: same(13),
  LRN: same(13, { alpha: 'float', beta: 'float', bias: 'float', size: 'int' }),
  Reciprocal: same(13),
  Round: same(11),
  Selu: same(6),
  Sign: same(13),
  Sin: same(7),
  Sinh: same(9),
  Softplus: same(1),
  Tan: same(7),
  Exp: same(13),
  Log: same(13),
  Neg: same(13),
  Sqrt: same(13),
  // Of whole numbers since 14.
  Relu: { ...same(13), since: (call) => (first(call).dtype.startsWith('float') ? 13 : 14) },
  Sigmoid: same(13),
  Tanh: same(13),
  Elu: same(6, { alpha: 'float' }),
  LeakyRelu: same(6, { alpha: 'float' }),
  Identity: same(13),
  Softmax: same(13, { axis: 'int' }),
  LogSoftmax: same(13, { axis: 'int' }),
  HardSigmoid: same(6, { alpha: 'float', beta: 'float' }),
  HardSwish: { ...same(6), older: { below: 14, write: gateTimesX } },
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
  ConvTranspose: {
    since: 11,
    arity: [2, 3],
    attributes: {
      kernel_shape: 'ints',
      strides: 'ints',
      pads: 'ints',
      output_padding: 'ints',
      group: 'int',
    },
    infer: convTranspose,
  },
  MaxPool: maxPool,
  AveragePool: pool,
  GlobalAveragePool: {
    since: 1,
    arity: [1, 1],
    attributes: {},
    infer: (call) => {
      const { dtype, shape } = first(call)
      return { dtype, shape: shape.map((dim, axis) => (axis < 2 ? dim : 1)) }
    },
  },
  BatchNormalization: {
    since: 9,
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
  Reshape: { since: 13, arity: [2, 2], attributes: {}, infer: reshape },
  Concat: {
    since: 13,
    arity: [1, Number.POSITIVE_INFINITY],
    attributes: { axis: 'int' },
    infer: concat,
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
  Gather: { since: 13, arity: [2, 2], attributes: { axis: 'int' }, infer: gather },
  ReduceMean: reduce(18),
  GatherND: { since: 13, arity: [2, 2], attributes: { batch_dims: 'int' }, infer: gatherNd },
  ScatterND: {
    since: ({ attributes }) => (attributes.reduction === undefined ? 13 : 16),
    arity: [3, 3],
    attributes: { reduction: 'string' },
    infer: first,
  },
  Shape: shapeOf,
  Slice: { since: 13, arity: [5, 5], attributes: {}, infer: slice },
  Expand: { since: 13, arity: [2, 2], attributes: {}, infer: expand },
  Tile: { since: 13, arity: [2, 2], attributes: {}, infer: tile },
  CumSum: { since: 11, arity: [2, 2], attributes: { exclusive: 'int', reverse: 'int' }, infer: first },
  TopK: { since: 11, arity: [2, 2], attributes: { axis: 'int', largest: 'int', sorted: 'int' }, infer: topK },
  ArgMax: argument,
  ArgMin: argument,
  DepthToSpace: {
    since: 13,
    arity: [1, 1],
    attributes: { blocksize: 'int', mode: 'string' },
    infer: depthToSpace,
  },
  Resize: {
    since: 13,
    arity: [3, 3],
    attributes: {
      mode: 'string',
      coordinate_transformation_mode: 'string',
      nearest_mode: 'string',
    },
    infer: resize,
  },
  Einsum: {
    since: 12,
    arity: [1, Number.POSITIVE_INFINITY],
    attributes: { equation: 'string' },
    infer: einsum,
  },
  ReduceMax: reduce(18),
  ReduceMin: reduce(18),
  ReduceProd: reduce(18),
  ReduceSum: reduce(13),
} as const satisfies Record<string, Operator>

/** x times its hard sigmoid. */
function gateTimesX({ name, inputs, outputs }: Node): Node[] {
  const gate = `${name}/gate`
  return [
    { name: gate, op: 'HardSigmoid', inputs, outputs: [gate], attributes: { alpha: 1 / 6, beta: 0.5 } },
    { name, op: 'Mul', inputs: [inputs[0]!, gate], outputs, attributes: {} },
  ]
}

export type OperatorName = keyof typeof OPERATORS

/** The row of an operator, or undefined where we do not use it. */
export const operatorOf = (op: string): Operator | undefined => (OPERATORS as Record<string, Operator>)[op]

/** ONNX's number of a dtype (TensorProto.DataType). */
export const DTYPE_NUMBERS: Readonly<Record<DType, number>> = {
  float32: 1,
  float16: 10,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
}

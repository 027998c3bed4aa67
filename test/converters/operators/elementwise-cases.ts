/** Cases of the operators that work on each element, compare, reduce and normalize. */
import { ANY, discrete, type OperatorCase, on } from './case.ts'
import { attr, type GraphBuilder, type Value } from './graph-builder.ts'

type To = GraphBuilder
/** A value within the domain of a function. */
const DOMAINS = {
  all: (_: To, x: Value): string => x.name,
  /** -0.9 … 0.9 */
  within: (to: To, x: Value): string => to.add('Mul', [to.add('Tanh', [x]), to.scalar(0.9, 'float32')]),
  /** 0.5 … */
  positive: (to: To, x: Value): string => to.add('AddV2', [to.add('Abs', [x]), to.scalar(0.5, 'float32')]),
  /** 1.5 … */
  large: (to: To, x: Value): string => to.add('AddV2', [to.add('Abs', [x]), to.scalar(1.5, 'float32')]),
} as const

const unary = (op: string, domain: keyof typeof DOMAINS = 'all', attributes = {}): OperatorCase[] =>
  on(ANY, (to, x) => to.add(op, [DOMAINS[domain](to, x), ...[]], attributes))

const channels = ({ shape }: Value): number => shape.at(-1)!
const film = ({ shape }: Value): number[] => [1, ...shape.slice(1)]

/** With a scalar, with a weight for each channel, with a whole film, with itself turned round, and the other way round. */
const binary = (op: string, from = -1, to_ = 1): OperatorCase[] => [
  ...on(
    ANY,
    (to, x) => to.add(op, [x, to.constant([from < 0 ? -0.7 : 1.3], [], 'float32')]),
    (to, x) => to.add(op, [x, to.weight([channels(x)], from, to_)]),
    (to, x) => to.add(op, [x, to.weight(film(x), from, to_)]),
  ),
]
const both = (op: string): OperatorCase[] => [
  ...binary(op),
  ...on(
    ANY,
    (to, x) => to.add(op, [to.weight([channels(x)]), x]),
    (to, x) => to.add(op, [x, to.add('Tanh', [x])]),
    (to, x) => to.add(op, [x, to.add('Mean', [x, to.constant([-1])], { keep_dims: attr.flag(true) })]),
  ),
]

const compare = (op: string): OperatorCase[] =>
  discrete(
    on(
      ANY,
      (to, x) => to.add(op, [x, to.scalar(0.25, 'float32')]),
      (to, x) => to.add(op, [x, to.weight([channels(x)])]),
    ),
  )

const isLarge = (to: To, x: Value, than = 0.2): string => to.add('Greater', [x, to.scalar(than, 'float32')])

const last = ({ shape }: Value): number => shape.length - 1
const AXES: ((x: Value) => number[])[] = [
  (x) => [last(x)],
  () => [-1],
  () => [1],
  (x) => [...Array(last(x)).keys()].map((axis) => axis + 1),
]

const reduce = (op: string, all = AXES): OperatorCase[] =>
  all.flatMap((axes) =>
    [true, false].flatMap((keep) =>
      on(ANY, (to, x) => to.add(op, [x, to.constant(axes(x))], { keep_dims: attr.flag(keep) })),
    ),
  )

const norm = (op: string): OperatorCase[] =>
  on([4], (to, x) => {
    const parameters = [to.weight([channels(x)]), to.weight([channels(x)]), to.weight([channels(x)])]
    const inputs = [x.name, ...parameters, to.weight([channels(x)], 0.5, 2)]
    return to.add(op, inputs, { epsilon: attr.number(0.001), data_format: attr.text('NHWC') })
  })

const running = (op: string): OperatorCase[] =>
  [true, false].flatMap((flag) =>
    on([2, 3], (to, x) =>
      to.add(op, [x, to.scalar(1)], { exclusive: attr.flag(flag), reverse: attr.flag(!flag) }),
    ),
  )

export const ELEMENTWISE_CASES = {
  Add: both('Add'),
  AddV2: both('AddV2'),
  AddN: on(ANY, (to, x) => to.add('AddN', [x, to.add('Relu', [x]), to.weight(film(x))].slice(0, 2))),
  BiasAdd: on([2, 3, 4], (to, x) => to.add('BiasAdd', [x, to.weight([channels(x)])])),
  Sub: both('Sub'),
  RealDiv: binary('RealDiv', 0.5, 2),
  Div: binary('Div', 0.5, 2),
  DivNoNan: binary('DivNoNan', 0.5, 2),
  FloorDiv: discrete(binary('FloorDiv', 0.5, 2)),
  Mul: both('Mul'),
  Maximum: both('Maximum'),
  Minimum: both('Minimum'),
  Pow: on(
    ANY,
    (to, x) => to.add('Pow', [x, to.scalar(2, 'float32')]),
    (to, x) => to.add('Pow', [DOMAINS.positive(to, x), to.weight([channels(x)])]),
  ),
  SquaredDifference: both('SquaredDifference'),
  Mod: discrete(binary('Mod', 0.5, 2)),
  FloorMod: discrete(binary('FloorMod', 0.5, 2)),
  Abs: unary('Abs'),
  Acos: unary('Acos', 'within'),
  Acosh: unary('Acosh', 'large'),
  Asin: unary('Asin', 'within'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atan2: on(ANY, (to, x) => to.add('Atan2', [x, DOMAINS.positive(to, x)])),
  Atanh: unary('Atanh', 'within'),
  Ceil: discrete(unary('Ceil')),
  ClipByValue: on(ANY, (to, x) =>
    to.add('ClipByValue', [x, to.scalar(-0.5, 'float32'), to.scalar(0.75, 'float32')]),
  ),
  Cos: unary('Cos'),
  Cosh: unary('Cosh', 'within'),
  Elu: unary('Elu'),
  Exp: unary('Exp', 'within'),
  Expm1: unary('Expm1', 'within'),
  Floor: discrete(unary('Floor')),
  Log: unary('Log', 'positive'),
  Log1p: unary('Log1p', 'positive'),
  Neg: unary('Neg'),
  Prelu: on(ANY, (to, x) => to.add('Prelu', [x, to.weight([channels(x)])])),
  Reciprocal: unary('Reciprocal', 'positive'),
  Relu: unary('Relu'),
  Relu6: unary('Relu6'),
  LeakyRelu: unary('LeakyRelu', 'all', { alpha: attr.number(0.3) }),
  Selu: unary('Selu'),
  Sigmoid: unary('Sigmoid'),
  Sign: discrete(unary('Sign')),
  Sin: unary('Sin'),
  Sinh: unary('Sinh', 'within'),
  Sqrt: unary('Sqrt', 'positive'),
  Rsqrt: unary('Rsqrt', 'positive'),
  Square: unary('Square'),
  Tan: unary('Tan', 'within'),
  Tanh: unary('Tanh'),
  Round: discrete(unary('Round')),
  Softplus: unary('Softplus'),
  Erf: unary('Erf'),
  IsNan: discrete(unary('IsNan')),
  IsFinite: discrete(unary('IsFinite')),
  IsInf: discrete(unary('IsInf')),
  Equal: compare('Equal'),
  NotEqual: compare('NotEqual'),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterEqual'),
  Less: compare('Less'),
  LessEqual: compare('LessEqual'),
  LogicalAnd: discrete(on(ANY, (to, x) => to.add('LogicalAnd', [isLarge(to, x), isLarge(to, x, 0.9)]))),
  LogicalOr: discrete(on(ANY, (to, x) => to.add('LogicalOr', [isLarge(to, x), isLarge(to, x, 0.9)]))),
  LogicalNot: discrete(on(ANY, (to, x) => to.add('LogicalNot', [isLarge(to, x)]))),
  Select: discrete(on(ANY, (to, x) => to.add('Select', [isLarge(to, x), x, to.add('Neg', [x])]))),
  SelectV2: discrete(on(ANY, (to, x) => to.add('SelectV2', [isLarge(to, x), x, to.add('Square', [x])]))),
  Max: reduce('Max'),
  Min: reduce('Min'),
  Mean: reduce('Mean'),
  Sum: reduce('Sum'),
  Prod: reduce('Prod'),
  // tfjs takes one axis or two.
  EuclideanNorm: reduce('EuclideanNorm', AXES.slice(0, 3)),
  All: discrete(
    on(ANY, (to, x) =>
      to.add('All', [isLarge(to, x, -1.5), to.constant([1])], { keep_dims: attr.flag(false) }),
    ),
  ),
  Any: discrete(
    on(ANY, (to, x) => to.add('Any', [isLarge(to, x, 1), to.constant([1])], { keep_dims: attr.flag(true) })),
  ),
  ArgMax: discrete(
    on(
      ANY,
      (to, x) => to.add('ArgMax', [x, to.scalar(last(x))]),
      (to, x) => to.add('ArgMax', [x, to.scalar(1)]),
    ),
  ),
  ArgMin: discrete(on(ANY, (to, x) => to.add('ArgMin', [x, to.scalar(1)]))),
  Cumsum: running('Cumsum'),
  Cumprod: running('Cumprod'),
  FusedBatchNorm: norm('FusedBatchNorm'),
  FusedBatchNormV2: norm('FusedBatchNormV2'),
  FusedBatchNormV3: norm('FusedBatchNormV3'),
  LRN: on([4], (to, x) =>
    to.add('LRN', [x], {
      depth_radius: attr.whole(2),
      bias: attr.number(1),
      alpha: attr.number(0.3),
      beta: attr.number(0.6),
    }),
  ),
  Softmax: on(ANY, (to, x) => to.add('Softmax', [x])),
  LogSoftmax: on([2, 3, 4], (to, x) => to.add('LogSoftmax', [x])),
}

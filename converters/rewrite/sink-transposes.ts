/** Carries a Transpose from before a node to behind it, so that it meets the one that undoes it.
 *  How each operator passes a Transpose is a row; an operator without a row stops it. */
import assert from 'node:assert/strict'
import type { Constant, Node } from '../graph/graph.ts'
import { OPERATORS, type OperatorName } from '../graph/operators.ts'
import { invert, movesOnlyOnes, permute } from '../graph/permute.ts'
import { positive } from '../graph/shape-rules.ts'
import { reshapeBefore } from './reshape-groups.ts'
import type { Outcome, Rewriting, Rule } from './rule.ts'

interface Passage {
  node: Node
  /** The Transpose's permutation, and what it was applied to. */
  perm: readonly number[]
  x: string
  to: Rewriting
}

/** Writes the node on the value before the Transpose.
 *  @returns that value, with the permutation still to be applied to it; undefined where it cannot pass */
type Pass = (passage: Passage) => { value: string; perm: readonly number[] } | undefined

const same = (node: Node, to: Rewriting, inputs: readonly string[], attributes = node.attributes): string =>
  to.add(node, node.op as OperatorName, inputs, attributes)

/** op(T(x), scalars…) -> T(op(x, scalars…)) */
const unary: Pass = ({ node, perm, x, to }) => ({ value: same(node, to, [x, ...node.inputs.slice(1)]), perm })

/** A constant that is broadcast against a transposed value, as it must lie before the Transpose. */
function constantBefore(constant: Constant, perm: readonly number[]): Constant {
  if (constant.data.length === 1) return { ...constant, shape: [] }
  const shape = [...new Array<number>(perm.length - constant.shape.length).fill(1), ...constant.shape]
  return permute({ ...constant, shape }, invert(perm))
}

/** An operand as it lies before the Transpose: what was transposed in the same way, or a value that is moved by no
 *  Transpose, having one pixel or one channel; `reshape-transposes` takes that Transpose away again. */
function operandBefore({ node, perm, to }: Passage, value: string): string | undefined {
  const producer = to.producer(value)
  if (producer?.op === 'Transpose' && String(producer.attributes.perm) === String(perm))
    return producer.inputs[0]
  const { shape } = to.typeOf(value)
  if (to.constant(value) !== undefined || shape.length !== perm.length) return undefined
  const back = invert(perm)
  return movesOnlyOnes(shape, back)
    ? to.add({ ...node, name: `${node.name}/before` }, 'Transpose', [value], { perm: back })
    : undefined
}

/** op(T(x), T(y)) -> T(op(x, y)); op(T(x), c) -> T(op(x, c')) */
const binary: Pass = (passage) => {
  const { node, perm, to } = passage
  const operands = node.inputs.map((value) => {
    const constant = to.constant(value)
    if (constant === undefined) return operandBefore(passage, value)
    return constant.shape.length > perm.length
      ? undefined
      : to.newConstant(value, constantBefore(constant, perm))
  })
  return operands.every((operand) => operand !== undefined)
    ? { value: same(node, to, operands), perm }
    : undefined
}

/** Reductions: the axes are renamed; without keepdims the rest must keep its order, or a smaller Transpose stays. */
const reduce: Pass = ({ node, perm, x, to }) => {
  const axes = to.integers(node.inputs[1])
  if (axes === undefined) return undefined
  const before = axes.map((axis) => perm[axis < 0 ? axis + perm.length : axis]!)
  const value = same(node, to, [x, to.newIntegers(node, before, 'axes')])
  if (node.attributes.keepdims === 1) return { value, perm }
  return { value, perm: withoutAxes(perm, before) }
}

/** The permutation of the axes that are left when some are taken away. */
function withoutAxes(perm: readonly number[], taken: readonly number[]): number[] {
  const kept = perm.filter((axis) => !taken.includes(axis))
  const ranks = kept.toSorted((a, b) => a - b)
  return kept.map((axis) => ranks.indexOf(axis))
}

/** ArgMax, ArgMin without keepdims. */
const argument: Pass = ({ node, perm, x, to }) => {
  const axis = axisOf(node, perm)
  return { value: same(node, to, [x], { ...node.attributes, axis }), perm: withoutAxes(perm, [axis]) }
}

/** Axes are the fourth input. */
const slice: Pass = ({ node, perm, x, to }) => {
  const [, starts, ends, axes, steps] = node.inputs
  const before = to.integers(axes)?.map((axis) => perm[axis < 0 ? axis + perm.length : axis]!)
  if (before === undefined) return undefined
  const value = same(node, to, [x, starts!, ends!, to.newIntegers(node, before, 'axes'), steps!])
  return { value, perm }
}

/** Tile, Expand: a number for each axis is the second input. */
const perAxis: Pass = ({ node, perm, x, to }) => {
  const numbers = to.integers(node.inputs[1])
  if (numbers?.length !== perm.length) return undefined
  const before = invert(perm).map((axis) => numbers[axis]!)
  return { value: same(node, to, [x, to.newIntegers(node, before, 'axes')]), perm }
}

const axisOf = (node: Node, perm: readonly number[]): number => {
  const axis = node.attributes.axis as number
  return perm[axis < 0 ? axis + perm.length : axis]!
}

const softmax: Pass = ({ node, perm, x, to }) => ({
  value: same(node, to, [x], { ...node.attributes, axis: axisOf(node, perm) }),
  perm,
})

const concat: Pass = (passage) => {
  const { node, perm, to } = passage
  const operands = node.inputs.map((value) => operandBefore(passage, value))
  if (!operands.every((operand) => operand !== undefined)) return undefined
  return { value: same(node, to, operands, { axis: axisOf(node, perm) }), perm }
}

/** One index takes its axis away, as a reduction does; a list of indices keeps it. */
const gather: Pass = ({ node, perm, x, to }) => {
  const rank = to.typeOf(node.inputs[1]!).shape.length
  if (rank > 1 || to.producer(node.inputs[0])?.op !== 'Transpose') return undefined
  if (rank === 0) {
    const axis = axisOf(node, perm)
    const value = same(node, to, [x, node.inputs[1]!], { axis })
    return { value, perm: withoutAxes(perm, [axis]) }
  }
  return { value: same(node, to, [x, node.inputs[1]!], { axis: axisOf(node, perm) }), perm }
}

/** The lengths of the axes, in the order in which they were before. */
const lengths: Pass = ({ node, perm, x, to }) => {
  const shape = to.add({ ...node, name: `${node.name}/before` }, 'Shape', [x])
  return {
    value: to.add(node, 'Gather', [shape, to.newIntegers(node, perm, 'axes')], { axis: 0 }),
    perm: [0],
  }
}

const pad: Pass = ({ node, perm, x, to }) => {
  const pads = to.integers(node.inputs[1])
  if (pads === undefined) return undefined
  const rank = perm.length
  const before = [0, rank].flatMap((side) => invert(perm).map((axis) => pads[side + axis]!))
  return { value: same(node, to, [x, to.newIntegers(node, before, 'pads'), ...node.inputs.slice(2)]), perm }
}

/** A mean over other axes again. */
const globalAverage: Pass = ({ node, perm, x, to }) => {
  const axes = to.newIntegers(node, perm.slice(2), 'axes')
  return { value: to.add(node, 'ReduceMean', [x, axes], { keepdims: 1 }), perm }
}

/** Axes that are split, joined or of length 1, where that is the same before the Transpose. */
const reshape: Pass = ({ node, perm, x, to }) => {
  const [given, sizes] = node.inputs as [string, string]
  if (to.constant(sizes) === undefined) return undefined
  const call = { inputs: [to.typeOf(given)], constants: [undefined, to.constant(sizes)], attributes: {} }
  const before = reshapeBefore(to.typeOf(given).shape, OPERATORS.Reshape.infer(call).shape, perm)
  if (before === undefined) return undefined
  const numbers = before.shape.map((dim) => (typeof dim === 'number' ? dim : -1))
  // A Reshape takes one open dimension.
  if (numbers.indexOf(-1) !== numbers.lastIndexOf(-1)) return undefined
  return { value: same(node, to, [x, to.newIntegers(node, numbers, 'shape')]), perm: before.perm }
}

/** The axis is the second input. */
const cumSum: Pass = ({ node, perm, x, to }) => {
  const [axis] = to.integers(node.inputs[1]) ?? []
  if (axis === undefined) return undefined
  const data = Int32Array.of(perm[positive(axis, perm.length)]!)
  return {
    value: same(node, to, [x, to.newConstant(node.inputs[1]!, { dtype: 'int32', shape: [], data })]),
    perm,
  }
}

/** Operators that a Transpose passes. */
export const PASSES: { readonly [Op in OperatorName]?: Pass } = {
  Abs: unary,
  Acos: unary,
  Acosh: unary,
  Add: binary,
  And: binary,
  ArgMax: argument,
  ArgMin: argument,
  Asin: unary,
  Asinh: unary,
  Atan: unary,
  Atanh: unary,
  BitwiseAnd: binary,
  Cast: unary,
  Ceil: unary,
  Clip: unary,
  Concat: concat,
  Cos: unary,
  Cosh: unary,
  CumSum: cumSum,
  Div: binary,
  Elu: unary,
  Equal: binary,
  Erf: unary,
  Exp: unary,
  Expand: perAxis,
  Floor: unary,
  Gather: gather,
  GlobalAveragePool: globalAverage,
  Greater: binary,
  GreaterOrEqual: binary,
  HardSigmoid: unary,
  HardSwish: unary,
  IsInf: unary,
  IsNaN: unary,
  LeakyRelu: unary,
  Less: binary,
  LessOrEqual: binary,
  Log: unary,
  LogSoftmax: softmax,
  Max: binary,
  Min: binary,
  Mod: binary,
  Mul: binary,
  Neg: unary,
  Not: unary,
  Or: binary,
  PRelu: binary,
  Pad: pad,
  Pow: binary,
  Reciprocal: unary,
  ReduceMax: reduce,
  ReduceMean: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceSum: reduce,
  Relu: unary,
  Reshape: reshape,
  Round: unary,
  Selu: unary,
  Shape: lengths,
  Sigmoid: unary,
  Sign: unary,
  Sin: unary,
  Sinh: unary,
  Slice: slice,
  Softmax: softmax,
  Softplus: unary,
  Sqrt: unary,
  Sub: binary,
  Tan: unary,
  Tanh: unary,
  Tile: perAxis,
  Where: binary,
}

/** Whether each element of what an operator gives is made of one element of its first input, wherever that lies. */
export const isUnary = (op: string): boolean => PASSES[op as OperatorName] === unary

export const sinkTransposes: Rule = {
  name: 'sink-transposes',
  describe: 'op(Transpose(x, p)) -> Transpose(op(x), p), axes and constants of the op renamed',
  apply(node, to): Outcome {
    const pass = PASSES[node.op as OperatorName]
    if (pass === undefined) return undefined
    const before = node.inputs
      .map((value) => to.producer(value))
      .find((producer) => producer?.op === 'Transpose')
    if (before === undefined) return undefined
    if (to.isInput(before.inputs[0]))
      return { refused: 'a film is transposed where it enters, while it is bytes' }
    const perm = before.attributes.perm as readonly number[]
    assert(before.inputs[0] !== undefined, 'a Transpose has an input')
    const passed = pass({ node, perm, x: before.inputs[0], to })
    if (passed === undefined)
      return { refused: `${node.op} '${node.name}' cannot pass a Transpose of [${perm}]` }
    const isPlain = passed.perm.every((axis, i) => axis === i)
    return {
      value: isPlain ? passed.value : to.add(node, 'Transpose', [passed.value], { perm: passed.perm }),
    }
  },
}

/** Cases of the kernels that compute on each element, compare, choose, and run along an axis. */
import * as tf from '@tensorflow/tfjs-core'
import { open, weight } from '../harness.ts'
import {
  type Case,
  convolved,
  films,
  map,
  of,
  pair,
  positive,
  unary,
  whole,
  wholePair,
  wide,
} from './case.ts'

const within = (from: number, to: number) => [open([4, 3], { from, to })]
/** Numbers and halves, between -4.5 and 4.5. */
const halves = (x: tf.Tensor): tf.Tensor => tf.div(tf.cast(x, 'float32'), 2)
const bools = (x: tf.Tensor): tf.Tensor => tf.greater(x, tf.scalar(0, x.dtype))
/** NaN below 0, -Infinity at 0, Infinity above. */
const strange = (x: tf.Tensor): tf.Tensor => tf.div(tf.log(tf.round(tf.mul(x, 2))), 0)

const comparisons = (fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Case[] => [
  of('of whole numbers', wholePair, (a, b) => fn(a, b!)),
  of('with a number', wide, (x) => fn(tf.round(x), tf.scalar(1))),
  of('behind a convolution, by channel', map, (x) => fn(convolved(x), weight([4]))),
  of('of an input and itself', pair, (x) => fn(x, tf.clone(x))),
]

const logic = (fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Case[] => [
  of('of two conditions', pair, (a, b) => fn(bools(a), bools(b!))),
  of('of a condition and a constant', pair, (a) => fn(bools(a), tf.tensor1d([true, false, true], 'bool'))),
  of('behind a convolution', map, (x) => fn(bools(convolved(x)), bools(weight([4])))),
]

const tests = (fn: (x: tf.Tensor) => tf.Tensor): Case[] => [
  of('of a matrix', wide, (x) => fn(x)),
  of('of NaN and infinities', wide, (x) => fn(strange(x))),
  of('of whole numbers', whole, (x) => fn(x)),
]

type Axes = (x: tf.Tensor, axis?: number | number[], keep?: boolean) => tf.Tensor
const reductions = (fn: Axes, of_: (x: tf.Tensor) => tf.Tensor = (x) => x): Case[] => [
  of('height and width', map, (x) => fn(of_(x), [1, 2])),
  of('height and width, kept', map, (x) => fn(of_(x), [1, 2], true)),
  of('negative axes, unsorted', map, (x) => fn(of_(x), [-1, -3])),
  of('the batch', map, (x) => fn(of_(x), 0)),
  of('everything', map, (x) => fn(of_(x))),
  of('behind a convolution', map, (x) => fn(of_(convolved(x)), 1)),
]

const arguments_ = (fn: typeof tf.argMax): Case[] => [
  of('of classes', wide, (x) => fn(x, -1)),
  of('of the batch', wide, (x) => fn(x, 0)),
  of('the first of equals', whole, (x) => fn(tf.sign(x), 1)),
  of('of channels behind a convolution', map, (x) => fn(convolved(x), 3)),
  of('of bools', wide, (x) => fn(bools(x), 1)),
]

const running = (fn: typeof tf.cumsum): Case[] => [
  of('along the last axis', wide, (x) => fn(x, 2)),
  of('exclusive', wide, (x) => fn(x, 1, true)),
  of('reverse', wide, (x) => fn(x, 1, false, true)),
  of('exclusive and reverse, a long axis', [open([11, 2], { from: 0.5, to: 1.5 })], (x) =>
    fn(x, 1, true, true),
  ),
  of('of whole numbers', whole, (x) => fn(x, 2)),
  of('behind a convolution', map, (x) => fn(convolved(x), 1)),
]

export const ARITHMETIC_CASES = {
  Acos: unary(tf.acos, within(-1, 1)),
  Acosh: unary(tf.acosh, within(1.01, 5)),
  AddN: [
    of('of three', pair, (a, b) => tf.addN([a, b!, a])),
    of('behind a convolution', map, (x) =>
      tf.addN([convolved(x), convolved(x), weight([1, 5, 7, 4])].slice(0, 2)),
    ),
  ],
  All: reductions(tf.all as Axes, bools),
  Any: reductions(tf.any as Axes, bools),
  ArgMax: arguments_(tf.argMax),
  ArgMin: arguments_(tf.argMin),
  Asin: unary(tf.asin, within(-1, 1)),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atan2: [
    of('of two inputs', pair, (a, b) => tf.atan2(a, b!)),
    of('on the axes', wholePair, (a, b) =>
      tf.atan2(tf.cast(tf.sign(a), 'float32'), tf.cast(tf.sign(b!), 'float32')),
    ),
    of('with a number', wide, (x) => tf.atan2(x, tf.scalar(-2))),
  ],
  Atanh: unary(tf.atanh, within(-0.9, 0.9)),
  BitwiseAnd: [
    of('of two inputs', wholePair, (a, b) => tf.bitwiseAnd(a, b!)),
    of('of films', films, (x) => tf.bitwiseAnd(x, x)),
  ],
  Ceil: [...unary(tf.ceil), of('of halves', whole, (x) => tf.ceil(halves(x)))],
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh, within(-4, 4)),
  Cumprod: running(tf.cumprod),
  Cumsum: running(tf.cumsum),
  Equal: comparisons(tf.equal),
  Erf: unary(tf.erf, within(-3, 3)),
  Expm1: unary(tf.expm1, within(-3, 3)),
  Floor: [...unary(tf.floor), of('of halves', whole, (x) => tf.floor(halves(x)))],
  FloorDiv: [
    of('of whole numbers, of every sign, by zero', wholePair, (a, b) => tf.floorDiv(a, b!)),
    of('by a whole number', whole, (x) => tf.floorDiv(x, tf.scalar(-4, 'int32'))),
    of('films by 16', films, (x) => tf.floorDiv(x, tf.scalar(16, 'int32'))),
    of('of floats', pair, (a, b) => tf.floorDiv(a, tf.add(b!, 3))),
  ],
  Greater: comparisons(tf.greater),
  GreaterEqual: comparisons(tf.greaterEqual),
  IsFinite: tests(tf.isFinite),
  IsInf: tests(tf.isInf),
  IsNan: tests(tf.isNaN),
  Less: comparisons(tf.less),
  LessEqual: comparisons(tf.lessEqual),
  Log1p: unary(tf.log1p, within(-0.9, 5)),
  LogicalAnd: logic(tf.logicalAnd),
  LogicalNot: [
    of('of a condition', pair, (x) => tf.logicalNot(bools(x))),
    of('twice', map, (x) => tf.logicalNot(tf.logicalNot(bools(x)))),
  ],
  LogicalOr: logic(tf.logicalOr),
  Min: reductions(tf.min),
  Mod: [
    of('of whole numbers, of every sign, by zero', wholePair, (a, b) => tf.mod(a, b!)),
    of('by a whole number', whole, (x) => tf.mod(x, tf.scalar(-4, 'int32'))),
    of(
      'of floats of every sign',
      [open([4, 3], { from: -9, to: 9 }, 'a'), open([4, 3], { from: -2, to: 2 }, 'b')],
      (a, b) => tf.mod(a, b!),
    ),
    of('of floats by a number', wide, (x) => tf.mod(x, tf.scalar(2.5))),
    of('of films', films, (x) => tf.mod(x, tf.scalar(10, 'int32'))),
  ],
  NotEqual: comparisons(tf.notEqual),
  OnesLike: [
    of('of an input', pair, (x) => tf.add(x, tf.onesLike(x))),
    of('as output', pair, (x) => tf.onesLike(x)),
    of('of a map without a batch', map, (x) => tf.onesLike(tf.mean(x, 0))),
  ],
  Prelu: [
    of('by channel', map, (x) => tf.prelu(x, weight([3]))),
    of('by element', map, (x) => tf.prelu(x, weight([5, 7, 3]))),
    of('behind a convolution', map, (x) => tf.prelu(convolved(x), weight([4]))),
    of('one slope', wide, (x) => tf.prelu(x as tf.Tensor, tf.scalar(0.3))),
  ],
  Prod: reductions(tf.prod as Axes, (x) => tf.add(x, 1.2)),
  Reciprocal: unary(tf.reciprocal, positive),
  Round: [...unary(tf.round), of('of halves, to even', whole, (x) => tf.round(halves(x)))],
  Rsqrt: unary(tf.rsqrt, positive),
  SearchSorted: [
    of('left', wide, (x) =>
      tf.searchSorted(tf.tensor2d([[-3, 0, 2, 2.5]]), tf.reshape(tf.mean(x, [0, 2]), [1, -1])),
    ),
    of('a sequence for each film', [open([6], { dtype: 'int32', from: -4, to: 5 })], (x) =>
      tf.searchSorted(tf.cumsum(tf.abs(x), 1), tf.abs(x), 'right'),
    ),
    of('left of equals, a sequence for each film', [open([6], { dtype: 'int32', from: -4, to: 5 })], (x) =>
      tf.searchSorted(tf.cumsum(tf.abs(x), 1), tf.abs(x), 'left'),
    ),
  ],
  Select: [
    of('of two inputs', pair, (a, b) => tf.where(bools(a), a, b!)),
    of('of a number and an input', map, (x) => tf.where<tf.Tensor>(bools(x), x, tf.scalar(0.5))),
    of('of whole numbers', wholePair, (a, b) => tf.where(bools(a), a, b!)),
    of('of bools', pair, (a, b) => tf.where(bools(a), bools(a), bools(b!))),
    of('behind a convolution', map, (x) => {
      const y = convolved(x)
      return tf.where(bools(y), y, tf.neg(y))
    }),
  ],
  Selu: unary(tf.selu),
  Sign: [...unary(tf.sign), of('of whole numbers', whole, (x) => tf.sign(x))],
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh, within(-4, 4)),
  Softplus: unary(tf.softplus),
  Square: [...unary(tf.square), of('of whole numbers', whole, (x) => tf.square(x))],
  SquaredDifference: [
    of('of two inputs', pair, (a, b) => tf.squaredDifference(a, b!)),
    of('by channel behind a convolution', map, (x) => tf.squaredDifference(convolved(x), weight([4]))),
    of('of whole numbers', wholePair, (a, b) => tf.squaredDifference(a, b!)),
  ],
  Step: [
    ...unary((x) => tf.step(x)),
    of('with a value below', whole, (x) => tf.step(tf.cast(x, 'float32'), 0.25)),
  ],
  Tan: unary(tf.tan, within(-1.4, 1.4)),
  TopK: [
    of('values and places', [open([9])], (x) => {
      const { values, indices } = tf.topk(x as tf.Tensor, 3)
      return [values, indices]
    }),
    of(
      'places of equals',
      [open([9], { dtype: 'int32', from: 0, to: 3 })],
      (x) => tf.topk(x as tf.Tensor, 5).indices,
    ),
    of('of a map behind a convolution', map, (x) => tf.relu(tf.topk(convolved(x), 2).values)),
  ],
  ZerosLike: [
    of('of an input', pair, (x) => tf.add(x, tf.zerosLike(x))),
    of('of films, behind', films, (x) => tf.concat([x, tf.zerosLike(x)], 1)),
    of('joined', pair, (x) => tf.concat([x as tf.Tensor, tf.zerosLike(x)], 2)),
  ],
}

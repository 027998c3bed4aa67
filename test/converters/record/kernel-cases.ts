/** The table of cases for the table of kernels: each row calls its kernel in the ways that networks do. */
import * as tf from '@tensorflow/tfjs-core'
import type { LOWERED } from '../../../converters/record/kernels/index.ts'
import { open, type TestInput, weight } from '../harness.ts'
import { type Case, convolved, films, map, of, pair, positive, unary, whole, wide } from './case.ts'
import { ARITHMETIC_CASES } from './cases-arithmetic.ts'
import { ARRAY_CASES } from './cases-array.ts'
import { MAP_CASES } from './cases-map.ts'

const binary = (fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Case[] => [
  of('of two inputs', pair, (a, b) => fn(a, b!)),
  of('with a number', pair, (a) => fn(a, tf.scalar(1.5))),
  of('of a number and an input', pair, (a) => fn(tf.scalar(1.5), a)),
  of('with one value a channel of a map', map, (x) => fn(x, weight([3]))),
  of('with a map that is broadcast', map, (x) => fn(x, weight([5, 1, 3]))),
  of('of two inputs of other ranks', [open([2, 4, 3], {}, 'a'), open([3], {}, 'b')], (a, b) =>
    fn(a, tf.reshape(b!, [-1, 1, 1, 3])),
  ),
]

const conv2d = (
  title: string,
  filter: number[],
  strides: number | [number, number],
  pad: Pad,
  dilations = 1,
): Case => of(title, map, (x) => tf.conv2d(x, weight(filter) as tf.Tensor4D, strides, pad, 'NHWC', dilations))

type Pad = Parameters<typeof tf.conv2d>[3]
const EXPLICIT: Pad = [
  [0, 0],
  [2, 1],
  [0, 3],
  [0, 0],
]

const depthwise = (
  title: string,
  filter: number[],
  strides: number,
  pad: 'same' | 'valid' | number,
  dilations = 1,
) =>
  of(title, map, (x) => tf.depthwiseConv2d(x, weight(filter) as tf.Tensor4D, strides, pad, 'NHWC', dilations))

const ACTIVATIONS = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const

const pools = (pool: typeof tf.maxPool): Case[] => [
  of("2 x 2, 'valid'", map, (x) => pool(x, 2, 2, 'valid')),
  of("2 x 2, 'same', odd sides", map, (x) => pool(x, 2, 2, 'same')),
  of("3 x 2 with strides 1 x 3, 'same'", map, (x) => pool(x, [3, 2], [1, 3], 'same')),
  of('3 x 3 with a pad of 1', map, (x) => pool(x, 3, 2, 1)),
  of('3 x 3 with explicit pads', map, (x) =>
    pool(x, 3, 2, [
      [0, 0],
      [1, 0],
      [0, 2],
      [0, 0],
    ]),
  ),
  of('a pad of 0, rounded up', [open([6, 6, 2])], (x) => pool(x, 3, 2, 0, 'ceil')),
  of('the whole map', map, (x) => pool(x, [5, 7], 1, 'valid')),
  of('behind a pad of zeros, negative values', map, (x) =>
    pool(tf.pad(tf.neg(tf.abs(x)), PADS), 3, 1, 'same'),
  ),
  of('behind a pad as wide as the window', map, (x) => pool(tf.pad(x, PADS), 2, 2, 'valid')),
]

const norm = (title: string, inputs: readonly TestInput[], channels: number, parts: string): Case =>
  of(title, inputs, (x) =>
    tf.batchNorm(
      x,
      weight([channels], 1),
      tf.abs(weight([channels], 2)) as tf.Tensor1D,
      parts.includes('o') ? weight([channels], 3) : undefined,
      parts.includes('s') ? weight([channels], 4) : undefined,
      0.01,
    ),
  )

const reductions = (fn: (x: tf.Tensor, axis?: number | number[], keep?: boolean) => tf.Tensor): Case[] => [
  of('height and width', map, (x) => fn(x, [1, 2])),
  of('height and width, kept', map, (x) => fn(x, [1, 2], true)),
  of('a negative axis', map, (x) => fn(x, -1)),
  of('negative axes, unsorted, kept', map, (x) => fn(x, [-1, -3], true)),
  of('the batch', map, (x) => fn(x, 0)),
  of('everything', map, (x) => fn(x)),
  of('no axis at all', map, (x) => fn(x, [])),
  of('behind a convolution, one axis', map, (x) => fn(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same'), 1)),
  of('of films', films, (x) => fn(x, [1, 2])),
]

const product = (title: string, a: number[], b: number[], transposeA = false, transposeB = false): Case =>
  of(title, [open(a, {}, 'a'), open(b, {}, 'b')], (x, y) =>
    tf.matMul(x as tf.Tensor, y!, transposeA, transposeB),
  )

export const CASES = {
  ...ARITHMETIC_CASES,
  ...ARRAY_CASES,
  ...MAP_CASES,
  Abs: unary(tf.abs),
  Add: [
    ...binary(tf.add),
    of('of films and a whole number', films, (x) => tf.add(x, tf.scalar(3, 'int32'))),
    of('of films and themselves', films, (x) => tf.add(x, x)),
    of('of whole numbers', whole, (x) => tf.add(x, tf.tensor1d([1, -2, 3], 'int32'))),
  ],
  AvgPool: pools(tf.avgPool),
  BatchMatMul: [
    of('by a weight', [open([5])], (x) => tf.matMul(x as tf.Tensor, weight([5, 4]))),
    of('by a transposed weight', [open([5])], (x) => tf.matMul(x as tf.Tensor, weight([4, 5]), false, true)),
    of('a transposed weight first', [open([5])], (x) =>
      tf.matMul(weight([5, 4]), x as tf.Tensor, true, true),
    ),
    product('stacks', [2, 3], [3, 4]),
    product('stacks, the first transposed', [3, 2], [3, 4], true),
    product('stacks, the second transposed', [2, 3], [4, 3], false, true),
    product('stacks, both transposed', [3, 2], [4, 3], true, true),
    product('stacks of stacks', [2, 2, 3], [2, 3, 4]),
    of('a stack by one matrix', [open([2, 3])], (x) => tf.matMul(x as tf.Tensor, weight([1, 3, 4]))),
  ],
  Cast: [
    of('films to floats', films, (x) => tf.cast(x, 'float32')),
    of('films to whole numbers', films, (x) => tf.cast(x, 'int32')),
    of('floats to whole numbers, towards zero', wide, (x) => tf.cast(x, 'int32')),
    of('floats to floats', wide, (x) => tf.relu(tf.cast(x, 'float32'))),
    of('floats to bool and back', [open([4, 3], { from: 0, to: 2 })], (x) =>
      tf.cast(tf.cast(tf.cast(x, 'int32'), 'bool'), 'float32'),
    ),
  ],
  ClipByValue: [
    ...unary((x) => tf.clipByValue(x, -1.5, 2)),
    of('whole numbers', whole, (x) => tf.clipByValue(x, -3, 4)),
  ],
  Concat: [
    of('channels', [open([4, 3, 2], {}, 'a'), open([4, 3, 5], {}, 'b')], (a, b) => tf.concat([a, b!], 3)),
    of('a negative axis', [open([4, 3, 2], {}, 'a'), open([4, 3, 5], {}, 'b')], (a, b) =>
      tf.concat([a, b!], -1),
    ),
    of('maps of convolutions', map, (x) =>
      tf.concat(
        [tf.conv2d(x, weight([1, 1, 3, 2]), 1, 'same'), tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same')],
        -1,
      ),
    ),
    of('height, an input and a convolution', map, (x) =>
      tf.concat([x, tf.conv2d(x, weight([3, 3, 3, 3]), 1, 'same')], 1),
    ),
    of('one tensor twice', pair, (a) => tf.concat([a, a, a] as tf.Tensor[], 1)),
    of('films', films, (x) => tf.concat([x, x], 3)),
    of('a film and a constant', [open([2, 3])], (x) =>
      tf.concat([x, tf.mul(tf.sum(x, [1, 2], true), weight([1, 1, 3]))] as tf.Tensor[], 1),
    ),
  ],
  Conv2D: [
    conv2d("3 x 3, 'same'", [3, 3, 3, 4], 1, 'same'),
    conv2d("3 x 3, 'valid'", [3, 3, 3, 4], 1, 'valid'),
    conv2d("stride 2, 'same', odd sides", [3, 3, 3, 4], 2, 'same'),
    conv2d("stride 3, 'same', a smaller kernel", [2, 2, 3, 4], 3, 'same'),
    conv2d("an even kernel, 'same'", [4, 2, 3, 4], 1, 'same'),
    of('channels first', [open([3, 5, 7])], (x) =>
      tf.conv2d(x, weight<tf.Rank.R4>([3, 3, 3, 4]), 2, 'same', 'NCHW'),
    ),
    conv2d('strides 2 x 1', [3, 3, 3, 4], [2, 1], 'same'),
    conv2d("dilated, 'same'", [3, 3, 3, 4], 1, 'same', 2),
    conv2d("dilated, 'valid'", [2, 3, 3, 4], 1, 'valid', 2),
    conv2d('a pad of 2', [3, 3, 3, 4], 2, 2),
    conv2d('explicit pads', [3, 3, 3, 4], 2, EXPLICIT),
    conv2d('1 x 1', [1, 1, 3, 6], 1, 'same'),
    conv2d('the whole map', [5, 7, 3, 2], 1, 'valid'),
    of('a pad of 1, rounded up', [open([6, 6, 3])], (x) =>
      tf.conv2d(x, weight([3, 3, 3, 2]), 2, 0, 'NHWC', 1, 'ceil'),
    ),
    of('one dimension', [open([9, 3])], (x) =>
      tf.conv1d(x as unknown as tf.Tensor3D, weight([3, 3, 4]), 2, 'same'),
    ),
    of('two after each other', map, (x) =>
      tf.conv2d(tf.conv2d(x, weight([3, 3, 3, 4]), 2, 'same'), weight([3, 3, 4, 2]), 1, 'valid'),
    ),
    of('one filter twice', [open([5, 5, 3])], (x) =>
      tf.conv2d(tf.conv2d(x, SHARED, 1, 'same'), SHARED, 2, 'same'),
    ),
  ],
  DepthwiseConv2dNative: [
    depthwise("3 x 3, 'same'", [3, 3, 3, 1], 1, 'same'),
    depthwise("stride 2, 'valid'", [3, 3, 3, 1], 2, 'valid'),
    depthwise('two outputs a channel', [3, 3, 3, 2], 2, 'same'),
    depthwise('dilated', [3, 3, 3, 2], 1, 'same', 2),
    depthwise('an even kernel, a pad of 1', [2, 4, 3, 1], 1, 1),
    of('separable', map, (x) => tf.separableConv2d(x, weight([3, 3, 3, 2]), weight([1, 1, 6, 4]), 1, 'same')),
  ],
  Elu: unary(tf.elu),
  Exp: [
    ...unary(tf.exp, [open([4, 3], { from: -4, to: 4 })]),
    of('in a logSoftmax', wide, (x) => tf.logSoftmax(x)),
  ],
  FusedBatchNorm: [
    norm('a map', map, 3, 'os'),
    norm('without scale', map, 3, 'o'),
    norm('without offset', map, 3, 's'),
    norm('without both', map, 3, ''),
    norm('rows', [open([6])], 6, 'os'),
    norm('sequences', [open([4, 6])], 6, 'os'),
    of('behind a convolution', map, (x) =>
      tf.batchNorm(
        tf.conv2d(x, weight([3, 3, 3, 4]), 2, 'same'),
        weight([4], 1),
        tf.abs(weight([4], 2)) as tf.Tensor1D,
      ),
    ),
  ],
  FusedConv2D: [
    ...ACTIVATIONS.map((activation) =>
      of(`bias and ${activation}`, map, (x) =>
        tf.fused.conv2d({
          x,
          filter: weight([3, 3, 3, 4]) as tf.Tensor4D,
          strides: 2,
          pad: 'same',
          bias: weight([4]),
          activation,
          leakyreluAlpha: 0.3,
          preluActivationWeights: weight([4]),
        }),
      ),
    ),
    of('without bias', map, (x) =>
      tf.fused.conv2d({
        x,
        filter: weight([2, 3, 3, 4]) as tf.Tensor4D,
        strides: 1,
        pad: 'valid',
        activation: 'relu',
      }),
    ),
  ],
  FusedDepthwiseConv2D: ACTIVATIONS.map((activation) =>
    of(`bias and ${activation}`, map, (x) =>
      tf.fused.depthwiseConv2d({
        x,
        filter: weight([3, 3, 3, 2]) as tf.Tensor4D,
        strides: 1,
        pad: 'same',
        bias: weight([6]),
        activation,
        leakyreluAlpha: 0.3,
        preluActivationWeights: weight([6]),
      }),
    ),
  ),
  Identity: [
    of('as output', pair, (x) => tf.clone(x)),
    of('of films', films, (x) => tf.clone(x)),
    of('between', pair, (x) => tf.relu(tf.clone(tf.tanh(x)))),
  ],
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.15)),
  Log: unary(tf.log, positive),
  Max: reductions(tf.max),
  MaxPool: pools(tf.maxPool),
  Maximum: binary(tf.maximum),
  Mean: [...reductions(tf.mean), of('of each map', map, (x) => tf.mean(convolved(x), [1, 2]))],
  Minimum: binary(tf.minimum),
  Multiply: binary(tf.mul),
  Neg: unary(tf.neg),
  PadV2: [
    of('a map', map, (x) =>
      tf.pad(x, [
        [0, 0],
        [1, 2],
        [0, 3],
        [0, 0],
      ]),
    ),
    of('with another value', map, (x) => tf.pad(x, PADS, -2.5)),
    of('behind a convolution, channels too', map, (x) =>
      tf.pad(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same'), [
        [0, 0],
        [1, 2],
        [3, 0],
        [1, 0],
      ]),
    ),
    of('films', films, (x) => tf.pad(x, PADS, 7)),
    of('whole numbers', whole, (x) =>
      tf.pad(
        x as tf.Tensor,
        [
          [0, 0],
          [1, 0],
          [0, 2],
        ],
        5,
      ),
    ),
  ],
  Pow: [
    of('of two inputs', [open([4, 3], { from: 0.1, to: 3 }, 'a'), open([4, 3], {}, 'b')], (a, b) =>
      tf.pow(a, b!),
    ),
    of('a map, by channel', [open([4, 3, 2], { from: 0.1, to: 3 })], (x) => tf.pow(x, weight([2]))),
    of('a square', wide, (x) => tf.pow(x, tf.scalar(2))),
  ],
  RealDiv: [
    of('by a number', wide, (x) => tf.div(x, tf.scalar(3))),
    of('a number by an input', positive, (x) => tf.div(tf.scalar(3), x)),
    of('films by 255', films, (x) => tf.div(x, 255)),
    of('a map by channel', map, (x) => tf.div(x, tf.add(tf.abs(weight([3])), 0.5))),
  ],
  Relu: [
    ...unary(tf.relu),
    of('of whole numbers', whole, (x) => tf.relu(x)),
    of('between convolutions', map, (x) =>
      tf.conv2d(tf.relu(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same')), weight([3, 3, 4, 2]), 1, 'same'),
    ),
  ],
  Relu6: [
    ...unary(tf.relu6),
    of('the hard swish of a convolution', map, (x) => {
      const y = tf.mul(convolved(x), 4)
      return tf.mul(y, tf.div(tf.relu6(tf.add(y, 3)), 6))
    }),
    of('a hard sigmoid', wide, (x) => tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6)),
  ],
  Reshape: [
    of('flat', map, (x) => tf.reshape(x, [-1, 5 * 7 * 3])),
    of('flat behind a convolution', map, (x) =>
      tf.reshape(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same'), [x.shape[0], -1]),
    ),
    of('a convolution, flat, then a matrix', map, (x) =>
      tf.matMul(
        tf.reshape(tf.conv2d(x, weight([3, 3, 3, 4]), 2, 'same'), [x.shape[0], -1]) as tf.Tensor2D,
        weight([3 * 4 * 4, 5]) as tf.Tensor2D,
      ),
    ),
    of('rows of a map, then a matrix', map, (x) =>
      tf.matMul(
        tf.reshape(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same'), [-1, 28]) as tf.Tensor2D,
        weight([28, 5]) as tf.Tensor2D,
      ),
    ),
    of('a map of one pixel', map, (x) => tf.reshape(tf.conv2d(x, weight([5, 7, 3, 4]), 1, 'valid'), [-1, 4])),
    of('a map of one pixel, transposed first', map, (x) =>
      tf.reshape(tf.transpose(tf.conv2d(x, weight([5, 7, 3, 4]), 1, 'valid'), [3, 0, 1, 2]), [4, -1]),
    ),
    of('batch and film in one dimension', pair, (x) => tf.reshape(x, [-1])),
    of('batch behind', pair, (x) => tf.reshape(x, [2, -1, 3])),
    of('films', films, (x) => tf.reshape(x, [-1, 90])),
  ],
  Reverse: [
    of('channels', map, (x) => tf.reverse(x, -1)),
    of('channels of films (RGB to BGR)', films, (x) => tf.cast(tf.reverse(x, 3), 'float32')),
    of('height and width, behind a convolution', map, (x) =>
      tf.reverse(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same'), [1, 2]),
    ),
  ],
  Sigmoid: unary(tf.sigmoid),
  Softmax: [
    of('classes', wide, (x) => tf.softmax(x)),
    of('classes of a map', map, (x) => tf.softmax(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same'), -1)),
  ],
  Sqrt: unary(tf.sqrt, positive),
  Sub: [
    ...binary(tf.sub),
    of('the ImageNet means from films', films, (x) => tf.sub(x, tf.tensor1d([103.939, 116.779, 123.68]))),
  ],
  Sum: [...reductions(tf.sum), of('of whole numbers', whole, (x) => tf.sum(x, 1))],
  Tanh: unary(tf.tanh),
  Transpose: [
    of('of a matrix', pair, (x) => tf.transpose(x, [0, 2, 1])),
    of('of everything, the batch too', map, (x) => tf.transpose(x)),
    of('of films', films, (x) => tf.transpose(x, [0, 2, 1, 3])),
    of('between convolutions', map, (x) =>
      tf.conv2d(
        tf.transpose(tf.conv2d(x, weight([3, 3, 3, 4]), 1, 'same'), [0, 2, 1, 3]),
        weight([3, 3, 4, 2]) as tf.Tensor4D,
        1,
        'same',
      ),
    ),
    of('there and back', pair, (x) => tf.transpose(tf.transpose(x, [0, 2, 1]), [0, 2, 1])),
  ],
  _FusedMatMul: [
    ...ACTIVATIONS.map((activation) =>
      of(`bias and ${activation}`, [open([5])], (x) =>
        tf.fused.matMul({
          a: x as tf.Tensor,
          b: weight([5, 4]),
          bias: weight([4]),
          activation,
          leakyreluAlpha: 0.3,
          preluActivationWeights: weight([4]),
        }),
      ),
    ),
    of('a transposed weight, without bias', [open([5])], (x) =>
      tf.fused.matMul({ a: x as tf.Tensor, b: weight([4, 5]), transposeB: true, activation: 'relu' }),
    ),
    of('stacks, both transposed', [open([3, 2], {}, 'a'), open([4, 3], {}, 'b')], (a, b) =>
      tf.fused.matMul({
        a: a as tf.Tensor,
        b: b!,
        transposeA: true,
        transposeB: true,
        bias: weight([4]),
        activation: 'elu',
      }),
    ),
  ],
} satisfies { [Name in keyof typeof LOWERED]: readonly Case[] }

const SHARED = weight([3, 3, 3, 3]) as tf.Tensor4D
const PADS: [number, number][] = [
  [0, 0],
  [1, 2],
  [0, 3],
  [0, 0],
]

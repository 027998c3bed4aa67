/** Each rule: it fires, a near miss does not (and says why where it looked closer), the numbers agree. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../../converters/graph/check.ts'
import type { Draft } from '../../../converters/graph/draft.ts'
import { type Constant, type Graph, graphText } from '../../../converters/graph/graph.ts'
import { DTYPE_NUMBERS, type OperatorName } from '../../../converters/graph/operators.ts'
import { dropDeadNodes } from '../../../converters/rewrite/drop-dead-nodes.ts'
import { foldConstants } from '../../../converters/rewrite/fold-constants.ts'
import { openNchw } from '../../../converters/rewrite/open-nchw.ts'
import { applyRule, RULES, rewrite } from '../../../converters/rewrite/rewrite.ts'
import type { Rule } from '../../../converters/rewrite/rule.ts'
import { shareConstants } from '../../../converters/rewrite/share-constants.ts'
import { PASSES } from '../../../converters/rewrite/sink-transposes.ts'
import { RoentgenError } from '../../../errors.ts'
import { constantOf, expectSameNumbers, fixedGraphOf, graphOf, ops, sweep } from './graphs.ts'

interface Fires {
  title: string
  graph: Graph
  /** Operators afterwards. */
  after: string[]
}
interface NearMiss {
  title: string
  graph: Graph
  /** Why the rule leaves it; absent where it does not even look closer. */
  reason?: string
  /** How many nodes it looked at closer, if several. */
  times?: number
}

const NHWC = [0, 2, 3, 1]
const NCHW = [0, 3, 1, 2]
const transpose = (to: Draft, x: string, perm: readonly number[]) => to.add('Transpose', [x], { perm })
const reshape = (to: Draft, x: string, shape: readonly number[]) =>
  to.add('Reshape', [x, to.integers('shape', shape)])
const padded = (to: Draft, x: string, by: number, fill: number) =>
  to.add('Pad', [x, to.integers('pads', [0, 0, by, by, 0, 0, by, by]), to.scalar('fill', fill)])
const pool = (to: Draft, x: string, size: number, op: 'MaxPool' | 'AveragePool' = 'MaxPool') =>
  to.add(op, [x], { kernel_shape: [size, size] })
const conv = (to: Draft, x: string, bias = false) =>
  to.add('Conv', [
    x,
    to.constant('w', constantOf([3, 2, 3, 3])),
    ...(bias ? [to.constant('b', constantOf([3]))] : []),
  ])
const batchNorm = (to: Draft, x: string) =>
  to.add(
    'BatchNormalization',
    [x, ...[-1, -1, -1, 0.5].map((from, i) => to.constant(`p${i}`, constantOf([3], from)))],
    { epsilon: 1e-3 },
  )
/** One channel, twice. */
const repeated = (to: Draft, x: string) => to.add('Expand', [x, to.integers('channels', [1, 2, 1, 1])])
const clip = (to: Draft, x: string, least: number, most: number) =>
  to.add('Clip', [x, to.scalar('min', least), to.scalar('max', most)])
/** The gate of MobileNet v3, six times. */
const sixfold = (to: Draft, x: string) => clip(to, to.add('Add', [x, to.scalar('three', 3)]), 0, 6)
const mean = (to: Draft, x: string, axes: number[], keepdims: number) =>
  to.add('ReduceMean', [x, to.integers('axes', axes)], { keepdims })
/** As tfjs computes it, or nearly. */
const logSoftmax = (
  to: Draft,
  x: string,
  axis: number,
  { maximum = axis, op = 'ReduceMax' }: { maximum?: number; op?: OperatorName } = {},
) => {
  const [largest, summed] = [maximum, axis].map((a) => to.integers('axes', [a])) as [string, string]
  const d = to.add('Sub', [x, to.add(op, [x, largest], { keepdims: 1 })])
  const sum = to.add('ReduceSum', [to.add('Exp', [d]), summed], { keepdims: 1 })
  return to.add('Sub', [d, to.add('Log', [sum])])
}
const relu = (to: Draft, x: string) => to.add('Relu', [x])
/** A value that is no input, transposed. */
const behindRelu = (to: Draft, x: string, perm: readonly number[] = NHWC) => transpose(to, relu(to, x), perm)

const isPositive = (to: Draft, x: string) => to.add('Greater', [x, to.scalar('zero', 0)])
/** As the recorder writes zeros of the batch. */
const rowForEach = (to: Draft, x: string, shape: number[]) => {
  const batch = to.add('Gather', [to.add('Shape', [x]), to.integers('first', [0])], { axis: 0 })
  const wanted = to.add('Concat', [batch, to.integers('rest', shape.slice(1))], { axis: 0 })
  return to.add('Expand', [to.constant('row', constantOf(shape)), wanted])
}

const CASES: Record<string, { fires: Fires[]; nearMisses: NearMiss[] }> = {
  'sink-transposes': {
    fires: [
      {
        title: 'through an activation',
        graph: graphOf([2, 3, 4], (to, x) => to.add('Sigmoid', [behindRelu(to, x)])),
        after: ['Relu', 'Sigmoid', 'Transpose'],
      },
      {
        title: 'through a sum of two that are transposed alike',
        graph: graphOf([2, 3, 4], (to, x) => {
          const y = to.add('Tanh', [x])
          return to.add('Add', [behindRelu(to, x), transpose(to, y, NHWC)])
        }),
        after: ['Tanh', 'Relu', 'Add', 'Transpose'],
      },
      {
        title: 'into the mean over a map, which is what remains',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('ReduceMean', [behindRelu(to, x), to.integers('axes', [1, 2])], { keepdims: 0 }),
        ),
        after: ['Relu', 'ReduceMean'],
      },
      {
        title: 'through a product with a value of one pixel, which is moved back first',
        graph: graphOf([2, 3, 4], (to, x) => {
          const gate = reshape(
            to,
            to.add('ReduceMax', [x, to.integers('axes', [2, 3])], { keepdims: 0 }),
            [-1, 1, 1, 2],
          )
          return to.add('Mul', [behindRelu(to, x), gate])
        }),
        after: ['ReduceMax', 'Reshape', 'Relu', 'Transpose', 'Mul', 'Transpose'],
      },
    ],
    nearMisses: [
      {
        title: 'a film is transposed where it enters',
        graph: graphOf([2, 3, 4], (to, x) => relu(to, transpose(to, x, NHWC))),
        reason: 'a film is transposed where it enters, while it is bytes',
      },
      {
        title: 'a sum of two that are transposed in different ways',
        graph: graphOf([3, 3, 3], (to, x) => to.add('Add', [behindRelu(to, x), behindRelu(to, x, NCHW)])),
        reason: "Add 'Add' cannot pass a Transpose of [0,2,3,1]",
      },
      {
        title: 'a sum with a value that is computed',
        graph: graphOf([3, 3, 3], (to, x) => to.add('Add', [behindRelu(to, x), x])),
        reason: "Add 'Add' cannot pass a Transpose of [0,2,3,1]",
      },
      {
        title: 'a sum with a constant of more dimensions',
        graph: graphOf([2, 2, 3], (to, x) =>
          to.add('Add', [behindRelu(to, x), to.constant('c', constantOf([2, 1, 1, 1, 1]))]),
        ),
        reason: "Add 'Add' cannot pass a Transpose of [0,2,3,1]",
      },
      {
        title: 'a concatenation with a value that is not transposed',
        graph: graphOf([3, 3, 3], (to, x) => to.add('Concat', [behindRelu(to, x), x], { axis: 3 })),
        reason: "Concat 'Concat' cannot pass a Transpose of [0,2,3,1]",
      },
      {
        title: 'a matrix product',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('MatMul', [behindRelu(to, x), to.constant('w', constantOf([2, 5]))]),
        ),
      },
    ],
  },
  'cancel-transposes': {
    fires: [
      {
        title: 'there and back',
        graph: graphOf([2, 3, 4], (to, x) => relu(to, transpose(to, transpose(to, x, NHWC), NCHW))),
        after: ['Relu'],
      },
      {
        title: 'twice the same way',
        graph: graphOf([2, 3, 4], (to, x) => transpose(to, transpose(to, x, NHWC), NHWC)),
        after: ['Transpose'],
      },
      {
        title: 'two that move everything, the first one read elsewhere too',
        graph: graphOf([2, 3, 4], (to, x) => {
          const first = transpose(to, x, [3, 1, 0, 2])
          return [relu(to, first), transpose(to, first, [1, 3, 2, 0])]
        }),
        after: ['Transpose', 'Relu', 'Transpose'],
      },
    ],
    nearMisses: [
      {
        title: 'something stands between',
        graph: graphOf([2, 3, 4], (to, x) => transpose(to, relu(to, transpose(to, x, NHWC)), NCHW)),
      },
    ],
  },
  'reshape-transposes': {
    fires: [
      {
        title: 'a map of one pixel',
        graph: graphOf([4, 1, 1], (to, x) => transpose(to, x, NHWC)),
        after: ['Reshape'],
      },
      {
        title: 'a film of one channel',
        graph: graphOf([2, 3, 1], (to, x) => transpose(to, x, NCHW)),
        after: ['Reshape'],
      },
      {
        title: 'one axis of length 1 moves, the others stay in their order',
        graph: graphOf([4, 1, 5], (to, x) => transpose(to, x, [0, 2, 1, 3])),
        after: ['Reshape'],
      },
    ],
    nearMisses: [
      {
        title: 'a map of two pixels',
        graph: graphOf([4, 1, 2], (to, x) => transpose(to, x, NHWC)),
        reason: 'it moves axes that are longer than 1',
      },
      {
        title: 'a map of one pixel whose batch moves',
        graph: graphOf([4, 1, 1], (to, x) => transpose(to, x, [1, 0, 2, 3])),
        reason: 'it moves axes that are longer than 1',
      },
    ],
  },
  'flatten-by-weights': {
    fires: [
      {
        title: 'a map, flattened, before a matrix',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('MatMul', [
            reshape(to, transpose(to, x, NHWC), [-1, 24]),
            to.constant('w', constantOf([24, 5])),
          ]),
        ),
        after: ['Reshape', 'MatMul'],
      },
      {
        title: 'an activation and a constant a column in between',
        graph: graphOf([2, 3, 4], (to, x) => {
          const flat = relu(to, reshape(to, transpose(to, x, NHWC), [-1, 24]))
          const scaled = to.add('Mul', [to.constant('c', constantOf([24])), flat])
          return to.add('MatMul', [scaled, to.constant('w', constantOf([24, 5]))])
        }),
        after: ['Reshape', 'Relu', 'Mul', 'MatMul'],
      },
      {
        title: 'a normalization in between',
        graph: graphOf([2, 3, 1], (to, x) => {
          const flat = reshape(to, transpose(to, x, NHWC), [-1, 6])
          const parameters = [-1, -1, -1, 0.5].map((from, i) => to.constant(`p${i}`, constantOf([6], from)))
          const normal = to.add('BatchNormalization', [flat, ...parameters], { epsilon: 1e-3 })
          return to.add('MatMul', [normal, to.constant('w', constantOf([6, 5]))])
        }),
        after: ['Reshape', 'BatchNormalization', 'MatMul'],
      },
      {
        title: 'joined with other features, and with another map',
        graph: graphOf([2, 3, 4], (to, x) => {
          const [one, other] = [NHWC, [0, 3, 2, 1]].map((perm) =>
            reshape(to, transpose(to, x, perm), [-1, 24]),
          )
          const features = mean(to, x, [2, 3], 0)
          const joined = to.add('Concat', [one!, features, other!], { axis: 1 })
          return to.add('MatMul', [joined, to.constant('w', constantOf([50, 5]))])
        }),
        after: ['ReduceMean', 'Reshape', 'Reshape', 'Concat', 'MatMul'],
      },
      {
        title: 'another order of axes, the map read elsewhere too',
        graph: graphOf([2, 3, 4], (to, x) => {
          const map = transpose(to, x, [0, 3, 2, 1])
          const dense = to.add('MatMul', [reshape(to, map, [-1, 24]), to.constant('w', constantOf([24, 5]))])
          return [map, dense]
        }),
        after: ['Transpose', 'Reshape', 'MatMul'],
      },
    ],
    nearMisses: [
      {
        title: 'rows of a map, not the whole',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('MatMul', [
            reshape(to, transpose(to, x, NHWC), [-1, 8]),
            to.constant('w', constantOf([8, 5])),
          ]),
        ),
        reason: 'it does not flatten each film',
      },
      {
        title: 'a Transpose that moves the batch',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('MatMul', [
            reshape(to, transpose(to, x, [1, 0, 2, 3]), [-1, 12]),
            to.constant('w', constantOf([12, 5])),
          ]),
        ),
        reason: 'the size of the map is open',
      },
      {
        title: 'a weight that is computed',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('MatMul', [
            reshape(to, transpose(to, x, NHWC), [-1, 24]),
            relu(to, to.constant('w', constantOf([24, 5]))),
          ]),
        ),
        reason: 'the weight is not a constant matrix',
      },
      {
        title: 'a stack of weights',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('MatMul', [
            reshape(to, transpose(to, x, NHWC), [-1, 24]),
            to.constant('w', constantOf([2, 24, 5])),
          ]),
        ),
        reason: 'the weight is not a constant matrix',
      },
      {
        title: 'shares of one in between',
        graph: graphOf([2, 3, 4], (to, x) => {
          const flat = reshape(to, transpose(to, x, NHWC), [-1, 24])
          const shares = to.add('Softmax', [flat], { axis: 1 })
          return to.add('MatMul', [shares, to.constant('w', constantOf([24, 5]))])
        }),
      },
      {
        title: 'rows that are added to computed ones',
        graph: graphOf([2, 3, 4], (to, x) => {
          const flat = reshape(to, transpose(to, x, NHWC), [-1, 24])
          return to.add('MatMul', [to.add('Add', [flat, flat]), to.constant('w', constantOf([24, 5]))])
        }),
      },
      {
        title: 'no Transpose before the flattening',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('MatMul', [reshape(to, relu(to, x), [-1, 24]), to.constant('w', constantOf([24, 5]))]),
        ),
      },
    ],
  },
  'merge-reshapes': {
    fires: [
      {
        title: 'two after each other',
        graph: graphOf([2, 3, 4], (to, x) => reshape(to, reshape(to, x, [-1, 24]), [-1, 4, 6])),
        after: ['Reshape'],
      },
    ],
    nearMisses: [
      {
        title: 'the second copies a dimension of the first',
        graph: graphOf([2, 3, 4], (to, x) => reshape(to, reshape(to, x, [-1, 4, 6]), [0, 2, 12])),
        reason: 'the second shape copies dimensions of the first',
      },
      {
        title: 'something stands between',
        graph: graphOf([2, 3, 4], (to, x) => reshape(to, relu(to, reshape(to, x, [-1, 24])), [-1, 4, 6])),
      },
    ],
  },
  'join-rows': {
    fires: [
      {
        title: 'a row given to each film, added to what is as long',
        graph: graphOf([3], (to, x) => to.add('Add', [relu(to, x), rowForEach(to, x, [1, 3])])),
        after: ['Relu', 'Add'],
      },
      {
        title: 'a row in front',
        graph: graphOf([3], (to, x) => to.add('Sub', [rowForEach(to, x, [1, 1]), x])),
        after: ['Sub'],
      },
    ],
    nearMisses: [
      {
        title: 'nothing else is as long',
        graph: graphOf([3], (to, x) =>
          to.add('Add', [rowForEach(to, x, [1, 3]), to.constant('c', constantOf([3]))]),
        ),
        reason: 'nothing else is as long',
      },
      {
        title: 'a choice between two rows',
        graph: graphOf([3], (to, x) => {
          const rows = [0, 1].map((from) => to.constant('row', constantOf([1, 3], from)))
          const chosen = to.add('Where', [isPositive(to, x), ...rows])
          return to.add('Add', [x, chosen])
        }),
      },
      {
        title: 'joined with Concat, which does not broadcast',
        graph: graphOf([3], (to, x) => to.add('Concat', [x, rowForEach(to, x, [1, 3])], { axis: 1 })),
      },
    ],
  },
  'keep-pads': {
    fires: [
      {
        title: 'a padded map of positive values',
        graph: graphOf([2, 6, 6], (to, x) => pool(to, padded(to, relu(to, x), 1, 0), 3)),
        after: ['Relu', 'Pad', 'MaxPool'],
      },
    ],
    nearMisses: [
      {
        title: 'a Pad of something else',
        graph: graphOf([2, 6, 6], (to, x) => pool(to, padded(to, x, 1, 0.5), 3)),
        reason: 'it pads with something else than 0',
      },
      {
        title: 'a Pad before a convolution, which is merged rightly',
        graph: graphOf([2, 6, 6], (to, x) =>
          to.add('Conv', [padded(to, x, 1, 0), to.constant('w', constantOf([1, 2, 3, 3]))]),
        ),
      },
    ],
  },
  'fold-batch-norm': {
    fires: [
      {
        title: 'behind a convolution without a bias',
        graph: graphOf([2, 6, 6], (to, x) => batchNorm(to, conv(to, x))),
        after: ['Conv'],
      },
      {
        title: 'behind a convolution with one',
        graph: graphOf([2, 6, 6], (to, x) => relu(to, batchNorm(to, conv(to, x, true)))),
        after: ['Conv', 'Relu'],
      },
      {
        title: 'behind a depthwise convolution',
        graph: graphOf([3, 6, 6], (to, x) => {
          const weight = to.constant('w', constantOf([3, 1, 3, 3]))
          return batchNorm(to, to.add('Conv', [x, weight], { group: 3 }))
        }),
        after: ['Conv'],
      },
    ],
    nearMisses: [
      {
        title: 'the convolution has another reader',
        graph: graphOf([2, 6, 6], (to, x) => {
          const map = conv(to, x)
          return to.add('Add', [batchNorm(to, map), map])
        }),
        reason: "'Conv' has another reader",
      },
      {
        title: 'the convolution is an output itself',
        graph: graphOf([2, 6, 6], (to, x) => {
          const map = conv(to, x)
          return [map, batchNorm(to, map)]
        }),
        reason: "'Conv' has another reader",
      },
      {
        title: 'no convolution stands before it',
        graph: graphOf([3, 6, 6], (to, x) => batchNorm(to, relu(to, x))),
      },
    ],
  },
  'fuse-conv-bias': {
    fires: [
      {
        title: 'one number a channel',
        graph: graphOf([2, 6, 6], (to, x) =>
          relu(to, to.add('Add', [conv(to, x), to.constant('c', constantOf([1, 3, 1, 1]))])),
        ),
        after: ['Conv', 'Relu'],
      },
      {
        title: 'a constant on the left, to a convolution that has a bias',
        graph: graphOf([2, 6, 6], (to, x) =>
          to.add('Add', [to.constant('c', constantOf([3, 1, 1])), conv(to, x, true)]),
        ),
        after: ['Conv'],
      },
      {
        title: 'one number for all',
        graph: graphOf([2, 6, 6], (to, x) => to.add('Add', [conv(to, x), to.scalar('c', 0.5)])),
        after: ['Conv'],
      },
    ],
    nearMisses: [
      {
        title: 'one number a row of the map',
        graph: graphOf([2, 6, 6], (to, x) =>
          to.add('Add', [conv(to, x), to.constant('c', constantOf([4, 1]))]),
        ),
        reason: 'what is added is not one number a channel',
      },
      {
        title: 'the convolution has another reader',
        graph: graphOf([2, 6, 6], (to, x) => {
          const map = conv(to, x)
          return [to.add('Add', [map, to.scalar('c', 0.5)]), relu(to, map)]
        }),
        reason: "'Conv' has another reader",
      },
      {
        title: 'what is added is computed',
        graph: graphOf([2, 6, 6], (to, x) => {
          const weight = to.constant('v', constantOf([3, 2, 3, 3], 0))
          return to.add('Add', [conv(to, x), relu(to, to.add('Conv', [x, weight]))])
        }),
        reason: 'what is added is computed',
      },
    ],
  },
  'drop-no-ops': {
    fires: [
      {
        title: 'an Identity',
        graph: graphOf([3], (to, x) => relu(to, to.add('Identity', [x]))),
        after: ['Relu'],
      },
      {
        title: 'a Cast to the same type',
        graph: graphOf([3], (to, x) => relu(to, to.add('Cast', [x], { to: DTYPE_NUMBERS.float32 }))),
        after: ['Relu'],
      },
      {
        title: 'a Transpose that moves nothing',
        graph: graphOf([2, 3], (to, x) => relu(to, transpose(to, x, [0, 1, 2]))),
        after: ['Relu'],
      },
      {
        title: 'a Reshape to the shape that is there, the batch open',
        graph: graphOf([2, 3], (to, x) => relu(to, reshape(to, x, [-1, 2, 3]))),
        after: ['Relu'],
      },
      {
        title: 'a Reshape that copies the batch',
        graph: graphOf([2, 3], (to, x) => relu(to, reshape(to, x, [0, 2, 3]))),
        after: ['Relu'],
      },
      {
        title: 'a Pad of nothing',
        graph: graphOf([2, 3], (to, x) =>
          relu(to, to.add('Pad', [x, to.integers('pads', [0, 0, 0, 0, 0, 0])])),
        ),
        after: ['Relu'],
      },
      {
        title: 'a Tile of one',
        graph: graphOf([2], (to, x) => relu(to, to.add('Tile', [x, to.integers('repeats', [1, 1])]))),
        after: ['Relu'],
      },
      {
        title: 'once x, x once, x by 1, x less 0',
        graph: graphOf([2], (to, x) => {
          const [one, zero] = [to.scalar('one', 1), to.scalar('zero', 0)]
          const product = to.add('Mul', [to.add('Mul', [one, x]), one])
          return relu(to, to.add('Sub', [to.add('Div', [product, one]), zero]))
        }),
        after: ['Relu'],
      },
    ],
    nearMisses: [
      {
        title: 'a Cast to another type',
        graph: graphOf([3], (to, x) => to.add('Cast', [x], { to: DTYPE_NUMBERS.int32 })),
      },
      {
        title: 'a Transpose of equal sides',
        graph: graphOf([3, 3], (to, x) => transpose(to, x, [0, 2, 1])),
      },
      {
        title: 'a Reshape of as many dimensions',
        graph: graphOf([2, 3], (to, x) => reshape(to, x, [-1, 3, 2])),
      },
      {
        title: 'a Reshape whose -1 stands elsewhere',
        graph: graphOf([2, 3], (to, x) => reshape(to, x, [2, -1, 3])),
      },
      {
        title: '1 by x, 0 less x, x and 0, which is 0 where x is -0',
        graph: graphOf([2], (to, x) => {
          const [one, zero] = [to.scalar('one', 1), to.scalar('zero', 0)]
          return [to.add('Div', [one, x]), to.add('Sub', [zero, x]), to.add('Add', [x, zero])]
        }),
      },
      {
        title: 'once x, with a dimension more',
        graph: graphOf([2], (to, x) =>
          to.add('Mul', [x, to.constant('one', { ...constantOf([1, 1, 1]), data: Float32Array.of(1) })]),
        ),
      },
      {
        title: 'a Tile of two',
        graph: graphOf([2], (to, x) => to.add('Tile', [x, to.integers('repeats', [1, 2])])),
      },
      {
        title: 'a Pad of something',
        graph: graphOf([2, 3], (to, x) => to.add('Pad', [x, to.integers('pads', [0, 0, 0, 0, 0, 1])])),
      },
    ],
  },
  'fold-grey': {
    fires: [
      {
        title: 'a channel that is repeated before a convolution',
        graph: graphOf([1, 6, 6], (to, x) => conv(to, repeated(to, x), true)),
        after: ['Conv'],
      },
      {
        title: 'one value joined with itself',
        graph: graphOf([1, 6, 6], (to, x) => conv(to, to.add('Concat', [x, x], { axis: -3 }))),
        after: ['Conv'],
      },
      {
        title: 'behind what is done to all channels alike',
        graph: graphOf([1, 6, 6], (to, x) => {
          const many = to.add('Expand', [x, to.integers('shape', [1, 3, 1, 1])])
          const bgr = to.add('Gather', [many, to.integers('bgr', [2, 0])], { axis: 1 })
          const scaled = to.add('Sub', [to.add('Div', [bgr, to.scalar('c', 2)]), to.scalar('one', 1)])
          const doubled = to.add('Mul', [to.scalar('two', 2), relu(to, scaled)])
          return conv(to, padded(to, doubled, 1, 0.5))
        }),
        after: ['Div', 'Sub', 'Relu', 'Mul', 'Pad', 'Conv'],
      },
    ],
    nearMisses: [
      {
        title: 'a scale for each channel',
        graph: graphOf([1, 6, 6], (to, x) =>
          conv(to, to.add('Mul', [repeated(to, x), to.constant('c', constantOf([2, 1, 1]))])),
        ),
        reason: 'its channels are not treated alike',
      },
      {
        title: 'channels that are padded',
        graph: graphOf([1, 6, 6], (to, x) =>
          to.add('Pad', [repeated(to, x), to.integers('pads', [0, 1, 0, 0, 0, 0, 0, 0])]),
        ),
        reason: 'its channels are not treated alike',
      },
      {
        title: 'rows that are repeated',
        graph: graphOf([2, 1, 6], (to, x) =>
          conv(to, to.add('Expand', [x, to.integers('shape', [1, 1, 6, 1])])),
        ),
        reason: 'it is not channels of one convolution that are repeated',
      },
      {
        title: 'a depthwise convolution',
        graph: graphOf([1, 6, 6], (to, x) =>
          to.add('Conv', [repeated(to, x), to.constant('w', constantOf([2, 1, 3, 3]))], { group: 2 }),
        ),
        reason: 'it is not channels of one convolution that are repeated',
      },
      {
        title: 'what is transposed: a Transpose passes it instead',
        graph: graphOf([6, 6, 1], (to, x) =>
          conv(to, transpose(to, to.add('Expand', [x, to.integers('channels', [1, 1, 1, 2])]), NCHW)),
        ),
      },
      {
        title: 'three channels of a film',
        graph: graphOf([2, 6, 6], (to, x) => conv(to, relu(to, x))),
      },
      {
        title: 'two values that are joined',
        graph: graphOf([1, 6, 6], (to, x) => conv(to, to.add('Concat', [x, relu(to, x)], { axis: 1 }))),
      },
      {
        title: 'channels that are compared with each other',
        graph: graphOf([1, 6, 6], (to, x) => to.add('Softmax', [repeated(to, x)], { axis: 1 })),
      },
    ],
  },
  'merge-bounds': {
    fires: [
      {
        title: 'the ReLU6 of Keras: a Relu, then a Min',
        graph: graphOf([3], (to, x) => to.add('Min', [to.scalar('six', 0.5), relu(to, x)])),
        after: ['Clip'],
      },
      {
        title: 'the ReLU6 of Keras: a Relu, then a Clip',
        graph: graphOf([3], (to, x) => clip(to, relu(to, x), 0, 0.5)),
        after: ['Clip'],
      },
      {
        title: 'a Max and a Min, in either order',
        graph: graphOf([3], (to, x) => [
          to.add('Min', [to.add('Max', [x, to.scalar('a', -0.5)]), to.scalar('b', 0.25)]),
          to.add('Max', [to.add('Min', [x, to.scalar('b', 0.25)]), to.scalar('a', -0.5)]),
        ]),
        after: ['Clip', 'Clip'],
      },
      {
        title: 'bounds that do not meet: the outer ones win',
        graph: graphOf([3], (to, x) => clip(to, clip(to, x, -0.75, -0.5), 0.25, 0.5)),
        after: ['Clip'],
      },
      {
        title: 'a Max with 0',
        graph: graphOf([3], (to, x) => to.add('Max', [to.scalar('zero', 0), x])),
        after: ['Relu'],
      },
      {
        title: 'bounds that are read in between, too',
        graph: graphOf([3], (to, x) => {
          const bounded = relu(to, x)
          return [bounded, to.add('Min', [bounded, to.scalar('most', 0.5)])]
        }),
        after: ['Relu', 'Clip'],
      },
    ],
    nearMisses: [
      {
        title: 'a bound for each channel',
        graph: graphOf([3], (to, x) => to.add('Min', [relu(to, x), to.constant('c', constantOf([3]))])),
      },
      {
        title: 'a bound that adds a dimension',
        graph: graphOf([3], (to, x) =>
          to.add('Min', [relu(to, x), to.constant('c', constantOf([1, 1, 1], 0.5))]),
        ),
      },
      {
        title: 'an upper bound below the lower one',
        graph: graphOf([3], (to, x) => clip(to, relu(to, x), 0.5, 0.25)),
      },
      {
        title: 'bounded from below twice',
        graph: graphOf([3], (to, x) => to.add('Max', [relu(to, x), to.scalar('a', 0.5)])),
        reason: 'it is bounded on one side only',
      },
      {
        title: 'whole numbers',
        graph: graphOf([3], (to, x) => {
          const whole = to.add('Cast', [to.add('Mul', [x, to.scalar('c', 9)])], { to: DTYPE_NUMBERS.int32 })
          const least = to.add('Max', [whole, to.scalar('a', -2, 'int32')])
          return to.add('Min', [least, to.scalar('b', 2, 'int32')])
        }),
      },
    ],
  },
  'hard-sigmoid': {
    fires: [
      {
        title: 'as Keras writes it',
        graph: graphOf([3], (to, x) =>
          clip(to, to.add('Add', [to.scalar('b', 0.5), to.add('Mul', [to.scalar('a', 0.2), x])]), 0, 1),
        ),
        after: ['HardSigmoid'],
      },
      {
        title: 'as MobileNet v3 writes it, divided',
        graph: graphOf([3], (to, x) => to.add('Div', [sixfold(to, x), to.scalar('six', 6)])),
        after: ['HardSigmoid'],
      },
      {
        title: 'as MobileNet v3 writes it, multiplied',
        graph: graphOf([3], (to, x) => to.add('Mul', [to.scalar('sixth', 1 / 6), sixfold(to, x)])),
        after: ['HardSigmoid'],
      },
      {
        title: 'of a difference that is divided',
        graph: graphOf([3], (to, x) =>
          clip(to, to.add('Div', [to.add('Sub', [x, to.scalar('c', 0.25)]), to.scalar('d', -0.5)]), 0, 1),
        ),
        after: ['HardSigmoid'],
      },
    ],
    nearMisses: [
      {
        title: 'x itself between 0 and 1',
        graph: graphOf([3], (to, x) => clip(to, x, 0, 1)),
        reason: 'it is no line between 0 and 1',
      },
      {
        title: 'a line between 0 and 6 that is not divided by 6',
        graph: graphOf([3], (to, x) => to.add('Div', [sixfold(to, x), to.scalar('five', 5)])),
        reason: 'it is no line between 0 and 1',
        times: 2,
      },
      {
        title: 'a line between -1 and 1',
        graph: graphOf([3], (to, x) => clip(to, to.add('Add', [x, to.scalar('b', 0.5)]), -1, 1)),
        reason: 'it is no line between 0 and 1',
      },
      {
        title: '6 divided by it',
        graph: graphOf([3], (to, x) => to.add('Div', [to.scalar('six', 6), sixfold(to, x)])),
        reason: 'it is no line between 0 and 1',
      },
      {
        title: 'a line that is read elsewhere too, and stays',
        graph: graphOf([3], (to, x) => {
          const line = to.add('Add', [x, to.scalar('b', 0.5)])
          return [relu(to, line), clip(to, line, 0, 1)]
        }),
        reason: 'it is no line between 0 and 1',
      },
      {
        title: 'a slope for each channel',
        graph: graphOf([3], (to, x) => clip(to, to.add('Mul', [x, to.constant('c', constantOf([3]))]), 0, 1)),
        reason: 'it is no line between 0 and 1',
      },
      {
        title: 'whole numbers, of which there is no HardSigmoid',
        graph: graphOf([3], (to, x) => {
          const whole = to.add('Cast', [to.add('Mul', [x, to.scalar('c', 9)])], { to: DTYPE_NUMBERS.int32 })
          const line = to.add('Add', [whole, to.scalar('b', 1, 'int32')])
          return to.add('Clip', [line, to.scalar('min', 0, 'int32'), to.scalar('max', 1, 'int32')])
        }),
        reason: 'it is no line between 0 and 1',
      },
    ],
  },
  'hard-swish': {
    fires: [
      {
        title: 'x times its hard sigmoid',
        graph: graphOf([3], (to, x) =>
          to.add('Mul', [to.add('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 }), x]),
        ),
        after: ['HardSwish'],
      },
      {
        title: 'the product divided by 6',
        graph: graphOf([3], (to, x) =>
          to.add('Div', [to.add('Mul', [x, sixfold(to, x)]), to.scalar('six', 6)]),
        ),
        after: ['HardSwish'],
      },
      {
        title: 'x a line itself',
        graph: graphOf([3], (to, x) => {
          const y = to.add('Mul', [x, to.scalar('four', 4)])
          return to.add('Div', [to.add('Mul', [y, sixfold(to, y)]), to.scalar('six', 6)])
        }),
        after: ['Mul', 'HardSwish'],
      },
      {
        title: 'the product by a sixth, x computed and read elsewhere too',
        graph: graphOf([3], (to, x) => {
          const y = to.add('Tanh', [x])
          const product = to.add('Mul', [sixfold(to, y), y])
          return [y, to.add('Mul', [product, to.scalar('sixth', 1 / 6)])]
        }),
        after: ['Tanh', 'HardSwish'],
      },
    ],
    nearMisses: [
      {
        title: 'another value times the gate of x',
        graph: graphOf([3], (to, x) =>
          to.add('Mul', [to.add('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 }), to.add('Tanh', [x])]),
        ),
        reason: 'it is not x that the gate of x is multiplied with',
      },
      {
        title: 'the hard sigmoid of Keras',
        graph: graphOf([3], (to, x) =>
          to.add('Mul', [to.add('HardSigmoid', [x], { alpha: 0.2, beta: 0.5 }), x]),
        ),
        reason: 'the gate is not (x + 3) / 6',
      },
      {
        title: 'the gate times itself',
        graph: graphOf([3], (to, x) => {
          const gate = to.add('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 })
          return to.add('Mul', [gate, gate])
        }),
        reason: 'it is not x that the gate of x is multiplied with',
      },
      {
        title: 'the product divided by 3',
        graph: graphOf([3], (to, x) =>
          to.add('Div', [to.add('Mul', [x, sixfold(to, x)]), to.scalar('three', 3)]),
        ),
      },
    ],
  },
  'log-softmax': {
    fires: [
      {
        title: 'as tfjs computes it',
        graph: graphOf([3, 4], (to, x) => logSoftmax(to, x, 2)),
        after: ['LogSoftmax'],
      },
      {
        title: 'along another axis than the last',
        graph: graphOf([3, 4], (to, x) => logSoftmax(to, x, 1)),
        after: ['LogSoftmax'],
      },
    ],
    nearMisses: [
      {
        title: 'the logarithm of a Softmax',
        graph: graphOf([3], (to, x) => to.add('Log', [to.add('Softmax', [x], { axis: 1 })])),
        reason: 'the logarithm of a share may be minus infinity',
      },
      {
        title: 'the largest along another axis',
        graph: graphOf([3, 4], (to, x) => logSoftmax(to, x, 2, { maximum: 1 })),
        reason: 'the sum and the maximum are of other axes',
      },
      {
        title: 'the least in the place of the largest',
        graph: graphOf([3, 4], (to, x) => logSoftmax(to, x, 2, { op: 'ReduceMin' })),
        reason: 'it is not its maximum that is subtracted',
      },
      {
        title: 'the sum over several axes',
        graph: graphOf([3, 4], (to, x) => {
          const axes = to.integers('axes', [1, 2])
          const d = to.add('Sub', [x, to.add('ReduceMax', [x, axes], { keepdims: 1 })])
          const sum = to.add('ReduceSum', [to.add('Exp', [d]), axes], { keepdims: 1 })
          return to.add('Sub', [d, to.add('Log', [sum])])
        }),
        reason: 'the sum and the maximum are of other axes',
      },
    ],
  },
  'global-average-pool': {
    fires: [
      {
        title: 'the mean over a map, its axes kept',
        graph: graphOf([2, 3, 4], (to, x) => mean(to, relu(to, x), [2, 3], 1)),
        after: ['Relu', 'GlobalAveragePool'],
      },
      {
        title: 'the mean over a map, its axes counted from behind and dropped',
        graph: graphOf([2, 3, 4], (to, x) => mean(to, relu(to, x), [-1, -2], 0)),
        after: ['Relu', 'GlobalAveragePool', 'Reshape'],
      },
      {
        title: 'the mean over a volume',
        graph: graphOf([2, 3, 4, 2], (to, x) => mean(to, x, [2, 3, 4], 0)),
        after: ['GlobalAveragePool', 'Reshape'],
      },
    ],
    nearMisses: [
      {
        title: 'the mean over a map with its channels last',
        graph: graphOf([2, 3, 4], (to, x) => mean(to, x, [1, 2], 0)),
        reason: 'it is not the mean over a map',
      },
      {
        title: 'the mean over rows alone',
        graph: graphOf([2, 3, 4], (to, x) => mean(to, x, [3], 1)),
        reason: 'it is not the mean over a map',
      },
      {
        title: 'the mean over a sequence, as LayerNormalization has it',
        graph: graphOf([5, 6], (to, x) => mean(to, x, [2], 1)),
        reason: 'it is not the mean over a map',
      },
      {
        title: 'the sum over a map',
        graph: graphOf([2, 3, 4], (to, x) =>
          to.add('ReduceSum', [x, to.integers('axes', [2, 3])], { keepdims: 1 }),
        ),
      },
    ],
  },
}

test('every rule has cases, every case a rule', () => {
  expect(Object.keys(CASES).toSorted()).toEqual(RULES.map(({ name }) => name).toSorted())
  expect(RULES.every(({ describe }) => describe.includes('->'))).toBe(true)
})

describe.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
  const { fires, nearMisses } = CASES[name]!

  test.each(fires.map((row) => [row.title, row] as const))('fires: %s', async (_, { graph, after }) => {
    const result = sweep(graph, rule)
    expect(result.fired.length).toBeGreaterThan(0)
    expect(ops(result.after)).toEqual(after)
    await expectSameNumbers(graph, result.after)
    expect(applyRule(result.after, rule)).toBe(result.after)
  })

  test.each(nearMisses.map((row) => [row.title, row] as const))(
    'near miss: %s',
    (_, { graph, reason, times = 1 }) => {
      const { after, fired, refused } = sweep(graph, rule)
      expect(fired).toEqual([])
      expect(after).toBe(graph)
      expect(refused).toEqual(reason === undefined ? [] : new Array(times).fill(reason))
    },
  )
})

describe('what a Transpose passes', () => {
  const perms = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 })
  const axis = fc.integer({ min: -4, max: 3 })

  type Random = {
    axis: number
    keepdims: number
    axes: number[]
    pads: number[]
    like: number[]
    scalar: boolean
  }
  const random: fc.Arbitrary<Random> = fc.record({
    axis,
    keepdims: fc.constantFrom(0, 1),
    axes: fc.uniqueArray(axis, { minLength: 1, maxLength: 3, selector: (a) => (a + 4) % 4 }),
    pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 8, maxLength: 8 }),
    like: fc.array(fc.boolean(), { minLength: 0, maxLength: 4 }).map((kept) => kept.map(Number)),
    scalar: fc.boolean(),
  })

  /** A constant that broadcasts against `shape`: some of its last axes whole, the others 1. */
  function beside(to: Draft, shape: readonly number[], { like, scalar }: Random): string {
    const tail = like.map((whole, i) => (whole === 1 ? shape[shape.length - like.length + i]! : 1))
    return to.constant('c', constantOf(scalar ? [] : tail, 0.25))
  }

  type Build = (to: Draft, value: string, shape: readonly number[], random: Random) => string
  const unary =
    (op: OperatorName): Build =>
    (to, value) =>
      to.add(op, [value])
  const binary =
    (op: OperatorName): Build =>
    (to, value, shape, drawn) =>
      to.add(op, drawn.keepdims ? [value, beside(to, shape, drawn)] : [beside(to, shape, drawn), value])
  const reduce =
    (op: OperatorName): Build =>
    (to, value, _, { axes, keepdims }) =>
      to.add(op, [value, to.integers('axes', axes)], { keepdims })

  const argument =
    (op: OperatorName): Build =>
    (to, value, _, drawn) =>
      to.add(op, [value], { axis: drawn.axis, keepdims: 0 })
  const condition = (to: Draft, value: string): string => to.add('Greater', [value, to.scalar('least', 0.25)])
  const logic =
    (op: OperatorName): Build =>
    (to, value, shape, drawn) =>
      to.add(op, [condition(to, value), to.add('Less', [value, beside(to, shape, drawn)])])
  const wholes = (to: Draft, value: string): string =>
    to.add('Cast', [to.add('Mul', [value, to.scalar('eight', 8)])], { to: DTYPE_NUMBERS.int32 })

  const OTHERS: { readonly [Op in OperatorName]?: Build } = {
    Acosh: (to, value) => to.add('Acosh', [to.add('Add', [value, to.scalar('two', 2)])]),
    And: logic('And'),
    ArgMax: argument('ArgMax'),
    ArgMin: argument('ArgMin'),
    BitwiseAnd: (to, value) => to.add('BitwiseAnd', [wholes(to, value), to.scalar('mask', 5, 'int32')]),
    Expand: (to, value, shape) => to.add('Expand', [value, to.integers('shape', shape)]),
    Mod: (to, value, shape, drawn) => to.add('Mod', [value, beside(to, shape, drawn)], { fmod: 1 }),
    CumSum: (to, value, _, { axis }) =>
      to.add('CumSum', [
        value,
        to.constant('axis', { dtype: 'int32', shape: [], data: Int32Array.of(axis) }),
      ]),
    // An axis of length 1 more, and two axes that are one where they lie beside each other.
    Reshape: (to, value, shape, { scalar, axis }) => {
      const at = (axis + 4) % 4
      const joined = shape.toSpliced(
        Math.min(at, 2),
        2,
        shape[Math.min(at, 2)]! * shape[Math.min(at, 2) + 1]!,
      )
      return reshape(to, value, scalar ? shape.toSpliced(at, 0, 1) : joined)
    },
    Not: (to, value) => to.add('Not', [condition(to, value)]),
    Or: logic('Or'),
    PRelu: (to, value, shape, drawn) => to.add('PRelu', [value, beside(to, shape, drawn)]),
    Slice: (to, value, shape, { axes, pads }) => {
      const starts = axes.map((axis, i) => Math.min(pads[i]!, shape.at(axis)! - 1))
      const ends = axes.map((axis) => shape.at(axis)!)
      const steps = axes.map((_, i) => 1 + pads[i + 4]!)
      const [a, b, c, d] = [starts, ends, axes, steps].map((values, i) => to.integers(`s${i}`, values))
      return to.add('Slice', [value, a!, b!, c!, d!])
    },
    Tile: (to, value, _, { pads }) =>
      to.add('Tile', [
        value,
        to.integers(
          'repeats',
          pads.slice(0, 4).map((pad) => pad + 1),
        ),
      ]),
    Where: (to, value, shape, drawn) =>
      to.add('Where', [condition(to, value), value, beside(to, shape, drawn)]),
    Cast: (to, value) => to.add('Cast', [value], { to: DTYPE_NUMBERS.int32 }),
    Clip: (to, value) => to.add('Clip', [value, to.scalar('min', -0.5), to.scalar('max', 0.25)]),
    Concat: (to, value, _, drawn) => to.add('Concat', [value, value], { axis: drawn.axis }),
    Elu: (to, value) => to.add('Elu', [value], { alpha: 1 }),
    Gather: (to, value, shape, drawn) => {
      const length = shape.at(drawn.axis)!
      if (drawn.scalar) return to.add('Gather', [value, to.constant('i', ONE_INDEX)], { axis: drawn.axis })
      return to.add('Gather', [value, to.integers('i', [length - 1, 0])], { axis: drawn.axis })
    },
    LeakyRelu: (to, value) => to.add('LeakyRelu', [value], { alpha: 0.2 }),
    Pad: (to, value, _, { pads }) =>
      to.add('Pad', [value, to.integers('pads', pads), to.scalar('fill', 0.5)], { mode: 'constant' }),
    LogSoftmax: (to, value, _, drawn) => to.add('LogSoftmax', [value], { axis: drawn.axis }),
    Softmax: (to, value, _, drawn) => to.add('Softmax', [value], { axis: drawn.axis }),
  }
  const ONE_INDEX = { dtype: 'int64', shape: [], data: BigInt64Array.of(0n) } as const
  const COMPARISONS = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']
  const BINARY = ['Add', 'Div', 'Max', 'Min', 'Mul', 'Pow', 'Sub', ...COMPARISONS]
  const buildOf = (op: OperatorName): Build =>
    OTHERS[op] ?? (BINARY.includes(op) ? binary(op) : op.startsWith('Reduce') ? reduce(op) : unary(op))

  const sink = RULES.find(({ name }) => name === 'sink-transposes')!

  test.each(Object.keys(PASSES) as OperatorName[])(
    '%s: any permutation, any axes, the same numbers',
    async (op) => {
      let fired = 0
      const property = fc.asyncProperty(perms, random, async (perm, drawn) => {
        const graph = fixedGraphOf([2, 3, 1, 4], (to, x) => {
          const value = behindRelu(to, x, perm)
          const shape = to.typeOf(value).shape as number[]
          return buildOf(op)(to, value, shape, drawn)
        })
        const result = sweep(graph, sink)
        fired += result.fired.length
        if (result.fired.length > 0) await expectSameNumbers(graph, result.after)
      })
      await fc.assert(property, { numRuns: 12, seed: 7 })
      expect(fired).toBeGreaterThan(0)
    },
  )
})

const ONES = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 1) } as const

describe('the driver', () => {
  const breaking = (name: string, outcome: (to: Draft) => string): Rule => ({
    name,
    describe: 'Relu(x) -> something else',
    apply: (node, to) => (node.op === 'Relu' ? { value: outcome(to.draft) } : undefined),
  })
  const graph = graphOf([2, 3], (to, x) => to.add('Softmax', [relu(to, x)], { axis: 2 }))

  test.each([
    [
      'another shape',
      breaking('break-shape', (to) => transpose(to, 'x', [0, 2, 1])),
      "'Relu' was f32[N,2,3]",
    ],
    ['another type', breaking('break-type', (to) => to.add('Cast', ['x'], { to: 6 })), 'became i32[N,2,3]'],
    ['a value that is not there', breaking('break-value', () => 'nowhere'), "no value 'nowhere'"],
  ])('names the rule that puts %s in place of a value', async (_, rule, words) => {
    const error: unknown = await rewrite(graph, [rule]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    expect((error as RoentgenError).code).toBe('ROE_GRAPH_INVALID')
    expect((error as RoentgenError).message).toContain(`after ${rule.name}`)
    expect((error as RoentgenError).message).toContain(words)
    expect((error as RoentgenError).cause).toContain('Softmax(%Relu)')
  })

  test('stops rules that never come to an end, with their names', async () => {
    const flip: Rule = {
      name: 'flip',
      describe: 'Relu(x) -> Relu(x)',
      apply: (node, to) => (node.op === 'Relu' ? { value: to.add(node, 'Relu', node.inputs) } : undefined),
    }
    await expect(rewrite(graph, [flip])).rejects.toThrow('the rules flip do not come to an end')
  })

  test('gives new nodes no name that a node behind them has', async () => {
    const twins = graphOf([2, 3, 4], (to, x) => {
      const y = to.add('Sigmoid', [behindRelu(to, x)], {}, 'twin')
      // Not passed, so it keeps its name, which is the one that the new Transpose would take.
      return [y, to.add('Tanh', [x], {}, 'twin_1'), to.add('Abs', [y], {}, 'twin_2')]
    })
    const after = await rewrite(twins)
    expect(after.outputs).toEqual(twins.outputs)
    expect(new Set(after.nodes.map(({ name }) => name)).size).toBe(after.nodes.length)
    await expectSameNumbers(twins, after)
  })

  describe('computes what is known', () => {
    const constants = (graph: Graph): string[] =>
      [...graph.constants.values()].map(({ dtype, shape, data }) => `${dtype}[${shape}] ${data}`)

    test.each<[string, Graph, string[], string[]]>([
      [
        'a chain of nodes, read twice',
        graphOf([2], (to, x) => {
          const root = to.add('Sqrt', [to.add('Add', [to.constant('v', ONES), to.scalar('epsilon', 3)])])
          return [to.add('Div', [x, root]), to.add('Mul', [x, root])]
        }),
        ['Div', 'Mul'],
        ['float32[2] 2,2'],
      ],
      [
        'each type in its own',
        graphOf([2], (to, x) => {
          const whole = to.add('Cast', [to.constant('v', ONES)], { to: DTYPE_NUMBERS.int32 })
          const truth = to.add('Equal', [whole, to.scalar('one', 1, 'int32')])
          const index = to.add('ArgMax', [to.constant('v', ONES)], { axis: 0, keepdims: 1 })
          const picked = to.add('Gather', [x, index], { axis: 1 })
          return to.add('Where', [truth, picked, to.add('Cast', [whole], { to: DTYPE_NUMBERS.float32 })])
        }),
        ['Gather', 'Where'],
        ['int64[1] 0', 'bool[2] 1,1', 'float32[2] 1,1'],
      ],
      [
        'not what an input is in',
        graphOf([2], (to, x) => to.add('Add', [to.add('Neg', [x]), to.constant('v', ONES)])),
        ['Neg', 'Add'],
        ['float32[2] 1,1'],
      ],
      [
        'not what would be larger than what it is made of',
        graphOf([64, 64], (to, x) =>
          to.add('Add', [x, to.add('Expand', [to.scalar('one', 1), to.integers('shape', [64, 64])])]),
        ),
        ['Expand', 'Add'],
        ['float32[] 1', 'int64[2] 64,64'],
      ],
      [
        'not what is an output, but what that is made of',
        graphOf([2], (to, x) => [x, to.add('Neg', [to.add('Neg', [to.constant('v', ONES)])])]),
        ['Neg'],
        ['float32[2] -1,-1'],
      ],
    ])('%s', async (_, before, after, values) => {
      const folded = await foldConstants(before)
      expect(ops(folded)).toEqual(after)
      expect(constants(folded).toSorted()).toEqual(values.toSorted())
      await expectSameNumbers(before, folded)
      checkGraph(folded, 'folding')
    })
  })

  test('shares constants of one type, shape and content, and no others', async () => {
    const twin = (to: Draft, dtype: Constant['dtype'], shape: number[], data: Constant['data']) =>
      to.constant('c', { dtype, shape, data })
    const before = graphOf([2], (to, x) => {
      const alike = [0, 1].map(() => to.add('Add', [x, twin(to, 'float32', [2], Float32Array.of(1, 2))]))
      const other = to.add('Add', [x, twin(to, 'float32', [2], Float32Array.of(1, 3))])
      const shaped = to.add('Add', [x, twin(to, 'float32', [1, 2], Float32Array.of(1, 2))])
      const bits = twin(to, 'int32', [2], new Int32Array(Float32Array.of(1, 2).buffer))
      return [...alike, other, shaped, to.add('Add', [bits, twin(to, 'int32', [2], Int32Array.of(0, -0))])]
    })
    const after = shareConstants(before)
    expect([...after.constants.keys()]).toEqual(['c', 'c_2', 'c_3', 'c_4', 'c_5'])
    expect(after.nodes.map(({ inputs }) => inputs[1])).toEqual(['c', 'c', 'c_2', 'c_3', 'c_5'])
    expect(shareConstants(after)).toBe(after)
    await expectSameNumbers(before, after)
  })

  test('drops nodes and constants that nothing needs, and keeps inputs', () => {
    const graph = graphOf([3], (to, x) => {
      to.add('Add', [x, to.constant('c', constantOf([3]))])
      return to.add('Neg', [to.constant('d', constantOf([1]))])
    })
    expect(graphText(dropDeadNodes(graph))).toMatchInlineSnapshot(`
      "inputs x: f32[N,3]
        %Neg: f32[1] = Neg(f32(-1))
      outputs Neg: f32[1]"
    `)
    expect([...dropDeadNodes(graph).types.keys()]).toEqual(['x', 'd', 'Neg'])
  })

  test('opens NCHW at four-dimensional inputs, where something wants it', async () => {
    const wants = graphOf([2, 3, 4], (to, x) => transpose(to, relu(to, x), NCHW))
    expect(graphText(openNchw(wants))).toMatchInlineSnapshot(`
      "inputs x: f32[N,2,3,4]
        %x/nchw: f32[N,4,2,3] = Transpose(%x) {perm: [0,3,1,2]}
        %x/nhwc: f32[N,2,3,4] = Transpose(%x/nchw) {perm: [0,2,3,1]}
        %Relu: f32[N,2,3,4] = Relu(%x/nhwc)
        %Transpose: f32[N,4,2,3] = Transpose(%Relu) {perm: [0,3,1,2]}
      outputs Transpose: f32[N,4,2,3]"
    `)
    await expectSameNumbers(wants, openNchw(wants))
    for (const perm of [NHWC, NCHW]) {
      const not = graphOf([2, 3, 4], (to, x) => relu(to, transpose(to, x, perm)))
      expect(openNchw(not)).toBe(not)
    }
  })
})

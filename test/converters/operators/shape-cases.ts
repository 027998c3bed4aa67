/** Cases of the operators that move, cut, join and look up, with shapes that TensorFlow computes. */
import { ANY, discrete, type OperatorCase, on, wholesOn } from './case.ts'
import { attr, type GraphBuilder, type Value } from './graph-builder.ts'
import { batchOf } from './window-cases.ts'

type To = GraphBuilder
const last = ({ shape }: Value): number => shape.length - 1
const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1)

const pack = (to: To, values: string[], axis = 0): string =>
  to.add('Pack', values, { axis: attr.whole(axis), N: attr.whole(values.length) })
const reshape = (to: To, x: Value, film: readonly number[]): string =>
  to.add('Reshape', [x, pack(to, [batchOf(to, x), ...film.map((size) => to.scalar(size))])])

const masks = (
  begin: number,
  end: number,
  ellipsis = 0,
  newAxis = 0,
  shrink = 0,
): Record<string, object> => ({
  begin_mask: attr.whole(begin),
  end_mask: attr.whole(end),
  ellipsis_mask: attr.whole(ellipsis),
  new_axis_mask: attr.whole(newAxis),
  shrink_axis_mask: attr.whole(shrink),
})
const strided =
  (
    begin: number[],
    end: number[],
    strides: number[],
    attributes: Record<string, object>,
  ): OperatorCase['write'] =>
  (to, x) =>
    to.add('StridedSlice', [x, to.constant(begin), to.constant(end), to.constant(strides)], attributes)

const paddings = (x: Value): number[][] => x.shape.map((_, axis) => (axis === 0 ? [0, 0] : [axis % 2, 1]))
const padOf = (to: To, x: Value): string => to.constant(paddings(x).flat(), [x.shape.length, 2])

const several = (
  to: To,
  op: string,
  inputs: (string | Value)[],
  count: number,
  attributes = {},
): string[] => {
  const name = to.add(op, inputs, attributes)
  return Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}:${i}`))
}

const through = (op: string): OperatorCase[] => on(ANY, (to, x) => to.add('Relu', [to.add(op, [x])]))
/** A whole number that becomes a float, so that it is compared as one. */
const asFloat = (to: To, value: string): string =>
  to.add('Cast', [value], { SrcT: attr.type('int32'), DstT: attr.type('float32') })

export const SHAPE_CASES = {
  Cast: [
    ...wholesOn(ANY, (to, x) => asFloat(to, x.name)),
    ...discrete(on(ANY, (to, x) => to.add('Cast', [x], { DstT: attr.type('int32') }))),
    ...discrete(on(ANY, (to, x) => to.add('Cast', [x], { DstT: attr.type('bool') }))),
  ],
  ExpandDims: on(
    [2, 3],
    (to, x) => to.add('ExpandDims', [x, to.scalar(1)]),
    (to, x) => to.add('ExpandDims', [x, to.scalar(-1)]),
  ),
  Squeeze: on([2, 3], (to, x) =>
    to.add('Squeeze', [to.add('ExpandDims', [x, to.scalar(2)])], { squeeze_dims: attr.wholes(2) }),
  ),
  Reshape: on(
    ANY,
    (to, x) => to.add('Reshape', [x, to.constant([-1, product(x.shape.slice(1))])]),
    (to, x) => reshape(to, x, x.shape.slice(1).toReversed()),
    (to, x) => to.add('Reshape', [x, to.add('Shape', [to.add('Relu', [x])])]),
  ),
  Pad: on(ANY, (to, x) => to.add('Pad', [x, padOf(to, x)])),
  PadV2: on(ANY, (to, x) => to.add('PadV2', [x, padOf(to, x), to.scalar(0.5, 'float32')])),
  MirrorPad: ['REFLECT', 'SYMMETRIC'].flatMap((mode) =>
    on([3, 4], (to, x) => to.add('MirrorPad', [x, padOf(to, x)], { mode: attr.text(mode) })),
  ),
  SpaceToBatchND: on([4], (to, x) => {
    // A dilated convolution as TensorFlow writes it.
    const [height = 1, width = 1] = x.shape.slice(1)
    const spare = [height % 2, width % 2]
    const pads = to.constant([2, 2 + spare[0]!, 2, 2 + spare[1]!], [2, 2])
    const parts = to.add('SpaceToBatchND', [x, to.constant([2, 2]), pads])
    const seen = to.add('Conv2D', [parts, to.weight([3, 3, x.shape[3]!, 3])], {
      strides: attr.wholes(1, 1, 1, 1),
      padding: attr.text('VALID'),
      dilations: attr.wholes(1, 1, 1, 1),
      data_format: attr.text('NHWC'),
    })
    return to.add('BatchToSpaceND', [
      seen,
      to.constant([2, 2]),
      to.constant([0, spare[0]!, 0, spare[1]!], [2, 2]),
    ])
  }),
  BatchToSpaceND: on([4], (to, x) => {
    const pads = to.constant([0, x.shape[1]! % 2, 0, x.shape[2]! % 2], [2, 2])
    const parts = to.add('Relu', [to.add('SpaceToBatchND', [x, to.constant([2, 2]), pads])])
    return to.add('BatchToSpaceND', [parts, to.constant([2, 2]), to.constant([0, 0, 0, 0], [2, 2])])
  }),
  DepthToSpace: on([4], (to, x) => {
    const four = to.add('Tile', [x, to.constant([1, 1, 1, 4])])
    return to.add('DepthToSpace', [four], { block_size: attr.whole(2), data_format: attr.text('NHWC') })
  }),
  BroadcastTo: on(ANY, (to, x) => {
    const one = to.add('Mean', [x, to.constant([-1])], { keep_dims: attr.flag(true) })
    return to.add('BroadcastTo', [
      one,
      pack(to, [batchOf(to, x), ...x.shape.slice(1).map((size) => to.scalar(size))]),
    ])
  }),
  Transpose: [
    ...on([3], (to, x) => to.add('Transpose', [x, to.constant([0, 2, 1])])),
    ...on(
      [4],
      (to, x) => to.add('Transpose', [x, to.constant([0, 3, 1, 2])]),
      (to, x) => to.add('Transpose', [x, to.constant([0, 2, 3, 1])]),
    ),
  ],
  ConcatV2: on(
    ANY,
    (to, x) => to.add('ConcatV2', [x, to.add('Neg', [x]), to.scalar(last(x))], { N: attr.whole(2) }),
    (to, x) => to.add('ConcatV2', [to.add('Relu', [x]), x, to.scalar(1)], { N: attr.whole(2) }),
    (to, x) => to.add('ConcatV2', [x, to.add('Tanh', [x]), to.scalar(-1)], { N: attr.whole(2) }),
  ),
  Concat: on(ANY, (to, x) => to.add('Concat', [to.scalar(1), x, to.add('Neg', [x])], { N: attr.whole(2) })),
  GatherV2: on(
    ANY,
    (to, x) =>
      to.add('GatherV2', [x, to.constant([1, 0, 1]), to.scalar(last(x))], { batch_dims: attr.whole(0) }),
    (to, x) => to.add('GatherV2', [x, to.scalar(1), to.scalar(1)], { batch_dims: attr.whole(0) }),
  ),
  Gather: wholesOn([2], (to, x) => to.add('Gather', [to.weight([256, 3]), x])),
  ReverseV2: on(ANY, (to, x) => to.add('ReverseV2', [x, to.constant([1])])),
  Slice: on(ANY, (to, x) =>
    to.add('Slice', [
      x,
      to.constant(x.shape.map((_, axis) => (axis === 0 ? 0 : 1))),
      to.constant(x.shape.map((size, axis) => (axis === 0 ? -1 : size - 1))),
    ]),
  ),
  StridedSlice: [
    ...on(
      [2, 3, 4],
      strided([0, 1], [0, 0], [1, 1], masks(1, 3)),
      strided([0, -1], [0, 0], [1, -1], masks(1, 3)),
      strided([0, 0], [0, 9], [1, 2], masks(1, 1)),
      strided([0, 1], [0, 2], [1, 1], masks(1, 1, 0, 0, 2)),
    ),
    ...on(
      [3, 4],
      strided([0, 0, 1], [0, 0, 9], [1, 1, 2], masks(1, 1, 2)),
      strided([0, 0, 0], [0, 0, 2], [1, 1, 1], masks(1, 1, 0, 2)),
    ),
  ],
  Pack: on(
    [2, 3],
    (to, x) => pack(to, [x.name, to.add('Neg', [x])], 1),
    (to, x) => pack(to, [x.name, x.name], -1),
  ),
  Unpack: on([3, 4], (to, x) =>
    several(to, 'Unpack', [x], x.shape[1]!, { axis: attr.whole(1), num: attr.whole(x.shape[1]!) }).slice(
      0,
      2,
    ),
  ),
  Tile: on(ANY, (to, x) =>
    to.add('Tile', [x, to.constant(x.shape.map((_, axis) => (axis === 0 ? 1 : axis)))]),
  ),
  Split: on(ANY, (to, x) => {
    const pair = to.add('ConcatV2', [x, to.add('Neg', [x]), to.scalar(1)], { N: attr.whole(2) })
    return several(to, 'Split', [to.scalar(1), pair], 2, { num_split: attr.whole(2) })
  }),
  SplitV: on(ANY, (to, x) =>
    several(to, 'SplitV', [x, to.constant([1, x.shape[1]! - 1]), to.scalar(1)], 2, {
      num_split: attr.whole(2),
    }),
  ),
  TopKV2: discrete(
    on([2, 3], (to, x) => several(to, 'TopKV2', [x, to.scalar(2)], 2, { sorted: attr.flag(true) })),
  ),
  OneHot: wholesOn([2], (to, x) =>
    asFloat(
      to,
      to.add('OneHot', [x, to.scalar(256), to.scalar(2), to.scalar(1)], {
        axis: attr.whole(-1),
        T: attr.type('int32'),
      }),
    ),
  ),
  Identity: through('Identity'),
  // tfjs gives back what it is given.
  FakeQuantWithMinMaxVars: through('FakeQuantWithMinMaxVars'),
  Snapshot: through('Snapshot'),
  StopGradient: through('StopGradient'),
  IdentityN: on(ANY, (to, x) => to.add('Add', several(to, 'IdentityN', [x, to.add('Neg', [x])], 2))),
  ZerosLike: on(ANY, (to, x) => to.add('Maximum', [x, to.add('ZerosLike', [x])])),
  OnesLike: on(ANY, (to, x) => to.add('Sub', [to.add('OnesLike', [x]), x])),
  Shape: on([2, 3, 4], (to, x) => to.add('Mul', [x, asFloat(to, to.add('Rank', [to.add('Shape', [x])]))])),
  Rank: on(ANY, (to, x) => to.add('Mul', [x, asFloat(to, to.add('Rank', [x]))])),
  Fill: on([2, 3], (to, x) =>
    to.add('Sub', [x, to.add('Fill', [to.add('Shape', [x]), to.scalar(0.5, 'float32')])]),
  ),
  Range: on([2], (to, x) =>
    to.add('Add', [
      x,
      to.add('Range', [to.scalar(0, 'float32'), to.scalar(x.shape[1]!, 'float32'), to.scalar(1, 'float32')]),
    ]),
  ),
}

/** Cases of the operators that look through windows, multiply matrices and resize. */
import { type OperatorCase, on } from './case.ts'
import { attr, type GraphBuilder, type Value } from './graph-builder.ts'

type To = GraphBuilder
const channels = ({ shape }: Value): number => shape.at(-1)!
const wholes = (...values: number[]): object => attr.wholes(...values)

interface Window {
  strides?: number
  padding?: string
  dilation?: number
}
const WINDOWS: Window[] = [
  { padding: 'SAME' },
  { padding: 'VALID' },
  { padding: 'SAME', strides: 2 },
  { padding: 'VALID', strides: 2 },
  { padding: 'SAME', dilation: 2 },
]
const windowAttributes = ({
  strides = 1,
  padding = 'SAME',
  dilation = 1,
}: Window): Record<string, object> => ({
  strides: wholes(1, strides, strides, 1),
  dilations: wholes(1, dilation, dilation, 1),
  padding: attr.text(padding),
  data_format: attr.text('NHWC'),
})

const convolution = (op: string, filter: (to: To, x: Value) => string): OperatorCase[] =>
  WINDOWS.flatMap((window) => on([4], (to, x) => to.add(op, [x, filter(to, x)], windowAttributes(window))))

const conv = (to: To, x: Value): string => to.weight([3, 2, channels(x), 3])
const depthwise = (to: To, x: Value): string => to.weight([3, 2, channels(x), 2])

/** What TensorFlow fuses behind a convolution or a product: names, and how many further inputs. */
const FUSED: readonly (readonly string[])[] = [
  ['BiasAdd'],
  ['BiasAdd', 'Relu'],
  ['BiasAdd', 'Relu6'],
  ['BiasAdd', 'Elu'],
  ['BiasAdd', 'LeakyRelu'],
  ['BiasAdd', 'Prelu'],
  ['BiasAdd', 'Sigmoid'],
]
const fused = (
  op: string,
  ranks: number[],
  product: (to: To, x: Value) => { inputs: string[]; out: number; attributes: Record<string, object> },
): OperatorCase[] =>
  // tfjs knows no slope of a depthwise convolution.
  FUSED.filter((names) => !(op.includes('Depthwise') && names.includes('LeakyRelu'))).flatMap((names) =>
    on(ranks, (to, x) => {
      const { inputs, out, attributes } = product(to, x)
      const args = [to.weight([out]), ...(names.includes('Prelu') ? [to.weight([out])] : [])]
      return to.add(op, [...inputs, ...args], {
        ...attributes,
        fused_ops: attr.texts(...names),
        num_args: attr.whole(args.length),
        epsilon: attr.number(0),
        leakyrelu_alpha: attr.number(0.3),
      })
    }),
  )

const pool = (op: string): OperatorCase[] =>
  [
    [2, 2],
    [3, 1],
  ].flatMap(([size = 1, strides = 1]) =>
    ['SAME', 'VALID'].flatMap((padding) =>
      on([4], (to, x) =>
        to.add(op, [x], {
          ksize: wholes(1, size, size, 1),
          strides: wholes(1, strides, strides, 1),
          padding: attr.text(padding),
        }),
      ),
    ),
  )

const pool3d = (op: string): OperatorCase[] =>
  ['SAME', 'VALID'].flatMap((padding) =>
    on([5], (to, x) =>
      to.add(op, [x], {
        ksize: wholes(1, 2, 2, 2, 1),
        strides: wholes(1, 2, 2, 1, 1),
        padding: attr.text(padding),
      }),
    ),
  )

/** One side turned round or not. */
const TURNED = [
  [false, false],
  [false, true],
] as const
const matMul = (op: string, first: string, second: string, ranks: number[]): OperatorCase[] =>
  TURNED.flatMap(([a, b]) =>
    on(ranks, (to, x) => {
      const sides = b ? [5, channels(x)] : [channels(x), 5]
      const batch = x.shape.slice(1, -2).map(() => 1)
      const other = to.weight([...(x.shape.length > 2 ? [1, ...batch] : []), ...sides])
      return to.add(op, [x, other], { [first]: attr.flag(a), [second]: attr.flag(b) })
    }),
  )

const resize = (op: string): OperatorCase[] =>
  [
    [false, false],
    [true, false],
    [false, true],
  ].flatMap(([corners = false, half = false]) =>
    on(
      [4],
      (to, x) =>
        to.add(op, [x, to.constant([9, 7])], {
          align_corners: attr.flag(corners),
          half_pixel_centers: attr.flag(half),
        }),
      (to, x) =>
        to.add(op, [x, to.constant([x.shape[1]! * 2, x.shape[2]! * 2])], {
          align_corners: attr.flag(corners),
          half_pixel_centers: attr.flag(half),
        }),
    ),
  )

/** The length of the batch as TensorFlow asks for it, so that a shape can be packed. */
export const batchOf = (to: To, x: Value): string =>
  to.add('StridedSlice', [to.add('Shape', [x]), to.constant([0]), to.constant([1]), to.constant([1])], {
    begin_mask: attr.whole(0),
    end_mask: attr.whole(0),
    ellipsis_mask: attr.whole(0),
    new_axis_mask: attr.whole(0),
    shrink_axis_mask: attr.whole(1),
  })

export const WINDOW_CASES = {
  Conv1D: on([3], (to, x) =>
    to.add('Conv1D', [x, to.weight([3, channels(x), 4])], {
      stride: attr.whole(1),
      padding: attr.text('SAME'),
      data_format: attr.text('NWC'),
      dilation: attr.whole(1),
    }),
  ),
  Conv2D: [
    ...convolution('Conv2D', conv),
    ...on([4], (to, x) =>
      to.add('Conv2D', [x, conv(to, x)], {
        ...windowAttributes({ padding: 'EXPLICIT' }),
        explicit_paddings: wholes(0, 0, 1, 2, 0, 1, 0, 0),
      }),
    ),
  ],
  DepthwiseConv2d: convolution('DepthwiseConv2d', depthwise),
  DepthwiseConv2dNative: convolution('DepthwiseConv2dNative', depthwise),
  _FusedConv2D: fused('_FusedConv2D', [4], (to, x) => ({
    inputs: [x.name, conv(to, x)],
    out: 3,
    attributes: windowAttributes({ strides: 2 }),
  })),
  FusedDepthwiseConv2dNative: fused('FusedDepthwiseConv2dNative', [4], (to, x) => ({
    inputs: [x.name, depthwise(to, x)],
    out: 2 * channels(x),
    attributes: windowAttributes({}),
  })),
  _FusedMatMul: fused('_FusedMatMul', [2], (to, x) => ({
    inputs: [x.name, to.weight([channels(x), 5])],
    out: 5,
    attributes: { transpose_a: attr.flag(false), transpose_b: attr.flag(false) },
  })),
  MatMul: matMul('MatMul', 'transpose_a', 'transpose_b', [2]),
  BatchMatMul: matMul('BatchMatMul', 'adj_x', 'adj_y', [3, 4]),
  BatchMatMulV2: matMul('BatchMatMulV2', 'adj_x', 'adj_y', [3, 4]),
  Einsum: [
    ...on([3], (to, x) =>
      to.add('Einsum', [x, to.weight([channels(x), 4, 2])], {
        equation: attr.text('abc,cde->abde'),
        N: attr.whole(2),
      }),
    ),
    ...on([3], (to, x) =>
      to.add('Einsum', [x, x], { equation: attr.text('abc,adc->abd'), N: attr.whole(2) }),
    ),
  ],
  Conv2DBackpropInput: [1, 2].flatMap((strides) =>
    on([4], (to, x) => {
      const sides = x.shape.slice(1, 3).map((side) => to.scalar(side * strides))
      const shape = to.add('Pack', [batchOf(to, x), ...sides, to.scalar(3)], {
        axis: attr.whole(0),
        N: attr.whole(4),
      })
      return to.add(
        'Conv2DBackpropInput',
        [shape, to.weight([3, 3, 3, channels(x)]), x.name],
        windowAttributes({ strides }),
      )
    }),
  ),
  Conv3D: ['SAME', 'VALID'].flatMap((padding) =>
    on([5], (to, x) =>
      to.add('Conv3D', [x, to.weight([2, 2, 2, channels(x), 3])], {
        strides: wholes(1, 1, 2, 1, 1),
        dilations: wholes(1, 1, 1, 1, 1),
        padding: attr.text(padding),
        data_format: attr.text('NDHWC'),
      }),
    ),
  ),
  Dilation2D: on([4], (to, x) =>
    to.add('Dilation2D', [x, to.weight([3, 2, channels(x)])], {
      strides: wholes(1, 1, 1, 1),
      rates: wholes(1, 1, 1, 1),
      padding: attr.text('SAME'),
    }),
  ),
  AvgPool: pool('AvgPool'),
  MaxPool: pool('MaxPool'),
  AvgPool3D: pool3d('AvgPool3D'),
  MaxPool3D: pool3d('MaxPool3D'),
  ResizeBilinear: resize('ResizeBilinear'),
  ResizeNearestNeighbor: resize('ResizeNearestNeighbor'),
}

/** Cases of the kernels on maps, volumes and images. */
import * as tf from '@tensorflow/tfjs-core'
import { open, weight } from '../harness.ts'
import { type Case, convolved, films, map, of, wide } from './case.ts'

const volume = [open([4, 5, 6, 2])]
type Pad3D = 'valid' | 'same'
type Rank5 = tf.Tensor5D

const pools3d = (pool: typeof tf.maxPool3d): Case[] => [
  of("2 x 2 x 2, 'valid'", volume, (x) => pool(x as unknown as Rank5, 2, 2, 'valid')),
  of("3 x 2 x 3 with strides, 'same'", volume, (x) =>
    pool(x as unknown as Rank5, [3, 2, 3], [1, 2, 2], 'same'),
  ),
  of("windows shorter than their stride, 'same'", volume, (x) => pool(x as unknown as Rank5, 1, 2, 'same')),
  of('a pad of 1', volume, (x) => pool(x as unknown as Rank5, 3, 2, 1)),
]

const conv3d = (title: string, filter: number[], strides: number, pad: Pad3D, dilations = 1): Case =>
  of(title, volume, (x) =>
    tf.conv3d(x as unknown as Rank5, weight(filter) as Rank5, strides, pad, 'NDHWC', dilations),
  )

const transposed = (
  title: string,
  filter: number[],
  [height, width]: [number, number],
  strides: number,
  pad: 'same' | 'valid' | number,
): Case =>
  of(title, map, (x) =>
    tf.conv2dTranspose(
      x,
      weight(filter) as tf.Tensor4D,
      [x.shape[0], height, width, filter[2]!],
      strides,
      pad,
    ),
  )

const transposed3d = (title: string, sizes: [number, number, number], strides: number, pad: Pad3D): Case =>
  of(title, volume, (x) =>
    tf.conv3dTranspose(
      x as unknown as Rank5,
      weight<tf.Rank.R5>([3, 2, 3, 4, 2]),
      [x.shape[0], ...sizes, 4],
      strides,
      pad,
    ),
  )

type Resize = (x: tf.Tensor4D, size: [number, number], align?: boolean, half?: boolean) => tf.Tensor
const resizes = (resize: Resize): Case[] => {
  const sizes: [number, number][] = [
    [10, 14],
    [8, 9],
    [3, 4],
    [5, 7],
    [1, 1],
  ]
  return [
    ...sizes.flatMap((size) => [
      of(`to ${size}`, map, (x) => resize(x, size)),
      of(`to ${size}, corners aligned`, map, (x) => resize(x, size, true)),
      of(`to ${size}, half pixels`, map, (x) => resize(x, size, false, true)),
    ]),
    of('behind a convolution', map, (x) => tf.relu(resize(convolved(x), [10, 14]))),
    of('behind a convolution, odd', map, (x) => tf.relu(resize(convolved(x), [9, 11], true))),
    of('of films', films, (x) => resize(x, [9, 7])),
  ]
}

const boxes = tf.tensor2d([
  [0, 0, 1, 1],
  [0.2, 0.1, 0.7, 0.9],
  [0.8, 0.9, 0.1, 0.2],
  [-0.3, 0.2, 1.4, 1.1],
])
const zeros = tf.tensor1d([0, 0, 0, 0], 'int32')

const crops = (method: 'bilinear' | 'nearest'): Case[] => [
  of(`${method}`, map, (x) => tf.image.cropAndResize(x, boxes, zeros, [4, 3], method, 0.5)),
  of(`${method}, one pixel`, map, (x) => tf.image.cropAndResize(x, boxes, zeros, [1, 1], method)),
  of(`${method}, of films`, films, (x) => tf.image.cropAndResize(x, boxes, zeros, [4, 3], method)),
]

/** One film: tfjs's cpu backend leaves the others of a batch empty (it returns within its loop over films). */
const one = [{ ...open([5, 7, 3]), shape: [1, 5, 7, 3] }]
const TURN = [0.9, -0.3, 1.2, 0.2, 1.1, -0.7, 0.01, -0.02]
const transforms = (['nearest', 'bilinear'] as const).flatMap((how) =>
  (['constant', 'reflect', 'wrap', 'nearest'] as const).map((fill) =>
    of(`${how}, ${fill}`, one, (x) => tf.image.transform(x, tf.tensor2d([TURN]), how, fill, 0.25, [6, 5])),
  ),
)

const MIRRORS: [number, number][] = [
  [0, 0],
  [2, 1],
  [0, 3],
  [0, 0],
]

export const MAP_CASES = {
  AvgPool3D: pools3d(tf.avgPool3d),
  Conv2DBackpropInput: [
    transposed("stride 2, 'same'", [3, 3, 4, 3], [10, 14], 2, 'same'),
    transposed("stride 2, 'same', odd", [3, 3, 4, 3], [9, 13], 2, 'same'),
    transposed("stride 2, 'valid'", [3, 3, 4, 3], [11, 15], 2, 'valid'),
    transposed("stride 2, 'valid', longer", [3, 3, 4, 3], [12, 16], 2, 'valid'),
    transposed("stride 3, a smaller kernel, 'same'", [2, 2, 4, 3], [15, 21], 3, 'same'),
    transposed("stride 1, an even kernel, 'same'", [4, 2, 4, 3], [5, 7], 1, 'same'),
    transposed('a pad of 1', [4, 4, 4, 3], [10, 14], 2, 1),
    of('between convolutions', map, (x) =>
      convolved(
        tf.conv2dTranspose(
          convolved(x),
          weight<tf.Rank.R4>([2, 2, 3, 4]),
          [x.shape[0], 10, 14, 3],
          2,
          'same',
        ),
      ),
    ),
  ],
  Conv3D: [
    conv3d("3 x 3 x 3, 'same'", [3, 3, 3, 2, 4], 1, 'same'),
    conv3d("stride 2, 'same'", [3, 2, 3, 2, 4], 2, 'same'),
    conv3d("'valid'", [2, 3, 3, 2, 4], 1, 'valid'),
    conv3d("stride 2, longer than the kernel, 'same'", [1, 1, 1, 2, 4], 2, 'same'),
    conv3d('dilated', [2, 2, 2, 2, 4], 1, 'same', 2),
    of('two after each other', volume, (x) =>
      tf.conv3d(
        tf.relu(tf.conv3d(x as unknown as Rank5, weight<tf.Rank.R5>([3, 3, 3, 2, 4]), 1, 'same')),
        weight<tf.Rank.R5>([1, 1, 1, 4, 2]),
        1,
        'same',
      ),
    ),
  ],
  Conv3DBackpropInputV2: [
    transposed3d("stride 2, 'same'", [8, 10, 12], 2, 'same'),
    transposed3d("stride 4, longer than the kernel, 'same'", [16, 20, 24], 4, 'same'),
    transposed3d("stride 1, 'valid'", [6, 6, 8], 1, 'valid'),
  ],
  CropAndResize: [
    ...crops('bilinear'),
    ...crops('nearest'),
    of('boxes that are computed', [open([5, 7, 3]), open([2], { from: 0, to: 0.4 }, 'at')], (x, at) => {
      const from = tf.mean(at!, 0, true)
      const box = tf.concat([from, tf.add(from, 0.5)], 1) as tf.Tensor2D
      return tf.image.cropAndResize(x, box, tf.tensor1d([0], 'int32'), [3, 3])
    }),
  ],
  DepthToSpace: [
    of('blocks of 2', [open([3, 4, 8])], (x) => tf.depthToSpace(x, 2)),
    of('behind a convolution', map, (x) => tf.relu(tf.depthToSpace(convolved(x), 2))),
  ],
  Dilation2D: [
    of("3 x 3, 'same'", map, (x) => tf.dilation2d(x, weight<tf.Rank.R3>([3, 3, 3]), 1, 'same')),
    of("strides and dilations, 'same'", map, (x) =>
      tf.dilation2d(x, weight<tf.Rank.R3>([2, 3, 3]), 2, 'same', 1),
    ),
    of("dilated, 'valid'", map, (x) => tf.dilation2d(x, weight<tf.Rank.R3>([2, 3, 3]), 1, 'valid', 2)),
    of('behind a convolution', map, (x) =>
      tf.dilation2d(convolved(x), weight<tf.Rank.R3>([2, 2, 4]), 2, 'valid'),
    ),
  ],
  FlipLeftRight: [
    of('of a map', map, (x) => tf.image.flipLeftRight(x)),
    of('of films', films, (x) => tf.image.flipLeftRight(tf.cast(x, 'float32'))),
    of('behind a convolution', map, (x) => tf.relu(tf.image.flipLeftRight(convolved(x)))),
  ],
  LRN: [
    of('of a map', [open([3, 4, 7])], (x) => tf.localResponseNormalization(x, 2, 1.5, 0.7, 0.6)),
    of('as AlexNet has it, behind a convolution', map, (x) =>
      tf.localResponseNormalization(convolved(x), 5, 1, 1e-1, 0.75),
    ),
  ],
  MaxPool3D: pools3d(tf.maxPool3d),
  MaxPoolWithArgmax: [false, true].flatMap((inBatch) => [
    of(`${inBatch ? 'through the batch' : 'in each film'}, 'valid'`, map, (x) => {
      const { result, indexes } = tf.maxPoolWithArgmax(x, 2, 2, 'valid', inBatch)
      return [result!, indexes!]
    }),
    of(`${inBatch ? 'through the batch' : 'in each film'}, 'same'`, map, (x) => {
      const { result, indexes } = tf.maxPoolWithArgmax(convolved(x), 3, 2, 'same', inBatch)
      return [indexes!, tf.relu(result!)]
    }),
  ]),
  MirrorPad: [
    of('reflect', map, (x) => tf.mirrorPad(x, MIRRORS, 'reflect')),
    of('symmetric', map, (x) => tf.mirrorPad(x, MIRRORS, 'symmetric')),
    of('behind a convolution', map, (x) => tf.relu(tf.mirrorPad(convolved(x), MIRRORS, 'reflect'))),
    of('of a matrix', wide, (x) =>
      tf.mirrorPad(
        x as tf.Tensor,
        [
          [0, 0],
          [3, 3],
          [1, 0],
        ],
        'symmetric',
      ),
    ),
  ],
  ResizeBilinear: resizes(tf.image.resizeBilinear),
  ResizeNearestNeighbor: resizes(tf.image.resizeNearestNeighbor),
  RotateWithOffset: [
    of('of a map', map, (x) => tf.image.rotateWithOffset(x, 0.4, 0.5, [0.4, 0.6])),
    of('filled by channel', map, (x) => tf.image.rotateWithOffset(x, -1.2, [0.1, 0.2, 0.3])),
    of('of films', films, (x) => tf.image.rotateWithOffset(tf.cast(x, 'float32'), 0.3, 7)),
  ],
  Transform: [...transforms],
}

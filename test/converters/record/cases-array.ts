/** Cases of the kernels that cut, join, spread and choose by index. */
import * as tf from '@tensorflow/tfjs-core'
import { open, weight } from '../harness.ts'
import { type Case, convolved, films, map, of, pair, whole, wide } from './case.ts'

const ids = (to: number, shape: number[] = [6]) => open(shape, { dtype: 'int32', from: 0, to }, 'ids')

const counts = (binary: boolean): Case[] => [
  of('of a row for each film', [ids(5)], (x) => tf.denseBincount(x as never, [], 5, binary)),
  of('of more than the size', [ids(9)], (x) => tf.denseBincount(x as never, [], 5, binary)),
]

const ZEROS = [
  [0, 0],
  [0, 0],
]

export const ARRAY_CASES = {
  BatchToSpaceND: [
    of('there and back', [open([4, 6, 2])], (x) =>
      tf.batchToSpaceND(tf.spaceToBatchND(x, [2, 3], ZEROS), [2, 3], ZEROS),
    ),
    of('cropped', [open([4, 6, 2])], (x) =>
      tf.batchToSpaceND(
        tf.spaceToBatchND(x, [2, 2], ZEROS),
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    ),
  ],
  Bincount: [
    of('of everything', [ids(6)], (x) => tf.bincount(tf.reshape(x, [-1]) as tf.Tensor1D, tf.tensor1d([]), 4)),
    of('weighted', [ids(6)], (x) => tf.bincount(tf.max(x, 0) as tf.Tensor1D, weight<tf.Rank.R1>([6]), 6)),
  ],
  DenseBincount: [
    ...counts(false),
    ...counts(true),
    of('weighted', [ids(5), open([6], {}, 'w')], (x, w) =>
      tf.denseBincount(x as unknown as tf.Tensor2D, w as tf.Tensor2D, 5),
    ),
    of('of one row', [ids(5)], (x) => tf.denseBincount(tf.max(x, 0) as tf.Tensor1D, tf.tensor1d([]), 5)),
  ],
  Diag: [
    of('of a row', [open([5])], (x) => tf.diag(tf.mean(x, 0))),
    of('of whole numbers', [ids(9)], (x) => tf.diag(tf.max(x, 0))),
    of('of a matrix', [open([2, 3])], (x) => tf.diag(tf.sum(x, 0))),
  ],
  Einsum: [
    of('products', [open([4, 3], {}, 'a'), open([3, 5], {}, 'b')], (a, b) =>
      tf.einsum('bij,bjk->bik', a as tf.Tensor, b!),
    ),
    of('by a weight', [open([4, 3])], (x) => tf.einsum('bij,jk->bik', x as tf.Tensor, weight([3, 5]))),
    of('of attention', [open([4, 2, 3], {}, 'a'), open([5, 2, 3], {}, 'b')], (a, b) =>
      tf.einsum('bthd,bshd->bhts', a, b!),
    ),
    of('a sum over an axis', [open([4, 3])], (x) => tf.einsum('bij->bj', x as tf.Tensor)),
  ],
  ExpandDims: [
    of('behind', pair, (x) => tf.relu(tf.expandDims(x, -1))),
    of('behind the batch', pair, (x) => tf.expandDims(x, 1)),
    of('of films', films, (x) => tf.expandDims(x, 0)),
    of('of a weight', pair, (x) => tf.mul(x, tf.expandDims(weight([3]), 0))),
  ],
  GatherNd: [
    of('of rows', [open([4, 3])], (x) =>
      tf.gatherND(tf.mean(x, 0), tf.tensor2d([[1], [3]], [2, 1], 'int32')),
    ),
    of('of elements, computed', [open([4, 3], {}, 'a'), ids(3, [2])], (x, i) =>
      tf.gatherND(tf.mean(x, 0), tf.max(i!, 0, true)),
    ),
  ],
  GatherV2: [
    of('of channels', map, (x) => tf.gather(x, tf.tensor1d([2, 0, 0], 'int32'), 3)),
    of('of channels behind a convolution', map, (x) =>
      tf.gather(convolved(x), tf.tensor1d([2, 0, 0], 'int32'), -1),
    ),
    of('by a matrix of indices', map, (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [1, 0],
            [3, 4],
          ],
          [2, 2],
          'int32',
        ),
        1,
      ),
    ),
    of('of an embedding', [ids(8)], (x) => tf.gather(weight([8, 3]), x as unknown as tf.Tensor1D)),
    of('one', map, (x) => tf.gather(x, tf.scalar(1, 'int32') as unknown as tf.Tensor1D, 2)),
    of('one, behind a convolution', map, (x) =>
      tf.relu(tf.gather(convolved(x), tf.scalar(1, 'int32') as unknown as tf.Tensor1D, 1)),
    ),
    of('for each film', [open([5, 3], {}, 'a'), ids(5, [2])], (x, i) =>
      tf.gather(x as tf.Tensor, i as tf.Tensor1D, 1, 1),
    ),
    of('for each film, along a later axis', [open([4, 5, 3], {}, 'a'), ids(5, [2])], (x, i) =>
      tf.gather(x, i as tf.Tensor1D, 2, 1),
    ),
  ],
  OneHot: [
    of('of classes', [ids(5, [])], (x) => tf.oneHot(x as tf.Tensor, 5)),
    of('of rows, with values', [ids(7)], (x) => tf.oneHot(x as tf.Tensor, 5, 0.5, -1)),
    of('as floats', [ids(5)], (x) => tf.oneHot(x as tf.Tensor, 5, 1, 0, 'float32')),
    of('as bools', [ids(5)], (x) => tf.oneHot(x as tf.Tensor, 5, 1, 0, 'bool')),
  ],
  Pack: [
    of('behind the batch', pair, (a, b) => tf.stack([a, b!], 1)),
    of('in front', pair, (a, b) => tf.stack([a as tf.Tensor, b!, a as tf.Tensor], 0)),
    of('behind', pair, (a, b) => tf.stack([a, b!], -1)),
    of('of convolutions', map, (x) => tf.stack([convolved(x), tf.relu(convolved(x))], 1)),
  ],
  ScatterNd: [
    of('added up', [open([4, 3])], (x) =>
      tf.scatterND(tf.tensor2d([[1], [5], [1], [0]], [4, 1], 'int32'), tf.mean(x, 0), [6, 3]),
    ),
    of('of whole numbers, places computed', [ids(5, [4])], (x) =>
      tf.scatterND(tf.reshape(tf.max(x, 0), [4, 1]), tf.tensor1d([1, 2, 3, 4], 'int32'), [5]),
    ),
  ],
  Slice: [
    of('of height and width', map, (x) => tf.slice(x, [0, 1, 2, 0], [-1, 3, 4, -1])),
    of('behind a convolution', map, (x) => tf.relu(tf.slice(convolved(x), [0, 1, 2, 1], [-1, 3, 4, 2]))),
    of('of nothing', pair, (x) => tf.slice(x as tf.Tensor, [0, 0, 0], [-1, 4, 3])),
    of('of films', films, (x) => tf.slice(x, [0, 2, 1, 0], [-1, 3, 3, -1])),
    of('of bools', map, (x) => tf.slice(tf.greater(x, 0), [0, 1, 2, 0], [-1, 3, 4, -1])),
  ],
  SpaceToBatchND: [
    of('of a map', [open([4, 6, 2])], (x) => tf.spaceToBatchND(x, [2, 3], ZEROS)),
    of('padded', [open([3, 4, 2])], (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 2],
        ],
      ),
    ),
  ],
  SparseToDense: [
    of('in a row', [open([3])], (x) =>
      tf.sparseToDense(tf.tensor1d([0, 4, 2], 'int32'), tf.mean(x, 0), [6], tf.scalar(-1)),
    ),
    of('in a matrix', [open([2])], (x) =>
      tf.sparseToDense(
        tf.tensor2d(
          [
            [0, 1],
            [2, 0],
          ],
          [2, 2],
          'int32',
        ),
        tf.mean(x, 0),
        [3, 4],
        tf.scalar(0.5),
      ),
    ),
    of('one value in several places', [open([2])], (x) =>
      tf.sparseToDense(tf.tensor1d([0, 3], 'int32'), tf.mean(x), [4], tf.scalar(0)),
    ),
  ],
  SplitV: [
    of('in two', [open([4, 6])], (x) => tf.split(x as tf.Tensor, 2, 2)),
    of('in sizes', [open([4, 6])], (x) => tf.split(x as tf.Tensor, [1, 3, 2], -1)),
    of('channels behind a convolution', map, (x) => {
      const [a, b] = tf.split(convolved(x), 2, 3)
      return tf.mul(a!, tf.sigmoid(b!))
    }),
  ],
  StridedSlice: [
    of('with steps', map, (x) => tf.stridedSlice(x, [0, 1, 0, 0], [0, 5, 7, 3], [1, 2, 3, 1], 1, 1)),
    of('backwards', wide, (x) => tf.stridedSlice(x, [0, 3, 0], [0, 0, 3], [1, -1, 1], 1, 1)),
    of('backwards to the first', wide, (x) => tf.stridedSlice(x, [0, -1, 0], [0, 0, 0], [1, -1, 1], 7, 7)),
    of('one taken away', map, (x) =>
      tf.stridedSlice(x, [0, 2, 0, 0], [0, 3, 7, 3], [1, 1, 1, 1], 1, 1, 0, 0, 2),
    ),
    of('with a new axis', wide, (x) => tf.stridedSlice(x, [0, 0, 1], [0, 0, 3], [1, 1, 1], 1, 1, 0, 2, 0)),
    of('with an ellipsis', map, (x) => tf.stridedSlice(x, [0, 1], [0, 3], [1, 1], 0, 0, 1, 0, 0)),
    of('of everything', wide, (x) => tf.stridedSlice(x, [0, 0], [0, 0], [1, 1], 3, 3)),
  ],
  TensorScatterUpdate: [
    of('of rows', [open([4, 3])], (x) =>
      tf.tensorScatterUpdate(tf.mean(x, 0), tf.tensor2d([[1], [3]], [2, 1], 'int32'), weight([2, 3])),
    ),
    of('updates that are computed', [open([2, 3])], (x) =>
      tf.tensorScatterUpdate(weight([4, 3]), tf.tensor2d([[1], [3]], [2, 1], 'int32'), tf.mean(x, 0)),
    ),
  ],
  Tile: [
    of('of a map', map, (x) => tf.tile(x, [1, 2, 1, 3])),
    of('behind a convolution', map, (x) => tf.relu(tf.tile(convolved(x), [1, 2, 3, 1]))),
    of('of a new axis', pair, (x) => tf.tile(tf.expandDims(x, 1), [1, 4, 1, 1])),
    of('over the batch', pair, (x) => tf.add(tf.tile(tf.mean(x, 0, true), [x.shape[0]!, 1, 1]), x)),
    of('over the batch, as output', pair, (x) => tf.tile(tf.mean(x, 0, true), [x.shape[0]!, 1, 2])),
    of('of whole numbers', whole, (x) => tf.tile(x as tf.Tensor, [1, 2, 2])),
  ],
  Unpack: [
    of('rows', wide, (x) => tf.unstack(x as tf.Tensor, 1)),
    of('the last axis, one used', wide, (x) => tf.unstack(x as tf.Tensor, -1)[1]!),
    of('behind a convolution', map, (x) => tf.relu(tf.unstack(convolved(x), 1)[2]!)),
    of('time before the batch', wide, (x) => tf.addN(tf.unstack(tf.transpose(x as tf.Tensor, [1, 0, 2]), 0))),
  ],
  UnsortedSegmentSum: [
    of('over the batch', [open([4], {}, 'a'), ids(3, [])], (x, i) =>
      tf.unsortedSegmentSum(x as tf.Tensor, i as tf.Tensor1D, 3),
    ),
    of('of a map', [open([4, 3])], (x) =>
      tf.unsortedSegmentSum(tf.mean(x, 0), tf.tensor1d([0, 2, 0, 7], 'int32'), 3),
    ),
  ],
}

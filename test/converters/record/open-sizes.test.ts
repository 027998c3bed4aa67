/** Sizes other than the batch that stay open: the same numbers as tfjs at several of them, one Transpose at most, and
 *  what really depends on a number is refused by its name. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { graphText } from '../../../converters/graph/graph.ts'
import type { RecordedFunction } from '../../../converters/record/record.ts'
import { expectAgreement, open, type TestInput, weight } from '../harness.ts'

const input = (shape: (number | null)[], name = 'x'): TestInput => ({ ...open([], {}, name), shape })
const FILM = input([null, null, null, 3])

/** Small maps that are even and odd. */
const SIZES = [[[1, 8, 12, 3]], [[3, 13, 9, 3]], [[2, 10, 15, 3]]]

const agree = (fn: RecordedFunction, inputs = [FILM], sizes: number[][][] = SIZES) =>
  expectAgreement(fn, inputs, [], sizes)

const filter = (kernel: number, inputs = 3, outputs = 4) =>
  weight<tf.Rank.R4>([kernel, kernel, inputs, outputs])
const conv =
  (kernel: number, stride: number, pad: 'same' | 'valid'): RecordedFunction =>
  ([x]) =>
    tf.conv2d(x as tf.Tensor4D, filter(kernel), stride, pad)

describe('a window', () => {
  const CASES: [string, RecordedFunction, string, string][] = [
    ['of 3, same', conv(3, 1, 'same'), 'N,H,W,4', 'pads: [1,1,1,1]'],
    ['of 3, valid', conv(3, 1, 'valid'), 'N,H-2,W-2,4', 'pads: [0,0,0,0]'],
    [
      'of 3 by 2, same: padding depends on the size',
      conv(3, 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),4',
      'SAME_UPPER',
    ],
    ['of 3 by 2, valid', conv(3, 2, 'valid'), 'N,floor((H+1)/2)-1,floor((W+1)/2)-1,4', 'pads: [0,0,0,0]'],
    ['of 4 by 3, same', conv(4, 3, 'same'), 'N,floor((H+2)/3),floor((W+2)/3),4', 'SAME_UPPER'],
    [
      'that is dilated',
      ([x]) => tf.conv2d(x as tf.Tensor4D, filter(3), 1, 'same', 'NHWC', 2),
      'N,H,W,4',
      'pads: [2,2,2,2]',
    ],
    [
      'of a pool by 2, same',
      ([x]) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),3',
      'SAME_UPPER',
    ],
    [
      'of an average by 2, same: padding does not count',
      ([x]) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),3',
      'SAME_UPPER',
    ],
    [
      'of a pool by 2, valid',
      ([x]) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
      'N,floor(H/2),floor(W/2),3',
      'pads: [0,0,0,0]',
    ],
    [
      'of a depthwise convolution by 2',
      ([x]) => tf.depthwiseConv2d(x as tf.Tensor4D, weight([3, 3, 3, 2]), 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),6',
      'SAME_UPPER',
    ],
  ]
  test.each(CASES)('%s', async (_, fn, shape, padding) => {
    const { rewritten } = await agree(fn)
    expect(String(rewritten.types.get('y0')?.shape)).toBe(shape)
    expect(graphText(rewritten)).toContain(padding)
  })
})

describe('a size stays open through', () => {
  const CASES: [string, RecordedFunction][] = [
    ['a cropped border', ([x]) => tf.slice(x!, [0, 1, 2, 0], [-1, x!.shape[1]! - 3, x!.shape[2]! - 2, -1])],
    ['a first row', ([x]) => tf.slice(x!, [0, 0, 0, 0], [-1, 1, -1, -1])],
    [
      'a padded map',
      ([x]) =>
        tf.mirrorPad(
          tf.pad(x!, [
            [0, 0],
            [1, 0],
            [2, 2],
            [0, 0],
          ]),
          [
            [0, 0],
            [0, 0],
            [0, 0],
            [0, 0],
          ],
          'reflect',
        ),
    ],
    [
      'a map that is doubled',
      ([x]) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * x!.shape[1]!, 2 * x!.shape[2]!]),
    ],
    [
      'a map that is made smooth',
      ([x]) => tf.image.resizeBilinear(x as tf.Tensor4D, [3 * x!.shape[1]!, 2 * x!.shape[2]!]),
    ],
    ['means', ([x]) => [tf.mean(x!, [1, 2]), tf.max(x!, 1), tf.mean(x!, 2, true)]],
    ['pixels in a row', ([x]) => tf.reshape(x!, [x!.shape[0]!, -1, 3])],
    ['all of a film in a row', ([x]) => tf.reshape(x!, [x!.shape[0]!, -1])],
    ['pixels in a row and back', ([x]) => tf.reshape(tf.relu(tf.reshape(x!, [-1, 3])), x!.shape)],
    ['axes that change places', ([x]) => tf.transpose(tf.sigmoid(x!), [0, 2, 1, 3])],
    ['constants as large as the map', ([x]) => tf.add(x!, tf.mul(tf.onesLike(x!), 2))],
    ['a constant map beside it', ([x]) => tf.concat([x!, tf.fill([...x!.shape.slice(0, 3), 2], 0.5)], 3)],
    [
      'a value for all pixels',
      ([x]) => tf.tile(tf.mean(x!, [1, 2], true), [1, x!.shape[1]!, x!.shape[2]!, 1]),
    ],
    ['the numbers of its rows', ([x]) => tf.mul(x!, tf.reshape(tf.range(0, x!.shape[1]!), [1, -1, 1, 1]))],
    [
      'a shape that is computed as a GraphModel does',
      ([x]) => {
        const shape = tf.tensor1d(x!.shape, 'int32')
        const [n, h] = [0, 1].map((i) => tf.stridedSlice(shape, [i], [i + 1], [1], 0, 0, 0, 0, 1))
        return tf.reshape(x!, [...tf.stack([n!, h!, tf.scalar(-1, 'int32')]).dataSync()])
      },
    ],
  ]
  test.each(CASES)('%s', async (_, fn) => {
    await agree(fn)
    // As a network does it: on a map behind a convolution.
    await agree((inputs) =>
      fn(
        [conv(3, 1, 'same')(inputs) as tf.Tensor].map((map) => tf.slice(map, [0, 0, 0, 0], [-1, -1, -1, 3])),
      ),
    )
  })
})

/** How many Transposes are left inside of networks, between what enters and what leaves: none, but where a network itself
 *  turns its maps, or looks at pixels as rows. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import type { Graph } from '../../../converters/graph/graph.ts'
import { readModel } from '../../../converters/read/models/read-model.ts'
import { record } from '../../../converters/record/record.ts'
import { rewrite } from '../../../converters/rewrite/rewrite.ts'
import { hasShared, shared } from '../../shared.ts'
import { expectAgreement, open, weight } from '../harness.ts'

interface Count {
  ends: number
  inside: number
}

/** Those at the inputs, behind a Reshape of them too, and at the outputs; and all others. */
function transposes({ nodes, inputs, outputs }: Graph): Count {
  const isReshaped = (value: string): boolean =>
    nodes.some(
      (node) => node.op === 'Reshape' && node.outputs[0] === value && inputs.includes(node.inputs[0]!),
    )
  const all = nodes.filter(({ op }) => op === 'Transpose')
  const inside = all.filter(
    (node) =>
      !outputs.includes(node.outputs[0]!) &&
      !inputs.includes(node.inputs[0]!) &&
      !isReshaped(node.inputs[0]!),
  )
  return { ends: all.length - inside.length, inside: inside.length }
}

const conv = (x: tf.Tensor, channels = 4): tf.Tensor4D =>
  tf.conv2d(x as tf.Tensor4D, weight<tf.Rank.R4>([3, 3, x.shape[3]!, channels]), 1, 'same')
const end = (x: tf.Tensor): tf.Tensor => tf.mean(conv(x, 3), [1, 2])

/** What stands between two convolutions, and what it leaves inside. */
const BETWEEN: readonly [string, (x: tf.Tensor4D) => tf.Tensor, number][] = [
  ['a larger map, bilinear', (x) => tf.image.resizeBilinear(x, [11, 13]), 0],
  ['a larger map, nearest', (x) => tf.image.resizeNearestNeighbor(x, [16, 16]), 0],
  ['depth to space', (x) => tf.depthToSpace(x, 2), 0],
  [
    'mirrored edges',
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 1],
          [2, 1],
          [0, 0],
        ],
        'reflect',
      ),
    0,
  ],
  ['a split of channels', (x) => tf.add(...(tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor])), 0],
  ['chosen channels', (x) => tf.gather(x, tf.tensor1d([3, 1, 0], 'int32'), 3), 0],
  ['sums along rows', (x) => tf.cumsum(x, 1), 0],
  ['response normalization', (x) => tf.localResponseNormalization(x), 0],
  ['instance normalization', (x) => normalized(x, [1, 2]), 0],
  ['layer normalization', (x) => normalized(x, [3]), 0],
  [
    'group normalization',
    (x) => tf.reshape(normalized(tf.reshape(x, [x.shape[0], 8, 8, 2, 2]), [1, 2, 4]), x.shape),
    0,
  ],
  [
    'a gate of pixels',
    (x) => tf.mul(x, tf.sigmoid(conv(tf.concat([tf.mean(x, 3, true), tf.max(x, 3, true)], 3), 1))),
    0,
  ],
  [
    'a gate of channels',
    (x) => {
      const gate = tf.matMul(tf.mean(x, [1, 2]) as tf.Tensor2D, weight<tf.Rank.R2>([4, 4]))
      return tf.mul(x, tf.reshape(tf.sigmoid(gate), [-1, 1, 1, 4]))
    },
    0,
  ],
  ['one channel, repeated', (x) => tf.tile(tf.max(x, 3, true), [1, 1, 1, 4]), 0],
  ['one channel, joined with itself', (x) => joined(tf.max(x, 3, true)), 0],
  ['one row, repeated', (x) => tf.tile(tf.max(x, 1, true), [1, 4, 1, 1]), 0],
  ['rows and columns exchanged', (x) => tf.transpose(x, [0, 2, 1, 3]), 1],
  [
    'shuffled channels',
    (x) => tf.reshape(tf.transpose(tf.reshape(x, [x.shape[0], 8, 8, 2, 2]), [0, 1, 2, 4, 3]), x.shape),
    2,
  ],
  [
    'attention of pixels',
    (x) => {
      const rows = tf.reshape(x, [x.shape[0], 64, 4])
      const shares = tf.softmax(tf.matMul(rows, rows, false, true))
      return tf.reshape(tf.matMul(shares, rows), x.shape)
    },
    2,
  ],
]

const joined = (x: tf.Tensor): tf.Tensor => tf.concat([x, x, x], 3)

function normalized(x: tf.Tensor, axes: number[]): tf.Tensor {
  const { mean, variance } = tf.moments(x, axes, true)
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 0.1)))
}

test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
  ['repeated', (x) => tf.tile(x, [1, 1, 1, 3])],
  ['repeated, and more', (x) => tf.relu(tf.tile(x, [1, 1, 1, 3]))],
  ['joined with itself', joined],
  ['joined with itself, and more', (x) => tf.sigmoid(joined(x))],
])('at the end of a network one channel is %s', async (_, last) => {
  const { rewritten } = await expectAgreement(([x]) => last(conv(x!, 1)), [open([8, 8, 3])])
  expect(transposes(rewritten)).toEqual({ ends: 2, inside: 0 })
})

describe('between two convolutions', () => {
  test.each(BETWEEN)('%s', async (_, between, inside) => {
    const { rewritten } = await expectAgreement(([x]) => end(between(conv(x!))), [open([8, 8, 3])])
    expect(transposes(rewritten)).toEqual({ ends: 1, inside })
  })
})

const { layers } = tfl
const apply = (layer: tfl.layers.Layer, ...inputs: tfl.SymbolicTensor[]) =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tfl.SymbolicTensor
const uniform = (seed: number) => tfl.initializers.randomUniform({ minval: 0.5, maxval: 1, seed })
const conv2d = (x: tfl.SymbolicTensor, filters: number) =>
  apply(layers.conv2d({ filters, kernelSize: 3, kernelInitializer: uniform(filters) }), x)
const flatten = (x: tfl.SymbolicTensor) => apply(layers.flatten(), x)
const dense = (x: tfl.SymbolicTensor) => apply(layers.dense({ units: 3, kernelInitializer: uniform(9) }), x)
const norm = (x: tfl.SymbolicTensor) =>
  apply(layers.batchNormalization({ gammaInitializer: uniform(2), movingVarianceInitializer: uniform(3) }), x)
const conv1d = (x: tfl.SymbolicTensor, filters: number) =>
  apply(layers.conv1d({ filters, kernelSize: 3, activation: 'relu', kernelInitializer: uniform(filters) }), x)

/** Whole networks: how many stand at the ends, how many inside. */
const NETWORKS: readonly [string, number[], (x: tfl.SymbolicTensor) => tfl.SymbolicTensor, Count][] = [
  [
    'sequences, convolved, normalized and pooled',
    [16, 3],
    (x) => {
      const pooled = apply(layers.maxPooling1d({ poolSize: 2 }), norm(conv1d(x, 4)))
      return dense(flatten(conv1d(pooled, 5)))
    },
    { ends: 1, inside: 0 },
  ],
  ['rows, normalized', [5], (x) => dense(norm(dense(x))), { ends: 0, inside: 0 }],
  ['a map, flat, normalized', [6, 6, 3], (x) => dense(norm(flatten(conv2d(x, 4)))), { ends: 1, inside: 0 }],
  [
    'a map, flat, with an activation of its own',
    [6, 6, 3],
    (x) => dense(apply(layers.activation({ activation: 'elu' }), flatten(conv2d(x, 4)))),
    { ends: 1, inside: 0 },
  ],
  [
    'two maps, flat, joined',
    [8, 8, 3],
    (x) => {
      const map = conv2d(x, 4)
      return dense(apply(layers.concatenate(), flatten(map), flatten(conv2d(map, 2))))
    },
    { ends: 1, inside: 0 },
  ],
  [
    'volumes',
    [6, 6, 6, 2],
    (x) => {
      const map = apply(layers.conv3d({ filters: 3, kernelSize: 3, kernelInitializer: uniform(1) }), x)
      return dense(flatten(apply(layers.maxPooling3d({ poolSize: [2, 2, 2] }), map)))
    },
    { ends: 1, inside: 0 },
  ],
]

describe('in whole networks', () => {
  test.each(NETWORKS)('%s', async (_, shape, build, count) => {
    const input = tfl.input({ shape })
    const model = tfl.model({ inputs: input, outputs: build(input) })
    const fn = ([x]: tf.Tensor[]) => model.apply(x!) as tf.Tensor
    const { rewritten } = await expectAgreement(fn, [open(shape)], model.layers)
    expect(transposes(rewritten)).toEqual(count)
    model.dispose()
  })
})

describe.skipIf(!hasShared)('in real models (needs ../shared/data)', () => {
  test.each<[string, Count, number[]?]>([
    ['keras2/fer2013_mini_XCEPTION.102-0.66.hdf5', { ends: 0, inside: 0 }],
    ['keras2/teachable_machine_covid_xray.h5', { ends: 1, inside: 0 }],
    ['keras3/CNN.keras', { ends: 0, inside: 0 }],
    ['mobilenet_v1_0.25_224', { ends: 1, inside: 0 }],
    ['nsfwjs_mobilenet_v2_uint8', { ends: 1, inside: 0 }],
    // Its four outputs are maps.
    ['posenet_graph_uint16', { ends: 5, inside: 0 }, [1, 257, 257, 3]],
    ['squeezenet_notop_224', { ends: 2, inside: 0 }],
    ['tiny_dense_graph', { ends: 0, inside: 0 }],
    ['tiny_matmul_graph', { ends: 0, inside: 0 }],
  ])('%s', async (name, count, shape) => {
    const model = await readModel(shared(`weights/${name}`))
    const inputs = model.inputs.map((input) => ({ ...input, shape: shape ?? input.shape }))
    const recorded = await record(model.run, { inputs, outputs: model.outputs, layers: model.layers })
    expect(transposes(await rewrite(recorded))).toEqual(count)
    model.dispose()
  })
})

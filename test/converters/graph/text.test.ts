/** One small network, as it is recorded and as it is rewritten: the text form that errors and readers see. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { expect, test } from 'vitest'
import { type Graph, graphText } from '../../../converters/graph/graph.ts'
import { record } from '../../../converters/record/record.ts'
import { rewrite } from '../../../converters/rewrite/rewrite.ts'
import { open } from '../harness.ts'

const network = (): Promise<Graph> => {
  const ones = tfl.initializers.ones()
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        name: 'conv',
        filters: 2,
        kernelSize: 3,
        inputShape: [6, 6, 3],
        activation: 'relu',
        kernelInitializer: ones,
      }),
      tfl.layers.batchNormalization({ name: 'norm' }),
      tfl.layers.maxPooling2d({ name: 'pool', poolSize: 2, strides: 2 }),
      tfl.layers.flatten({ name: 'flat' }),
      tfl.layers.dense({ name: 'dense', units: 2, activation: 'softmax', kernelInitializer: ones }),
    ],
  })
  return record(([x]) => model.apply(tf.div(x!, 255)) as tf.Tensor, {
    inputs: [open([6, 6, 3], { dtype: 'uint8' }, 'film')],
    outputs: ['probabilities'],
    layers: model.layers,
  })
}

test('as it is recorded', async () => {
  expect(graphText(await network())).toMatchInlineSnapshot(`
    "inputs film: u8[N,6,6,3]
      %Cast: f32[N,6,6,3] = Cast(%film) {to: 1}
      %Div: f32[N,6,6,3] = Div(%Cast, f32(255))
      %conv/Transpose: f32[N,3,6,6] = Transpose(%Div) {perm: [0,3,1,2]}
      %conv/Conv: f32[N,2,4,4] = Conv(%conv/Transpose, conv/kernel: f32[2,3,3,3]) {kernel_shape: [3,3], strides: [1,1], pads: [0,0,0,0], dilations: [1,1], group: 1}
      %conv/Transpose_1: f32[N,4,4,2] = Transpose(%conv/Conv) {perm: [0,2,3,1]}
      %conv/Add: f32[N,4,4,2] = Add(%conv/Transpose_1, f32(0 0))
      %conv/Relu: f32[N,4,4,2] = Relu(%conv/Add)
      %norm/Transpose: f32[N,2,4,4] = Transpose(%conv/Relu) {perm: [0,3,1,2]}
      %norm/BatchNormalization: f32[N,2,4,4] = BatchNormalization(%norm/Transpose, f32(1 1), f32(0 0), f32(0 0), f32(1 1)) {epsilon: 0.001}
      %norm/Transpose_1: f32[N,4,4,2] = Transpose(%norm/BatchNormalization) {perm: [0,2,3,1]}
      %norm/Reshape: f32[N,4,4,2] = Reshape(%norm/Transpose_1, i64(-1 4 4 2))
      %pool/Transpose: f32[N,2,4,4] = Transpose(%norm/Reshape) {perm: [0,3,1,2]}
      %pool/MaxPool: f32[N,2,2,2] = MaxPool(%pool/Transpose) {kernel_shape: [2,2], strides: [2,2], pads: [0,0,0,0]}
      %pool/Transpose_1: f32[N,2,2,2] = Transpose(%pool/MaxPool) {perm: [0,2,3,1]}
      %flat/Reshape: f32[N,8] = Reshape(%pool/Transpose_1, i64(-1 8))
      %dense/Reshape: f32[1,N,8] = Reshape(%flat/Reshape, i64(1 -1 8))
      %dense/Reshape_1: f32[N,8] = Reshape(%dense/Reshape, i64(-1 8))
      %dense/MatMul: f32[N,2] = MatMul(%dense/Reshape_1, dense/kernel: f32[8,2])
      %dense/Reshape_2: f32[1,N,2] = Reshape(%dense/MatMul, i64(1 -1 2))
      %dense/Reshape_3: f32[N,2] = Reshape(%dense/Reshape_2, i64(-1 2))
      %dense/Add: f32[N,2] = Add(%dense/Reshape_3, f32(0 0))
      %probabilities: f32[N,2] = Softmax(%dense/Add) {axis: 1}
    outputs probabilities: f32[N,2]"
  `)
})

test('as it is rewritten', async () => {
  expect(graphText(await rewrite(await network()))).toMatchInlineSnapshot(`
    "inputs film: u8[N,6,6,3]
      %film/nchw: u8[N,3,6,6] = Transpose(%film) {perm: [0,3,1,2]}
      %Cast: f32[N,3,6,6] = Cast(%film/nchw) {to: 1}
      %Div: f32[N,3,6,6] = Div(%Cast, f32(255))
      %conv/Conv_1: f32[N,2,4,4] = Conv(%Div, conv/kernel: f32[2,3,3,3], f32(0 0)) {kernel_shape: [3,3], strides: [1,1], pads: [0,0,0,0], dilations: [1,1], group: 1}
      %conv/Relu: f32[N,2,4,4] = Relu(%conv/Conv_1)
      %norm/BatchNormalization: f32[N,2,4,4] = BatchNormalization(%conv/Relu, f32(1 1), f32(0 0), f32(0 0), f32(1 1)) {epsilon: 0.001}
      %pool/MaxPool: f32[N,2,2,2] = MaxPool(%norm/BatchNormalization) {kernel_shape: [2,2], strides: [2,2], pads: [0,0,0,0]}
      %dense/Reshape_1_1: f32[N,8] = Reshape(%pool/MaxPool, i64(-1 8))
      %dense/MatMul: f32[N,2] = MatMul(%dense/Reshape_1_1, dense/kernel_1: f32[8,2])
      %dense/Add: f32[N,2] = Add(%dense/MatMul, f32(0 0))
      %probabilities: f32[N,2] = Softmax(%dense/Add) {axis: 1}
    outputs probabilities: f32[N,2]"
  `)
})

test('rewriting is done at once: a second time changes nothing', async () => {
  const once = await rewrite(await network())
  expect(await rewrite(once)).toEqual(once)
})

/** GraphModels: what their nodes and weights are called, what signatures say, what cannot be recorded. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphText } from '../../../../converters/graph/graph.ts'
import { readModel } from '../../../../converters/read/models/read-model.ts'
import { record } from '../../../../converters/record/record.ts'
import { rewrite } from '../../../../converters/rewrite/rewrite.ts'
import { graphModel } from '../../../../scripts/mutants/originals.ts'
import { hasShared, shared } from '../../../shared.ts'

tf.enableProdMode()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-graphs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
function saved(json: string, weights: Uint8Array): string {
  const path = join(folder, String(count++))
  mkdirSync(path)
  writeFileSync(join(path, 'model.json'), json)
  writeFileSync(join(path, 'weights.bin'), weights)
  return path
}

async function textOf(path: string): Promise<string> {
  const model = await readModel(path)
  const { run, inputs, outputs, names } = model
  try {
    return graphText(await rewrite(await record(run, { inputs, outputs, names })))
  } finally {
    model.dispose()
  }
}

describe('nodes and weights are called as in the GraphModel:', () => {
  test('a small one', async () => {
    const { json, weights } = graphModel()
    expect(await textOf(saved(json, weights))).toMatchInlineSnapshot(`
      "inputs film: f32[N,16,16,2]
        %conv/Transpose: f32[N,2,16,16] = Transpose(%film) {perm: [0,3,1,2]}
        %conv/Conv_1: f32[N,3,8,8] = Conv(%conv/Transpose, conv/kernel: f32[3,2,3,3], f32(0 0.841471 0.909297)) {kernel_shape: [3,3], strides: [2,2], pads: [0,0,1,1], dilations: [1,1], group: 1}
        %conv/Relu: f32[N,3,8,8] = Relu(%conv/Conv_1)
        %pool/MaxPool: f32[N,3,4,4] = MaxPool(%conv/Relu) {kernel_shape: [2,2], strides: [2,2], pads: [0,0,0,0]}
        %flat/Reshape_1: f32[N,48] = Reshape(%pool/MaxPool, i64(-1 48))
        %dense/MatMul: f32[N,4] = MatMul(%flat/Reshape_1, dense/kernel_1: f32[48,4])
        %classes: f32[N,4] = Softmax(%dense/MatMul) {axis: 1}
      outputs classes: f32[N,4]"
    `)
  })

  test.skipIf(!hasShared)('a real one', async () => {
    expect(await textOf(shared('weights/tiny_dense_graph'))).toMatchInlineSnapshot(`
      "inputs dense_dense2_input: f32[N,10]
        %StatefulPartitionedCall/sequential/dense_Dense2/MatMul/MatMul: f32[N,1] = MatMul(%dense_dense2_input, StatefulPartitionedCall/sequential/dense_Dense2/MatMul/ReadVariableOp: f32[10,1])
        %Identity: f32[N,1] = Add(%StatefulPartitionedCall/sequential/dense_Dense2/MatMul/MatMul, f32(0.161243))
      outputs Identity: f32[N,1]"
    `)
  })
})

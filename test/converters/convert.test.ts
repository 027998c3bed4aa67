/** From a function of tfjs to a file: kept only when it agrees, and nothing left behind when it does not. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConvertOptions, convert } from '../../converters/convert.ts'
import { TOLERANCES } from '../../converters/difference.ts'
import type { Graph } from '../../converters/graph/graph.ts'
import { readMetadata } from '../../converters/onnx/metadata.ts'
import { readWeights } from '../../converters/read/weights.ts'
import type { RecordedFunction } from '../../converters/record/record.ts'
import { type ErrorCode, RoentgenError } from '../../errors.ts'
import { applyWeights, buildBackbone, cutAt, headLayers } from '../../models/index.ts'
import { hasShared, shared } from '../shared.ts'
import { weight } from './harness.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roentgen-convert-'))
})
afterAll(() => rm(folder, { recursive: true }))

const films = (side: number, layers: tfl.layers.Layer[]): ConvertOptions => ({
  inputs: [{ name: 'film', dtype: 'uint8', shape: [null, side, side, 3] }],
  outputs: ['probabilities'],
  layers,
})
const scaled =
  (model: tfl.LayersModel): RecordedFunction =>
  ([film]) =>
    model.apply(tf.sub(tf.div(film!, 127.5), 1)) as tf.Tensor

function expectOneTranspose({ nodes }: Graph): void {
  const transposes = nodes.filter(({ op }) => op === 'Transpose')
  expect(transposes.map(({ inputs }) => inputs)).toEqual([['film']])
}

describe('real networks give the probabilities of tfjs within 1e-5, with one Transpose:', () => {
  test('VGG16 at 32 x 32, random weights', async () => {
    const trunk = buildBackbone('vgg16', { includeTop: false, inputShape: [32, 32, 3], seed: 1 })
    const { frozen, trainable } = headLayers('gap', { classes: 3, seed: 2, featureShape: [1, 1, 512] })
    const outputs = [...frozen, ...trainable].reduce(
      (x, layer) => layer.apply(x) as tfl.SymbolicTensor,
      trunk.outputs[0]!,
    )
    const model = tfl.model({ inputs: trunk.inputs, outputs })
    const { graph, parity } = await convert(
      scaled(model),
      join(folder, 'vgg16.onnx'),
      films(32, model.layers),
    )
    expect(parity[0]!.maxAbs).toBeLessThan(1e-5)
    expectOneTranspose(graph)
    model.dispose()
  })

  test.skipIf(!hasShared)('MobileNet 0.25 at 224 x 224, its ImageNet weights', async () => {
    const path = shared('weights/mobilenet_v1_0.25_224')
    const model = buildBackbone('mobilenet', { includeTop: true, alpha: 0.25 })
    expect(applyWeights(model, await readWeights(path), path)).toEqual([])
    const file = join(folder, 'mobilenet.onnx')
    const { graph, parity } = await convert(scaled(model), file, films(224, model.layers))
    expect(parity[0]!.maxAbs).toBeLessThan(1e-5)
    expectOneTranspose(graph)
    expect((await readFile(file)).length).toBeLessThan(4 * 475_544 * 1.05)

    // Its features are no probabilities: they reach 6, and near 0 they are what larger values leave.
    const trunk = cutAt(model, 'conv_pw_13_relu')
    const features = await convert(scaled(trunk), join(folder, 'trunk.onnx'), films(224, trunk.layers))
    expect(features.parity[0]!.maxRel).toBeLessThan(5e-5)
    model.dispose()
  })
})

const WEIGHT = weight<tf.Rank.R2>([4, 3])
const dense: RecordedFunction = ([x]) => tf.softmax(tf.matMul(x as tf.Tensor2D, WEIGHT))
const rows: ConvertOptions = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4] }],
  outputs: ['y'],
  layers: [],
}

test('an output that is a weight is compared, and the weight stays', async () => {
  const { numTensors } = tf.memory()
  const path = join(folder, 'weight.onnx')
  const both: RecordedFunction = ([x]) => [tf.relu(x!), WEIGHT]
  const { parity } = await convert(both, path, { ...rows, outputs: ['y', 'w'] })
  expect(parity.map(({ maxAbs }) => maxAbs)).toEqual([0, 0])
  expect([tf.memory().numTensors, WEIGHT.isDisposed]).toEqual([numTensors, false])
})

describe('a converted file', () => {
  test('has the metadata that it was given, and the parity that was measured', async () => {
    const path = join(folder, 'dense.onnx')
    const metadata = new Map([['roentgen.labels', '["a","b","c"]']])
    const { parity } = await convert(dense, path, { ...rows, metadata })
    const read = await readMetadata(path)
    expect([...read.keys()]).toEqual(['roentgen.labels', 'roentgen.parity'])
    expect(JSON.parse(read.get('roentgen.parity')!)).toEqual(parity)
    expect(parity).toMatchObject([{ output: 'y', batches: [1, 3] }])
  })

  test('may be kept though it differs, with the difference that was measured, or without a look', async () => {
    let calls = 0
    // The first two calls are recorded, those behind them computed.
    const drifting: RecordedFunction = ([x]) => tf.mul(x!, calls++ < 2 ? 1 : 1.5)
    const path = join(folder, 'told.onnx')
    const { parity, difference } = await convert(drifting, path, { ...rows, proof: 'told' })
    expect(difference!.message).toMatch(
      /ROE_PARITY: .*told\.onnx: output 'y' differs .*; the file was kept, as asked; /,
    )
    expect(parity[0]!.maxAbs).toBeGreaterThan(0.1)
    expect(JSON.parse((await readMetadata(path)).get('roentgen.parity')!)).toEqual(parity)
    calls = 0
    expect((await convert(drifting, path, { ...rows, proof: 'none' })).parity).toEqual([])
    expect((await readMetadata(path)).has('roentgen.parity')).toBe(false)
  })

  test('is the same bytes each time', async () => {
    const paths = ['first.onnx', 'second.onnx'].map((name) => join(folder, name))
    for (const path of paths) await convert(dense, path, rows)
    const [first, second] = await Promise.all(paths.map((path) => readFile(path)))
    expect(Buffer.compare(first!, second!)).toBe(0)
  })
})

describe('nothing is left behind, an older file stays, and tensors are given back, when', () => {
  let calls = 0
  const FAILURES: [string, ErrorCode, RecordedFunction][] = [
    ['a kernel is refused', 'ROE_OP_UNSUPPORTED', ([x]) => tf.unique(tf.reshape(x!, [-1])).values],
    ['the batch is fixed', 'ROE_BATCH_FIXED', ([x]) => tf.reshape(x!, [3, 4])],
    ['a value is read', 'ROE_VALUE_UNKNOWN', ([x]) => tf.mul(x!, x!.dataSync()[0]!)],
    // The first two calls are recorded, those behind them computed.
    ['the numbers differ', 'ROE_PARITY', ([x]) => tf.mul(x!, calls++ < 2 ? 1 : 1.001)],
  ]

  test.each(FAILURES)('%s', async (_, code, fn) => {
    const place = await mkdtemp(join(folder, 'failure-'))
    const path = join(place, 'model.onnx')
    await writeFile(path, 'an older model')
    const { numTensors, numBytes } = tf.memory()
    const error = await convert(fn, path, rows).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    expect((error as RoentgenError).code).toBe(code)
    expect((error as RoentgenError).message).not.toContain('unproven')
    expect(await readdir(place)).toEqual(['model.onnx'])
    expect(await readFile(path, 'utf8')).toBe('an older model')
    expect(tf.memory()).toMatchObject({ numTensors, numBytes })
    expect(tf.getBackend()).toBe('cpu')
  })
})

describe('a file of fp16', () => {
  /** Behind the first product values reach 1e5, which half precision does not hold; the last gives small ones again. */
  const far: RecordedFunction = ([x]) => tf.mul(tf.relu(tf.matMul(tf.add(x as tf.Tensor2D, 1), FAR)), 1e-5)
  const FAR = tf.tidy(() => tf.keep(tf.mul(tf.add(WEIGHT, 2), 3e4)))
  const half: ConvertOptions = { ...rows, precision: 'fp16' }

  test('agrees within its tolerance, says its precision and keeps the types of its input and output', async () => {
    const path = join(folder, 'half.onnx')
    const { graph, parity, lossy } = await convert(dense, path, half)
    expect(parity[0]!.maxAbs).toBeLessThan(1e-3)
    // What was rounded differs.
    expect(parity[0]!.maxAbs).toBeGreaterThan(1e-6)
    expect(lossy).toEqual([])
    expect(['x', 'y'].map((name) => graph.types.get(name)!.dtype)).toEqual(['float32', 'float32'])
    expect((await readMetadata(path)).get('roentgen.precision')).toBe('fp16')
  })

  test('whose values leave the range is refused, with what to do, though the cpu would not notice', async () => {
    const error = await convert(far, join(folder, 'far.onnx'), half).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    expect((error as RoentgenError).message).toMatch(
      /^ROE_PARITY: .*fp16 changed the numbers: the first that differs .* is node 'MatMul' \(MatMul\).*--fp32/,
    )
    expect(await readdir(folder)).not.toContain('far.onnx')
  })

  test('is kept where what leaves the range stays in float32', async () => {
    const { parity } = await convert(far, join(folder, 'near.onnx'), {
      ...half,
      fp32: ['MatMul', 'Relu', 'Mul'],
    })
    expect(parity[0]!.maxRel).toBeLessThan(1e-3)
  })

  test.skipIf(!hasShared)(
    'of MobileNet 0.25 is half as large, and differs by less than its tolerance',
    async () => {
      const path = shared('weights/mobilenet_v1_0.25_224')
      const model = buildBackbone('mobilenet', { includeTop: true, alpha: 0.25 })
      applyWeights(model, await readWeights(path), path)
      const file = join(folder, 'mobilenet16.onnx')
      const { parity } = await convert(scaled(model), file, {
        ...films(224, model.layers),
        precision: 'fp16',
      })
      expect(parity[0]!.maxAbs).toBeLessThan(TOLERANCES.fp16.absolute)
      expect((await readFile(file)).length).toBeLessThan(2 * 475_544 * 1.1)
      model.dispose()
    },
  )
})

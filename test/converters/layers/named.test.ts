/** Models as they are built in use: saved by tfjs, read, converted, compared; and how many Transposes are left in each. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildBackbone } from '../../../models/index.ts'
import { type CaseInput, floats, START, wholes } from './case.ts'
import { convertFolder, samplesOf, saveModel, shakeWeights } from './models.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roentgen-named-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Symbol = tfl.SymbolicTensor
const { layers } = tfl
const apply = (layer: tfl.layers.Layer, x: Symbol | Symbol[]): Symbol => layer.apply(x) as Symbol
const through = (x: Symbol, ...all: tfl.layers.Layer[]): Symbol =>
  all.reduce((value, layer) => apply(layer, value), x)

const conv = (filters: number, strides = 1): tfl.layers.Layer =>
  layers.conv2d({ filters, kernelSize: 3, strides, padding: 'same', activation: 'relu' })

/** Down twice, up twice (once by each way), with what was on the way down joined on the way up. */
function unet(): tfl.LayersModel {
  const inputs = tfl.input({ shape: [16, 12, 1] })
  const one = through(inputs, conv(4), layers.batchNormalization())
  const two = through(one, layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }), conv(6))
  const low = through(two, layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }), conv(8))
  const up = apply(layers.conv2dTranspose({ filters: 6, kernelSize: 2, strides: 2, padding: 'same' }), low)
  const middle = through(
    apply(layers.concatenate(), [up, two]),
    conv(6),
    layers.upSampling2d({ size: [2, 2] }),
  )
  const top = through(apply(layers.concatenate(), [middle, one]), conv(4))
  const outputs = apply(layers.conv2d({ filters: 1, kernelSize: 1, activation: 'sigmoid' }), top)
  return tfl.model({ inputs, outputs })
}

const trunk = (): tfl.LayersModel =>
  tfl.sequential({
    layers: [
      layers.inputLayer({ inputShape: [8, 8, 3] }),
      conv(4, 2),
      layers.batchNormalization(),
      layers.flatten(),
      layers.dense({ units: 5, activation: 'tanh' }),
    ],
  })

/** A model in a model in a model. */
function nested(): tfl.LayersModel {
  const middle = tfl.input({ shape: [8, 8, 3] })
  const inner = tfl.model({ inputs: middle, outputs: apply(trunk(), apply(conv(3), middle)) })
  const inputs = tfl.input({ shape: [8, 8, 3] })
  return tfl.model({ inputs, outputs: apply(layers.dense({ units: 2 }), apply(inner, inputs)) })
}

/** Two pictures through one trunk; how far they are apart, and what both are. */
function siamese(): tfl.LayersModel {
  const shared = trunk()
  const inputs = ['left', 'right'].map((name) => tfl.input({ shape: [8, 8, 3], name }))
  const both = inputs.map((input) => apply(shared, input))
  const alike = apply(layers.dot({ axes: 1, normalize: true }), both)
  const kind = through(apply(layers.average(), both), layers.dense({ units: 3, activation: 'softmax' }))
  return tfl.model({ inputs, outputs: [alike, kind] })
}

const words = (recurrent: tfl.layers.Layer): tfl.LayersModel =>
  tfl.sequential({
    layers: [
      layers.embedding({ inputDim: 256, outputDim: 5, inputLength: 9 }),
      recurrent,
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  })

const WORDS: CaseInput[] = [{ ...wholes(9), dtype: 'float32' }]
const PICTURE = [floats(8, 8, 3)]
const mobilenet = (alpha: 0.25 | 0.5 | 1): tfl.LayersModel =>
  buildBackbone('mobilenet', { includeTop: true, alpha, inputShape: [32, 32, 3], seed: 1 })
const vgg16 = (): tfl.LayersModel =>
  buildBackbone('vgg16', { includeTop: false, inputShape: [32, 32, 3], seed: 1 })

/** Name, model, inputs, Transposes. Backbones keep random weights of their own, by which their signal neither dies nor bursts. */
const MODELS: [string, () => tfl.LayersModel, CaseInput[], number, 'own weights'?][] = [
  // Of one channel: the film is reshaped, and so is its mask.
  ['U-Net', unet, [floats(16, 12, 1)], 0],
  ['a nested model', nested, PICTURE, 1],
  ['a siamese model', siamese, [...PICTURE, ...PICTURE], 2],
  ['LSTM classifier', () => words(layers.lstm({ ...START, units: 6 })), WORDS, 0],
  ['GRU classifier', () => words(layers.gru({ ...START, units: 6 })), WORDS, 0],
  ['MobileNet v1, 0.25', () => mobilenet(0.25), [floats(32, 32, 3)], 1, 'own weights'],
  ['MobileNet v1, 0.5', () => mobilenet(0.5), [floats(32, 32, 3)], 1, 'own weights'],
  ['MobileNet v1, 1', () => mobilenet(1), [floats(32, 32, 3)], 1, 'own weights'],
  ['VGG16', vgg16, [floats(32, 32, 3)], 1, 'own weights'],
]

test.each(MODELS)('%s converts and matches', async (name, build, inputs, transposes, weights) => {
  const model = build()
  if (weights === undefined) shakeWeights(model, 11)
  const place = join(folder, name)
  await saveModel(model, place)
  model.dispose()
  const { graph } = await convertFolder(place, samplesOf(inputs, 11))
  expect(graph.nodes.filter(({ op }) => op === 'Transpose').length).toBe(transposes)
})

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { type LayersModel, layers, loadLayersModel, sequential } from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SeededDropout } from '../../models/index.ts'
import { buildNetwork, type NetworkOptions } from '../../src/train/network.ts'
import { writeTfjs } from '../../src/train/write-tfjs.ts'

const OPTIONS: NetworkOptions = {
  backbone: 'mobilenet',
  alpha: 0.25,
  weights: null,
  featuresAt: undefined,
  cutoff: undefined,
  head: 'recipe',
  scaling: 'tf',
  width: 128,
  height: 128,
  classes: 2,
  seed: 1,
}

let root = ''
beforeAll(async () => {
  await tf.setBackend('cpu')
  root = mkdtempSync(join(tmpdir(), 'roentgen-tfjs-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** As any program with tfjs does it that knows nothing of ours. */
function loaded(folder: string): Promise<LayersModel> {
  const json = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'))
  const [{ paths, weights }] = json.weightsManifest
  const bytes = readFileSync(join(folder, paths[0]))
  const { buffer, byteOffset, length } = bytes
  return loadLayersModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: weights,
      weightData: buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer,
    }),
  })
}

describe('the folder for tfjs', () => {
  it('gives back the same probabilities', async () => {
    const network = await buildNetwork(OPTIONS)
    const folder = join(root, 'whole')
    await writeTfjs(network.model, folder, { labels: ['a', 'b'] })
    expect(readdirSync(folder).sort()).toEqual(['model.json', 'weights.bin'])
    const again = await loaded(folder)
    const x = tf.randomUniform([2, 128, 128, 3], -1, 1, 'float32', 7)
    const [expected, actual] = [network.model, again].map((one) => (one.predict(x) as tf.Tensor).dataSync())
    expect(actual).toEqual(expected)
    network.dispose()
  })

  it("has tfjs' own dropout in the place of ours, also of that which drops whole films", async () => {
    const net = sequential({
      layers: [
        layers.conv2d({ filters: 1, kernelSize: 1, inputShape: [4, 4, 2], name: 'first' }),
        new SeededDropout({ rate: 0.25, seed: 3, name: 'units' }),
        new SeededDropout({ rate: 0.5, seed: 4, wholeFilms: true, name: 'films' }),
      ],
    })
    const folder = join(root, 'dropout')
    await writeTfjs(net, folder, {})
    const again = await loaded(folder)
    expect(again.layers.map((layer) => layer.getClassName())).toEqual(['Conv2D', 'Dropout', 'Dropout'])
    expect(again.layers.map((layer) => layer.getConfig().rate)).toEqual([undefined, 0.25, 0.5])
    const dropped = again.apply(tf.ones([8, 4, 4, 2]), { training: true }) as tf.Tensor
    expect(dropped.shape).toEqual([8, 4, 4, 1])
  })
})

describe('a head that begins where another ended', () => {
  it('has its weights, on a trunk of its own', async () => {
    const first = await buildNetwork(OPTIONS)
    const folder = join(root, 'first')
    await writeTfjs(first.model, folder, {})
    const second = await buildNetwork({ ...OPTIONS, seed: 2, headWeights: folder })
    const valuesOf = ({ model: net }: typeof first, layer: string): number[] => [
      ...net.getLayer(layer).getWeights()[0]!.dataSync(),
    ]
    for (const layer of ['dense', 'dense_1']) expect(valuesOf(second, layer)).toEqual(valuesOf(first, layer))
    expect(valuesOf(second, 'conv1')).not.toEqual(valuesOf(first, 'conv1'))
    first.dispose()
    second.dispose()
  })

  const CASES: [string, Partial<NetworkOptions>, string][] = [
    ['another number of classes', { classes: 3 }, 'ROE_WEIGHTS_SHAPE'],
    ['another head', { head: 'gap-1000-750' }, 'ROE_WEIGHTS_MISSING'],
    ['no folder', { headWeights: '/nowhere' }, 'ROE_NOT_FOUND'],
  ]
  for (const [name, options, code] of CASES)
    it(`is refused: ${name}`, async () => {
      const first = await buildNetwork(OPTIONS)
      const folder = join(root, 'refused')
      await writeTfjs(first.model, folder, {})
      first.dispose()
      const before = tf.memory().numTensors
      await expect(buildNetwork({ ...OPTIONS, headWeights: folder, ...options })).rejects.toThrow(code)
      expect(tf.memory().numTensors).toBe(before)
    })
})

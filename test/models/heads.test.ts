import type { Tensor } from '@tensorflow/tfjs-core'
import { sum, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { HEADS, type HeadName, type HeadOptions, headLayers } from '../../models/index.ts'
import { pixels } from './formula.ts'

const options: HeadOptions = { classes: 3, seed: 1, featureShape: [7, 7, 8] }

const build = (name: HeadName, given: HeadOptions) => {
  const { frozen, trainable } = headLayers(name, given)
  return sequential({
    layers: [layers.inputLayer({ inputShape: [...given.featureShape] }), ...frozen, ...trainable],
  })
}

const LAYERS: Record<HeadName, { frozen: string[]; trainable: string[]; parameters: number }> = {
  recipe: {
    frozen: ['AveragePooling2D', 'Flatten'],
    trainable: ['Dense', 'SeededDropout', 'Dense'],
    parameters: 8 * 64 + 64 + 64 * 3 + 3,
  },
  gap: { frozen: ['GlobalAveragePooling2D'], trainable: ['Dense'], parameters: 8 * 3 + 3 },
  'gap-1024': {
    frozen: ['GlobalAveragePooling2D'],
    trainable: ['Dense', 'Dense'],
    parameters: 8 * 1024 + 1024 + 1024 * 3 + 3,
  },
  'gap-1000': {
    frozen: ['GlobalAveragePooling2D'],
    trainable: ['Dense', 'Dense'],
    parameters: 8 * 1000 + 1000 + 1000 * 3 + 3,
  },
  'gap-1000-750': {
    frozen: ['GlobalAveragePooling2D'],
    trainable: ['Dense', 'SeededDropout', 'Dense', 'Dense'],
    parameters: 8 * 1000 + 1000 + 1000 * 750 + 750 + 750 * 3 + 3,
  },
  flatten: { frozen: ['Flatten'], trainable: ['SeededDropout', 'Dense'], parameters: 7 * 7 * 8 * 3 + 3 },
}

describe.each(Object.keys(HEADS) as HeadName[])('head %s', (name) => {
  test('has the layers of its recipe, those without parameters apart', () => {
    const { frozen, trainable } = headLayers(name, options)
    const classes = (list: layers.Layer[]) => list.map((layer) => layer.getClassName())
    expect(classes(frozen)).toEqual(LAYERS[name].frozen)
    expect(classes(trainable)).toEqual(LAYERS[name].trainable)
    expect(build(name, options).countParams()).toBe(LAYERS[name].parameters)
  })

  test('gives one probability for each class', () => {
    const y = build(name, options).predict(tensor(pixels(2 * 7 * 7 * 8), [2, 7, 7, 8])) as Tensor
    expect(y.shape).toEqual([2, 3])
    expect(sum(y, 1).dataSync()[0]).toBeCloseTo(1, 5)
  })

  test('begins with the same weights for the same seed, and others for another', () => {
    const kernels = (seed: number) =>
      build(name, { ...options, seed })
        .getWeights()
        .map((weight) => [...weight.dataSync()])
    expect(kernels(1)).toEqual(kernels(1))
    expect(kernels(1)).not.toEqual(kernels(2))
  })
})

test("Rosebrock's pooling of 4 x 4 on a map of 7 x 7 sees one corner, as in Keras", () => {
  const { frozen } = headLayers('recipe', { ...options, featureShape: [7, 7, 1] })
  const model = sequential({ layers: [layers.inputLayer({ inputShape: [7, 7, 1] }), ...frozen] })
  const film = Array.from({ length: 49 }, (_, i) => (i % 7 < 4 && i < 28 ? 2 : 1000))
  expect([...(model.predict(tensor(film, [1, 7, 7, 1])) as Tensor).dataSync()]).toEqual([2])
})

test.each([
  ['recipe', { ...options, featureShape: [3, 7, 8] }, 'the trunk gives maps of 3 x 7, the head pools 4 x 4;'],
  ['gap', { ...options, classes: 1 }, 'it needs at least two classes, not 1'],
  [
    'dense',
    options,
    'there is no such head; there are recipe, gap, flatten, gap-1024, gap-1000, gap-1000-750',
  ],
] as [HeadName, HeadOptions, string][])('head %s that does not fit is refused: %j', (name, given, words) => {
  expect(() => headLayers(name, given)).toThrow(`ROE_BACKBONE: head ${name}: ${words}`)
})

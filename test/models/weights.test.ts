import '@tensorflow/tfjs-backend-cpu'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  applyWeights,
  applyWeightsInOrder,
  buildBackbone,
  fillBackbone,
  type WeightTensor,
  weightsByKey,
} from '../../models/index.ts'
import { fitsByName } from '../../models/weights.ts'

const net = () =>
  sequential({
    layers: [
      layers.dense({ inputShape: [2], units: 3, name: 'dense' }),
      layers.batchNormalization({ name: 'dense_bn' }),
    ],
  })

const full = (): Map<string, WeightTensor> =>
  new Map([
    ['dense/kernel', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ['dense/bias', { shape: [3], data: Int32Array.of(7, 8, 9) }],
    ['dense_bn/gamma', { shape: [3], data: Float32Array.of(1, 1, 1) }],
    ['dense_bn/beta', { shape: [3], data: Float32Array.of(0, 0, 0) }],
    ['dense_bn/moving_mean', { shape: [3], data: Float32Array.of(0, 1, 2) }],
    ['dense_bn/moving_variance', { shape: [3], data: Float32Array.of(1, 2, 3) }],
  ])

const values = (model: ReturnType<typeof net>) => model.getWeights().map((weight) => [...weight.dataSync()])

let tensors = full()
beforeEach(() => {
  tensors = full()
})

test('weights go to their layers by name, in whatever order they come', () => {
  const model = net()
  expect(applyWeights(model, new Map([...tensors].reverse()))).toEqual([])
  expect(
    model
      .getLayer('dense')
      .getWeights()
      .map((w) => [...w.dataSync()]),
  ).toEqual([
    [1, 2, 3, 4, 5, 6],
    [7, 8, 9],
  ])
  expect([...weightsByKey(model).keys()].sort()).toEqual([...tensors.keys()].sort())
})

test('the second model of a process has the same keys, though tfjs renames its variables', () => {
  net()
  expect([...weightsByKey(net()).keys()]).toContain('dense/kernel')
})

test('weights that the model does not have are left alone and named', () => {
  tensors.set('predictions/kernel', { shape: [1], data: Float32Array.of(1) })
  expect(applyWeights(net(), tensors)).toEqual(['predictions/kernel'])
})

test('all missing weights are named in one error, and nothing is changed', () => {
  const model = net()
  const before = values(model)
  tensors.delete('dense/bias')
  tensors.delete('dense_bn/moving_mean')
  expect(() => applyWeights(model, tensors, 'w.h5')).toThrow(
    'ROE_WEIGHTS_MISSING: w.h5: the weights lack 2 tensors: dense/bias, dense_bn/moving_mean; ' +
      'give the weights of this very network, or another --backbone or --alpha',
  )
  expect(values(model)).toEqual(before)
})

test('all wrong shapes are named in one error, and nothing is changed', () => {
  const model = net()
  const before = values(model)
  tensors.set('dense/kernel', { shape: [3, 2], data: new Float32Array(6) })
  tensors.set('dense_bn/beta', { shape: [3, 1], data: new Float32Array(3) })
  expect(() => applyWeights(model, tensors, 'w.h5')).toThrow(
    'ROE_WEIGHTS_SHAPE: w.h5: shapes differ: dense/kernel is [3, 2], the network has [2, 3], ' +
      'dense_bn/beta is [3, 1], the network has [3];',
  )
  expect(values(model)).toEqual(before)
})

test('values that do not fill their shape are a fault of the reader', () => {
  tensors.set('dense/bias', { shape: [3], data: new Float32Array(2) })
  expect(() => applyWeights(net(), tensors)).toThrow('dense/bias: the values do not fill the shape')
})

describe('by the order of the file', () => {
  /** The same values under the names of another session of Keras. */
  const renamed = (): [string, WeightTensor][] =>
    [...full()].map(([key, value]) => [key.replace(/^(dense(_bn)?)/, '$1_7'), value])

  test('weights go in whatever they are called, and what is left over is named', () => {
    const [byOrder, byName] = [net(), net()]
    const top: [string, WeightTensor] = ['top_7/kernel', { shape: [1], data: Float32Array.of(1) }]
    expect(applyWeightsInOrder(byOrder, new Map([...renamed(), top]))).toEqual(['top_7/kernel'])
    applyWeights(byName, full())
    expect(values(byOrder)).toEqual(values(byName))
  })

  test('names that all fit go before the order: tfjs saves what is trained first, then the averages', () => {
    const isAverage = ([key]: [string, WeightTensor]) => key.includes('moving_')
    const saved = [...full()].sort((a, b) => Number(isAverage(a)) - Number(isAverage(b)))
    expect(fitsByName(net(), new Map(saved))).toBe(true)
    expect(fitsByName(net(), new Map(renamed()))).toBe(false)
    const [odd, ...others] = saved
    expect(fitsByName(net(), new Map([[odd![0], { ...odd![1], shape: [9] }], ...others]))).toBe(false)
  })

  test('the first shape that differs is named with its place, and nothing is changed', () => {
    const model = net()
    const before = values(model)
    const [kernel, bias, ...more] = renamed()
    expect(() => applyWeightsInOrder(model, new Map([bias!, kernel!, ...more]), 'w.h5')).toThrow(
      'ROE_WEIGHTS_SHAPE: w.h5: shapes differ: tensor 1 of the file, dense_7/bias, is [3], ' +
        'dense/kernel of the network has [2, 3];',
    )
    expect(values(model)).toEqual(before)
  })

  test('a file that ends too early is refused by what it lacks', () => {
    const model = net()
    const before = values(model)
    expect(() => applyWeightsInOrder(model, new Map(renamed().slice(0, 4)), 'w.h5')).toThrow(
      'ROE_WEIGHTS_MISSING: w.h5: the weights lack 2 tensors: dense_bn/moving_mean, dense_bn/moving_variance;',
    )
    expect(values(model)).toEqual(before)
  })
})

describe('the published weights of EfficientNet, which hold deviations as variances', () => {
  const DEVIATIONS = [0.229, 0.224, 0.225]
  const normalized = (variance: number[], layer = 'normalization_3'): number[] => {
    const model = buildBackbone('efficientnetb0', { includeTop: false, inputShape: [32, 32, 3] })
    const given = [...weightsByKey(model)].map(([key, weight]): [string, WeightTensor] => {
      const shape = weight.shape as number[]
      const data =
        key === 'normalization/variance'
          ? Float32Array.from(variance)
          : new Float32Array(shape.reduce((a, b) => a * b, 1))
      return [key.replace('normalization', layer), { shape, data }]
    })
    fillBackbone('efficientnetb0', model, new Map(given))
    const found = [...model.getLayer('normalization').weights[1]!.read().dataSync()]
    model.dispose()
    return found
  }

  test('are squared; other variances stay', () => {
    normalized(DEVIATIONS).forEach((value, i) => {
      expect(value).toBeCloseTo(DEVIATIONS[i]! ** 2, 7)
    })
    expect(normalized([0.5, 0.25, 0.125])).toEqual([0.5, 0.25, 0.125])
  })
})

import '@tensorflow/tfjs-backend-cpu'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { beforeEach, expect, test } from 'vitest'
import { applyWeights, type WeightTensor, weightsByKey } from '../../models/index.ts'

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

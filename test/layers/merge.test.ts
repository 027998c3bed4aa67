import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { input, model as modelOf, models, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { translateLayer } from '../../converters/read/models/keras-layers.ts'
import { edgePoolLayer, scaledSumLayer } from '../../layers/index.ts'

test('a scaled sum is x + scale * y, and so are its gradients', () => {
  const layer = scaledSumLayer({ scale: 0.25, name: 'sum' })
  const [x, y] = [tf.tensor([[1, 2]]), tf.tensor([[4, 8]])]
  const sum = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => layer.apply([a, b]) as tf.Tensor
  expect([...sum(x, y).dataSync()]).toEqual([2, 4])
  const [dx, dy] = tf.grads((a, b) => sum(a!, b!))([x, y])
  expect([...dx!.dataSync(), ...dy!.dataSync()]).toEqual([1, 1, 0.25, 0.25])
})

test("Keras' CustomScaleLayer is read as that sum, with its package or without", () => {
  for (const class_name of ['CustomScaleLayer', 'Custom>CustomScaleLayer']) {
    const entry = { class_name, config: { name: 'custom_scale_layer', scale: 0.17 } }
    expect(translateLayer(entry, 'keras2', (inner) => inner)).toMatchObject({
      class_name: 'RoentgenScaledSum',
      config: { name: 'custom_scale_layer', scale: 0.17 },
    })
  }
})

/** The definition: a window wherever one begins whose middle lies on the map; beyond the edge there is nothing. */
function pooled(film: readonly number[][]): number[][] {
  const starts = (side: number): number[] =>
    Array.from({ length: Math.ceil((side - 3) / 2) + 1 }, (_, i) => 2 * i)
  return starts(film.length).map((row) =>
    starts(film[0]!.length).map((column) =>
      Math.max(...film.slice(row, row + 3).flatMap((line) => line.slice(column, column + 3))),
    ),
  )
}

test('a pooling that keeps edges sees the last rows and columns of any map', () => {
  const side = fc.integer({ min: 2, max: 9 })
  fc.assert(
    fc.property(side, side, fc.integer(), (height, width, seed) => {
      const film = Array.from({ length: height }, (_, y) =>
        Array.from({ length: width }, (_, x) => Math.abs(Math.sin(seed + 31 * y + x))),
      )
      const layer = edgePoolLayer({ name: 'features.2' })
      const y = tf.tidy(() => layer.apply(tf.tensor(film.flat(), [1, height, width, 1])) as tf.Tensor)
      const expected = pooled(film)
      expect(y.shape).toEqual([1, expected.length, expected[0]!.length, 1])
      expect(layer.computeOutputShape([null, height, width, 1])).toEqual([null, ...y.shape.slice(1)])
      y.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(expected.flat()[i]!, 6)
      })
    }),
    { numRuns: 30 },
  )
})

test('a network of these layers survives saving and loading', async () => {
  const inputs = input({ shape: [6, 5, 2] })
  const put = (layer: ReturnType<typeof edgePoolLayer>, x: SymbolicTensor | SymbolicTensor[]) =>
    layer.apply(x) as SymbolicTensor
  const sum = put(scaledSumLayer({ scale: 3, name: 'sum' }), [inputs, inputs])
  const net = modelOf({ inputs, outputs: put(edgePoolLayer({ name: 'pool' }), sum) })
  const json = net.toJSON(null, false) as { config: object }
  const loaded = await models.modelFromJSON(json as Parameters<typeof models.modelFromJSON>[0])
  const film = tf.ones([1, 6, 5, 2])
  expect((loaded.predict(film) as tf.Tensor).shape).toEqual([1, 3, 2, 2])
  expect([...new Set((loaded.predict(film) as tf.Tensor).dataSync())]).toEqual([4])
})

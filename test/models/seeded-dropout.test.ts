import type { Tensor } from '@tensorflow/tfjs-core'
import { ones, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { layers, models, sequential } from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeededDropout } from '../../models/index.ts'

const step = (layer: SeededDropout, units = 64): number[] => [
  ...(layer.apply(ones([1, units]), { training: true }) as Tensor).dataSync(),
]

const steps = (rate: number, seed: number): number[][] => {
  const layer = new SeededDropout({ rate, seed })
  return [step(layer), step(layer), step(layer)]
}

test('two steps have different masks, two runs the same ones, two seeds others', () => {
  const [first, second] = steps(0.5, 1)
  expect(first).not.toEqual(second)
  expect(steps(0.5, 1)).toEqual(steps(0.5, 1))
  expect(steps(0.5, 1)).not.toEqual(steps(0.5, 2))
})

test("tfjs' own Dropout with a seed drops the same units at every step (why this layer exists)", () => {
  const layer = layers.dropout({ rate: 0.5, seed: 1 })
  const run = () => [...(layer.apply(ones([1, 64]), { training: true }) as Tensor).dataSync()]
  expect(run()).toEqual(run())
})

test('a step keeps 1 - rate of the units and scales them by 1 / (1 - rate)', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 0.9, noNaN: true }), fc.integer(), (rate, seed) => {
      const y = step(new SeededDropout({ rate, seed }), 20_000)
      const kept = y.filter((v) => v !== 0)
      expect(Math.abs(kept.length / y.length - (1 - rate))).toBeLessThan(0.02)
      for (const v of new Set(kept)) expect(v).toBeCloseTo(1 / (1 - rate), 4)
    }),
    { numRuns: 20, seed: 1 },
  )
})

test('inference is the identity, and takes no step', () => {
  const x = tensor([[1, 2, 3]])
  const layer = new SeededDropout({ rate: 0.5, seed: 1 })
  expect([...(layer.apply(x) as Tensor).dataSync()]).toEqual([1, 2, 3])
  expect([...(layer.apply(x, { training: false }) as Tensor).dataSync()]).toEqual([1, 2, 3])
  expect(step(layer)).toEqual(steps(0.5, 1)[0])
})

test('of whole films each is dropped as one', () => {
  const layer = new SeededDropout({ rate: 0.5, seed: 1, wholeFilms: true })
  const y = (layer.apply(ones([40, 2, 3]), { training: true }) as Tensor).dataSync()
  const films = Array.from({ length: 40 }, (_, i) => new Set(y.slice(6 * i, 6 * i + 6)))
  expect(films.every(({ size }) => size === 1)).toBe(true)
  expect(new Set(films.flatMap((film) => [...film]))).toEqual(new Set([0, 2]))
})

test('a rate outside [0, 1) is a broken invariant', () => {
  expect(() => new SeededDropout({ rate: 1, seed: 1 })).toThrow('dropout rate 1 is not in [0, 1)')
})

test('a model that has it survives saving and loading', async () => {
  const layer = new SeededDropout({ rate: 0.25, seed: 9, name: 'dropout', inputShape: [64] })
  const json = sequential({ layers: [layer] }).toJSON(null, false) as { config: object }
  const loaded = (await models.modelFromJSON(json as Parameters<typeof models.modelFromJSON>[0])).layers[0]
  expect(loaded).toBeInstanceOf(SeededDropout)
  expect(loaded?.getConfig()).toMatchObject({ rate: 0.25, seed: 9, name: 'dropout' })
  expect(step(loaded as SeededDropout)).toEqual(steps(0.25, 9)[0])
})

test('fitting twice from the same seeds gives the same weights', async () => {
  const train = async () => {
    const model = sequential({
      layers: [
        layers.inputLayer({ inputShape: [16] }),
        new SeededDropout({ rate: 0.5, seed: 4 }),
        layers.dense({ units: 2, kernelInitializer: 'ones', activation: 'softmax' }),
      ],
    })
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' })
    const x = tensor(
      Array.from({ length: 8 * 16 }, (_, i) => Math.sin(i)),
      [8, 16],
    )
    const y = tensor(
      Array.from({ length: 16 }, (_, i) => Number((i + (i >> 1)) % 2 === 0)),
      [8, 2],
    )
    await model.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 })
    return model.getWeights().map((w) => [...w.dataSync()])
  }
  expect(await train()).toEqual(await train())
})

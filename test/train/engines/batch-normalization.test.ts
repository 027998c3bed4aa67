/** What a training moves of batch normalizations, on each engine that runs here: nothing of one that is frozen. */
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../../random.ts'
import type { Engine, EngineRow } from '../../../src/train/engines/engine.ts'
import { ENGINES, openEngine } from '../../../src/train/engines/engines.ts'
import { truthOfClass } from '../../../src/train/fit/answers.ts'
import { fitRest } from '../../../src/train/fit.ts'
import { without } from '../../without.ts'

const MAP = [4, 4, 3]
const FILMS = 8

/** Two batch normalizations, whose averages are those of films seen elsewhere, and a head. */
function networkOf(): LayersModel {
  const network = sequential({
    layers: [
      layers.batchNormalization({ inputShape: MAP, name: 'first' }),
      layers.batchNormalization({ name: 'second' }),
      layers.flatten(),
      layers.dense({ units: 2, activation: 'softmax' }),
    ],
  })
  for (const weight of network.weights)
    if (weight.originalName.includes('moving'))
      tf.tidy(() => {
        weight.write(tf.tensor1d(weight.originalName.includes('mean') ? [0.5, -1, 2] : [2, 0.5, 3]))
      })
  return network
}

/** By the weight's name. */
const valuesOf = async ({ weights }: LayersModel): Promise<Map<string, readonly number[]>> =>
  new Map(
    await Promise.all(
      weights.map(async (weight) => [weight.originalName, [...(await weight.read().data())]] as const),
    ),
  )

async function train(network: LayersModel): Promise<void> {
  const random = seededRandom(1)
  const films = Float32Array.from({ length: FILMS * 48 }, () => random())
  const examples = {
    features: async (chosen: readonly number[]) =>
      Float32Array.from(chosen.flatMap((i) => [...films.subarray(i * 48, (i + 1) * 48)])),
    truths: Array.from({ length: FILMS }, (_, i) => truthOfClass(i % 2, 2)),
  }
  await fitRest(network, {
    classes: 2,
    epochs: 2,
    batch: 4,
    optimizer: { name: 'adam', learningRate: 1e-2, decay: 0 },
    loss: 'categorical',
    seed: 1,
    training: async () => examples,
    validation: examples,
  })
}

const CASES: readonly [what: string, freeze: (network: LayersModel) => void, moved: string[]][] = [
  ['none is frozen', () => {}, ['first', 'second']],
  ['one is frozen', ({ layers: [first] }) => Object.assign(first!, { trainable: false }), ['second']],
  [
    'both are frozen',
    ({ layers: [first, second] }) => {
      for (const layer of [first!, second!]) layer.trainable = false
    },
    [],
  ],
]

const ROWS: readonly EngineRow[] = ENGINES
for (const row of ROWS) {
  const there = await row.available(true)
  describe.skipIf(there !== true)(
    `batch normalization trained on ${row.name}${without(row.name, there)}`,
    () => {
      let opened: Engine
      beforeAll(async () => {
        opened = await openEngine(row.name, () => {})
      })
      afterAll(() => opened.close())

      for (const [what, freeze, moved] of CASES)
        it(`moves what is not frozen, weights and averages: ${what}`, async () => {
          const network = networkOf()
          freeze(network)
          const before = await valuesOf(network)
          await train(network)
          const after = await valuesOf(network)
          for (const [name, values] of before) {
            const isMoved = name.includes('dense') || moved.includes(name.split('/')[0]!)
            if (isMoved) expect(after.get(name), name).not.toEqual(values)
            else expect(after.get(name), name).toEqual(values)
          }
          expect(before.size).toBe(10)
          network.dispose()
        })
    },
  )
}

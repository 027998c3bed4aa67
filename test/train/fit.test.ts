import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { headLayers } from '../../models/index.ts'
import { truthOfClass } from '../../src/train/fit/answers.ts'
import type { LossName } from '../../src/train/fit/losses.ts'
import type { OptimizerSettings } from '../../src/train/fit/optimizers.ts'
import type { FitState } from '../../src/train/fit/state.ts'
import { NO_WATCH } from '../../src/train/fit/watchers.ts'
import { type EpochFigures, type FitOptions, fitRest, predictRest } from '../../src/train/fit.ts'
import fits from '../fixtures/train/fit.json' with { type: 'json' }
import heads from '../fixtures/train/heads.json' with { type: 'json' }

beforeAll(() => tf.setBackend('cpu'))

type Row = (typeof heads)[number]
type Examples = FitOptions['validation']

/** Features in memory, row after row. */
function examplesOf({
  features,
  classes,
}: {
  features: readonly number[]
  classes: readonly number[]
}): Examples {
  const width = features.length / classes.length
  const rowsOf = (chosen: readonly number[]) =>
    chosen.flatMap((row) => features.slice(row * width, (row + 1) * width))
  const truths = classes.map((actual) => truthOfClass(actual, Math.max(...classes) + 1))
  return { features: async (chosen) => Float32Array.from(rowsOf(chosen)), truths }
}

function headOf({
  units,
  classes,
  featureCount,
  first,
}: Pick<Row, 'units' | 'classes' | 'featureCount' | 'first'>): LayersModel {
  const head = sequential({
    layers: [
      layers.inputLayer({ inputShape: [featureCount] }),
      ...(units > 0 ? [layers.dense({ units, activation: 'relu' })] : []),
      layers.dense({ units: classes, activation: 'softmax' }),
    ],
  })
  head.setWeights(head.weights.map((weight, i) => tf.tensor(first[i]!, weight.shape as number[])))
  return head
}

const weightsOf = (head: LayersModel): number[][] => head.getWeights().map((weight) => [...weight.dataSync()])

describe("a head is trained as Keras' own: Adam with decay, from the same weights", () => {
  for (const row of heads)
    it(`${row.classes} classes, ${row.units} hidden units, decay ${row.decay}`, async () => {
      const head = headOf(row)
      const training = examplesOf(row.training)
      const { learningRate, decay } = row
      const { history } = await fitRest(head, {
        classes: row.classes,
        epochs: row.history.length,
        batch: row.training.classes.length,
        optimizer: { name: 'adam', learningRate, decay },
        loss: row.classes === 2 ? 'binary' : 'categorical',
        seed: 1,
        training: async () => training,
        validation: examplesOf(row.validation),
      })
      expectKeras(row, history, head)
    })
})

/** Histories and weights as Keras has them. */
function expectKeras(
  row: Pick<Row, 'history' | 'last'>,
  history: readonly EpochFigures[],
  head: LayersModel,
): void {
  expect(history).toHaveLength(row.history.length)
  for (const [i, expected] of row.history.entries())
    for (const key of ['epoch', 'loss', 'accuracy', 'valLoss', 'valAccuracy'] as const)
      expect(Math.abs(history[i]![key] - expected[key]), `${key} of epoch ${i + 1}`).toBeLessThan(1e-4)
  for (const [i, values] of weightsOf(head).entries())
    for (const [k, value] of values.entries())
      expect(Math.abs(value - row.last[i]![k]!), `weight ${k} of tensor ${i}`).toBeLessThan(1e-4)
}

describe('optimizers, losses, class weights, smoothing and a rate that is reduced are those of Keras', () => {
  for (const row of fits) {
    const { classWeights, labelSmoothing, reduce } = row
    const weighed = classWeights === null ? '' : `, weights ${classWeights}`
    it(`${row.optimizer.name} ${row.optimizer.learningRate}, ${row.loss}, smoothing ${labelSmoothing}${weighed}${reduce === null ? '' : ', reduced'}`, async () => {
      const head = headOf({ ...row, units: 4, featureCount: 5 })
      const training = examplesOf(row.training)
      const { history } = await fitRest(head, {
        classes: row.classes,
        epochs: row.history.length,
        batch: row.training.classes.length,
        optimizer: row.optimizer as OptimizerSettings,
        loss: row.loss as LossName,
        ...(classWeights === null ? {} : { classWeights }),
        labelSmoothing,
        watch: { ...NO_WATCH, reduce },
        seed: 1,
        training: async () => training,
        validation: examplesOf(row.validation),
      })
      expectKeras(row, history, head)
    })
  }
})

const COUNT = 20
/** Two clouds, apart in every feature. */
const numbers = Array.from({ length: COUNT * 8 }, (_, i) => (i < COUNT * 4 ? 1 : -1) + Math.sin(i * 12.9898))
const classes = Array.from({ length: COUNT }, (_, i) => (i < COUNT / 2 ? 0 : 1))
const clouds = examplesOf({ features: numbers, classes })

const seededHead = (seed: number): LayersModel =>
  sequential({
    layers: [
      layers.inputLayer({ inputShape: [8] }),
      ...headLayers('recipe', { classes: 2, seed, featureShape: [4, 4, 8] }).trainable,
    ],
  })

const ADAM = { name: 'adam', learningRate: 1e-2, decay: 1e-3 } as const

async function fitted(seed: number, given: Partial<FitOptions> = {}) {
  const head = seededHead(seed)
  const { history, seconds, kept } = await fitRest(head, {
    classes: 2,
    epochs: 4,
    batch: 8,
    optimizer: ADAM,
    loss: 'binary',
    seed,
    training: async () => clouds,
    validation: clouds,
    ...given,
  })
  return { head, history, seconds, kept, weights: weightsOf(head) }
}

describe('fitRest', () => {
  it('learns two clouds', async () => {
    const { history } = await fitted(1, { epochs: 15 })
    expect(history.at(-1)).toMatchObject({ epoch: 15, valAccuracy: 1 })
    expect(history.at(-1)!.valLoss).toBeLessThan(history[0]!.valLoss)
  })

  it('gives the same history and weights for the same seed, bit for bit, and others for another', async () => {
    const [first, again, other] = [await fitted(1), await fitted(1), await fitted(2)]
    expect(again.history).toEqual(first.history)
    expect(again.weights).toEqual(first.weights)
    expect(other.history).not.toEqual(first.history)
    expect(other.weights).not.toEqual(first.weights)
  })

  it('draws the order of the films from its own seed', async () => {
    const [one, two] = [await fitted(1), await fitted(1, { seed: 2 })]
    expect(one.weights).not.toEqual(two.weights)
  })

  it('asks for the examples of each epoch, and tells each epoch as it ends', async () => {
    const told: (number | EpochFigures)[] = []
    const { history } = await fitted(1, {
      training: async (epoch) => {
        told.push(epoch)
        return clouds
      },
      onEpoch: (figures) => told.push(figures),
    })
    expect(told).toEqual(history.flatMap((figures, epoch) => [epoch, figures]))
  })

  it('ends where the loss is no number, and says in which epoch', async () => {
    const broken = examplesOf({
      features: numbers.map((value, i) => (i === 11 ? Number.NaN : value)),
      classes,
    })
    const training = async (epoch: number) => (epoch === 2 ? broken : clouds)
    await expect(fitted(1, { training })).rejects.toThrow(
      /^ROE_TRAINING: epoch 3, step \d of 3: the loss is NaN; check the data/,
    )
  })

  it('what was kept before the loss was no number is whole, and goes on where the data is mended', async () => {
    const broken = examplesOf({ features: numbers.map(() => Number.NaN), classes })
    const states: FitState[] = []
    const training = async (epoch: number) => (epoch === 2 ? broken : clouds)
    const keepState = async (state: FitState) => void states.push(state)
    await expect(fitted(1, { training, keepState })).rejects.toThrow('epoch 3, step 1 of 3: the loss is NaN')
    expect(states.map(({ standing }) => standing.history.length)).toEqual([1, 2])
    expect((await fitted(1, { from: states[1]! })).weights).toEqual((await fitted(1)).weights)
  })

  it('ends where the last step of an epoch spoilt the weights', async () => {
    const attempt = fitted(1, {
      epochs: 1,
      batch: COUNT,
      optimizer: { ...ADAM, learningRate: 1e39 },
    })
    await expect(attempt).rejects.toThrow(/^ROE_TRAINING: epoch 1, validation: the loss is NaN/)
  })

  it('holds no more tensors after many epochs than after one', async () => {
    const before = tf.memory().numTensors
    const { head } = await fitted(1, { epochs: 1 })
    const one = tf.memory().numTensors - before
    await fitted(1, { epochs: 6 })
    expect(tf.memory().numTensors - before).toBe(2 * one)
    expect(head.weights).toHaveLength(4)
  })

  it('leaves no tensors of its own where a step fails', async () => {
    const head = sequential({
      layers: [layers.inputLayer({ inputShape: [8] }), layers.dense({ units: 2, activation: 'softmax' })],
    })
    head.layers[1]!.call = () => {
      throw new Error('the device is gone')
    }
    const before = tf.memory().numTensors
    const options = { classes: 2, epochs: 1, batch: 8, optimizer: ADAM, loss: 'binary', seed: 1 } as const
    const training = async () => clouds
    await expect(fitRest(head, { ...options, training, validation: clouds })).rejects.toThrow('is gone')
    await expect(predictRest(head, clouds, 8)).rejects.toThrow('is gone')
    expect(tf.memory().numTensors).toBe(before)
  })

  it('tells each step, and where its epoch stands', async () => {
    const told: unknown[] = []
    await fitted(1, {
      epochs: 2,
      onStep: (done, of, { epoch, done: inEpoch, of: steps, loss, accuracy }) => {
        told.push([done, of, epoch, inEpoch, steps])
        expect(loss).toBeGreaterThan(0)
        expect(accuracy).toBeGreaterThanOrEqual(0)
      },
    })
    expect(told).toEqual([
      [1, 6, 1, 1, 3],
      [2, 6, 1, 2, 3],
      [3, 6, 1, 3, 3],
      [4, 6, 2, 1, 3],
      [5, 6, 2, 2, 3],
      [6, 6, 2, 3, 3],
    ])
  })

  it('leaves the weights of the best epoch where that is kept, and says which one it is', async () => {
    // So large a rate that the figures go up and down.
    const wild = { epochs: 6, optimizer: { ...ADAM, learningRate: 0.5 } }
    const watch = { ...NO_WATCH, keep: 'best' } as const
    const { head, history, kept } = await fitted(3, { ...wild, watch })
    const least = Math.min(...history.map(({ valLoss }) => valLoss))
    expect(kept).toBe(history.findIndex(({ valLoss }) => valLoss === least) + 1)
    expect(kept).toBeLessThan(6)
    const until = await fitted(3, { ...wild, epochs: kept })
    expect(weightsOf(head)).toEqual(until.weights)
    expect((await fitted(3, wild)).kept).toBe(6)
  })

  it('stops where the figure no longer gets better', async () => {
    const stop = { patience: 2, minDelta: 10 }
    const { history, seconds } = await fitted(1, { epochs: 9, watch: { ...NO_WATCH, stop } })
    expect([history.length, seconds.length]).toEqual([3, 3])
  })

  it('figures of the last epoch are those of the head that it leaves', async () => {
    const { head, history } = await fitted(1)
    const probabilities = await predictRest(head, clouds, 8)
    const right = classes.filter((actual, i) => {
      const [a, b] = [probabilities[2 * i]!, probabilities[2 * i + 1]!]
      return (a >= b ? 0 : 1) === actual
    })
    expect(history.at(-1)!.valAccuracy).toBe(right.length / COUNT)
  })
})

describe('predictRest', () => {
  it('gives a row of probabilities for each film', async () => {
    const rows = await predictRest(seededHead(3), clouds, COUNT)
    expect(rows).toHaveLength(COUNT * 2)
    for (let i = 0; i < COUNT; i++) expect(rows[2 * i]! + rows[2 * i + 1]!).toBeCloseTo(1, 6)
  })

  it('gives the same in batches of any size, bit for bit', async () => {
    const head = seededHead(3)
    const whole = await predictRest(head, clouds, COUNT)
    for (const batch of [1, 7, 100]) expect(await predictRest(head, clouds, batch)).toEqual(whole)
  })
})

describe('a fit that goes on from any of its epochs ends as one that was never interrupted, bit for bit', () => {
  const SGD = { name: 'sgd', learningRate: 0.05, momentum: 0.9 } as const
  const reduce = { patience: 1, minDelta: 0.5, factor: 0.5, cooldown: 1, minRate: 0 }
  const cases: [string, Partial<FitOptions>][] = [
    ['Adam', {}],
    ['SGD', { optimizer: SGD }],
    ['SGD with a rate that is reduced', { optimizer: SGD, watch: { ...NO_WATCH, reduce } }],
    [
      'the best epoch kept, at a wild rate',
      { optimizer: { ...ADAM, learningRate: 0.5 }, watch: { ...NO_WATCH, keep: 'best' } },
    ],
    [
      'stopped before its end',
      { watch: { ...NO_WATCH, keep: 'best', stop: { patience: 2, minDelta: 10 } }, epochs: 9 },
    ],
  ]
  for (const [name, given] of cases)
    it(name, async () => {
      const states: FitState[] = []
      const whole = await fitted(2, {
        epochs: 6,
        ...given,
        keepState: async (state) => void states.push(state),
      })
      expect(states).toHaveLength(whole.history.length)
      for (const from of structuredClone(states)) {
        const again = await fitted(2, { epochs: 6, ...given, from })
        expect(again.history).toEqual(whole.history)
        expect(again.weights).toEqual(whole.weights)
        expect(again.kept).toBe(whole.kept)
        expect(again.seconds.slice(0, from.standing.seconds.length)).toEqual(from.standing.seconds)
      }
    })
})

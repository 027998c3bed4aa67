import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine, EngineRow } from '../../../src/train/engines/engine.ts'
import { ENGINES, openEngine } from '../../../src/train/engines/engines.ts'
import { ANSWERS, type Asked, type Truth } from '../../../src/train/fit/answers.ts'
import { openOptimizer } from '../../../src/train/fit/optimizers.ts'
import { evaluate, trainStep } from '../../../src/train/fit/step.ts'
import { type FitOptions, fitRest } from '../../../src/train/fit.ts'
import keras from '../../fixtures/train/findings.json' with { type: 'json' }
import { without } from '../../without.ts'

beforeAll(() => tf.setBackend('cpu'))

const LABELS = 3
const ASKED: Asked = {
  answer: 'findings',
  classes: LABELS,
  loss: 'binary',
  labelSmoothing: 0,
  classWeights: null,
}

type Row = (typeof keras.heads)[number]

function examplesOf({ features, truths }: Row['training']): FitOptions['validation'] {
  const width = features.length / truths.length
  const rowsOf = (chosen: readonly number[]) =>
    chosen.flatMap((row) => features.slice(row * width, (row + 1) * width))
  return { features: async (chosen) => Float32Array.from(rowsOf(chosen)), truths: truths as Truth[] }
}

function headOf({ first }: Pick<Row, 'first'>): LayersModel {
  const head = sequential({
    layers: [
      layers.dense({ units: 4, activation: 'relu', inputShape: [5] }),
      layers.dense({ units: LABELS, activation: 'sigmoid' }),
    ],
  })
  head.setWeights(head.weights.map((weight, i) => tf.tensor(first[i]!, weight.shape as number[])))
  return head
}

/** Awaited: a GPU answers later. */
const valuesOf = (head: LayersModel): Promise<number[][]> =>
  Promise.all(head.getWeights().map(async (weight) => [...(await weight.data())]))

/** Gradients of one step over all films, found by a descent of rate 1. */
async function gradientsOf(row: Row, truths: readonly (readonly (number | null)[])[], features: number[]) {
  const rest = headOf(row)
  const before = await valuesOf(rest)
  const variables = rest.trainableWeights.map((weight) => weight.read() as tf.Variable)
  const optimizer = openOptimizer({ name: 'sgd', learningRate: 1, momentum: 0 }, variables)
  const asked = { ...ASKED, labelSmoothing: row.labelSmoothing, classWeights: row.classWeights }
  const examples = examplesOf({ features, truths } as Row['training'])
  const at = { rate: 1, step: 0 }
  const judged = await trainStep({ rest, variables, optimizer }, examples, [...truths.keys()], asked, at)
  const after = await valuesOf(rest)
  return { judged, gradients: before.map((values, i) => values.map((value, k) => value - after[i]![k]!)) }
}

const ROWS: readonly EngineRow[] = ENGINES
for (const engine of ROWS) {
  const there = await engine.available(true)
  describe.skipIf(there !== true)(
    `what is known of each label is learned as by Keras on ${engine.name}${without(engine.name, there)}`,
    () => {
      let opened: Engine
      beforeAll(async () => {
        opened = await openEngine(engine.name, () => {})
      })
      afterAll(() => opened.close())

      for (const row of keras.heads) {
        const { learningRate, labelSmoothing, classWeights, history, training, validation } = row
        it(`smoothing ${labelSmoothing}, weights ${classWeights ?? 'none'}`, async () => {
          const { judged, gradients } = await gradientsOf(row, training.truths, training.features)
          expect(Math.abs(judged.loss - history[0]!.loss)).toBeLessThan(1e-6)
          expect(judged.known).toBe(training.truths.flat().filter((known) => known !== null).length)
          for (const [i, values] of gradients.entries())
            for (const [k, value] of values.entries())
              expect(Math.abs(value - row.gradients[i]![k]!), `gradient ${k} of ${i}`).toBeLessThan(1e-6)

          const head = headOf(row)
          const fitted = await fitRest(head, {
            ...{ answer: 'findings', classes: LABELS, loss: 'binary', seed: 1, labelSmoothing },
            ...(classWeights === null ? {} : { classWeights }),
            epochs: history.length,
            batch: training.truths.length,
            optimizer: { name: 'sgd', learningRate, momentum: 0.9 },
            training: async () => examplesOf(training),
            validation: examplesOf(validation),
          })
          for (const [i, expected] of history.entries())
            for (const key of ['epoch', 'loss', 'accuracy', 'valLoss', 'valAccuracy'] as const)
              expect(Math.abs(fitted.history[i]![key] - expected[key]), `${key} of ${i}`).toBeLessThan(1e-5)
          for (const [i, values] of (await valuesOf(head)).entries())
            for (const [k, value] of values.entries())
              expect(Math.abs(value - row.last[i]![k]!), `weight ${k} of ${i}`).toBeLessThan(1e-5)
        })
      }
    },
  )
}

it('a network that is too sure is clipped as by Keras', () => {
  for (const { actual, p, smoothing, loss } of keras.cells) {
    const asked = { ...ASKED, classes: 1, labelSmoothing: smoothing }
    const truths = [[actual as 0 | 1]]
    const ofFilm = ANSWERS.findings.lossOf(truths, Float32Array.of(p), asked)
    const ofBatch = tf.tidy(() => ANSWERS.findings.lossOfBatch(truths, tf.tensor2d([[p]]), asked).dataSync())
    expect(Math.abs(ofFilm - loss), `${actual} ${p}`).toBeLessThan(2e-5)
    expect(Math.abs(ofBatch[0]! - loss), `${actual} ${p}`).toBeLessThan(2e-5)
  }
})

describe('what is unknown', () => {
  const [row] = keras.heads as [Row, ...Row[]]
  const width = 5
  const known = row.training.truths.flatMap((truth, i) => (truth.every((cell) => cell === null) ? [] : [i]))
  const base = {
    truths: known.map((i) => row.training.truths[i]!),
    features: known.flatMap((i) => row.training.features.slice(i * width, (i + 1) * width)),
  }

  it('films of which nothing is known move no weight and no figure, whatever they show', async () => {
    const expected = await gradientsOf(row, base.truths, base.features)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: width, maxLength: width }),
        async (film) => {
          const truths = [...base.truths, [null, null, null]]
          const { judged, gradients } = await gradientsOf(row, truths, [...base.features, ...film])
          expect(Math.abs(judged.loss - expected.judged.loss)).toBeLessThan(1e-6)
          expect(judged.accuracy).toBe(expected.judged.accuracy)
          for (const [i, values] of gradients.entries())
            for (const [k, value] of values.entries())
              expect(Math.abs(value - expected.gradients[i]![k]!)).toBeLessThan(1e-6)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('a label that no film of a batch knows leaves its own weights where they are, to the bit', async () => {
    for (let label = 0; label < LABELS; label++) {
      const truths = base.truths.map((truth) => truth.map((cell, at) => (at === label ? null : cell)))
      const { gradients } = await gradientsOf(row, truths, base.features)
      const [kernel, bias] = [gradients[2]!, gradients[3]!]
      expect(kernel.filter((_, k) => k % LABELS === label)).toEqual([0, 0, 0, 0])
      expect(bias[label]).toBe(0)
      expect(bias.filter((value) => value !== 0)).toHaveLength(LABELS - 1)
    }
  })

  it('a batch of which nothing is known has no loss, and gives numbers', async () => {
    const truths = [
      [null, null, null],
      [null, null, null],
    ]
    const features = row.training.features.slice(0, 2 * width)
    const { judged, gradients } = await gradientsOf(row, truths, features)
    expect(judged).toEqual({ loss: 0, accuracy: 0, known: 0 })
    expect(gradients.flat().every((value) => value === 0)).toBe(true)
    const examples = examplesOf({ features, truths } as unknown as Row['training'])
    expect(await evaluate(headOf(row), examples, 2, ASKED)).toEqual({ loss: 0, accuracy: 0, known: 0 })
  })
})

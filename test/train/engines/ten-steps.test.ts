/** A tenth of `scripts/check-ten-steps.ts`: two small backbones on each engine that runs here, beside plain JavaScript. And that
 *  the comparison sees what is wrong, on plain JavaScript beside itself. */
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { State, Stepped, Wrong } from '../../../scripts/ten-steps/step.ts'
import { firstState, networkOf, stepFrom } from '../../../scripts/ten-steps/step.ts'
import { tenSteps } from '../../../scripts/ten-steps/ten-steps.ts'
import type { Engine, EngineRow } from '../../../src/train/engines/engine.ts'
import { ENGINES, openEngine } from '../../../src/train/engines/engines.ts'
import { type OptimizerSettings, openOptimizer } from '../../../src/train/fit/optimizers.ts'
import { without } from '../../without.ts'

const ADAM: OptimizerSettings = { name: 'adam', learningRate: 1e-4, decay: 0 }
const SGD: OptimizerSettings = { name: 'sgd', learningRate: 1e-3, momentum: 0.9 }
const SQUEEZENET = { backbone: 'squeezenet' } as const
const MOBILENET = { backbone: 'mobilenet', alpha: 0.25 } as const

/** @param wrong  what the engine does wrong */
async function faultsOf(
  of: typeof SQUEEZENET | typeof MOBILENET,
  settings: OptimizerSettings,
  engine: string,
  options: { steps: number; isFree: boolean; wrong?: Wrong },
  /** Steps that went before. */
  begun = 0,
): Promise<string[]> {
  await tf.setBackend('cpu')
  const network = networkOf(of)
  const task = { network, settings, films: 8 }
  let from: State = await firstState(task)
  for (let step = 0; step < begun; step++) from = await stepFrom(task, from)
  const { faults, tensors } = await tenSteps(task, ['cpu', engine], { from, ...options })
  expect(tensors).toBeGreaterThan(network.weights.length)
  network.dispose()
  return faults
}

/** SwiftShader takes most of a minute for one. */
const STEPS: Readonly<Record<string, number>> = { tensorflow: 5, webgpu: 1 }

const OTHERS: readonly EngineRow[] = ENGINES.filter(({ name }) => name !== 'cpu')
for (const row of OTHERS) {
  const there = await row.available(true)
  describe.skipIf(there !== true)(`steps on ${row.name}${without(row.name, there)}`, () => {
    let opened: Engine
    beforeAll(async () => {
      opened = await openEngine(row.name, () => {})
    })
    afterAll(() => opened.close())
    const steps = STEPS[row.name] ?? 10
    const isFree = steps > 1
    it('of Adam through SqueezeNet are those of plain JavaScript', async () => {
      expect(await faultsOf(SQUEEZENET, ADAM, row.name, { steps, isFree })).toEqual([])
    })
    it.skipIf(row.name === 'webgpu')('of SGD through MobileNet, too', async () => {
      expect(await faultsOf(MOBILENET, SGD, row.name, { steps, isFree })).toEqual([])
    })
  })
}

/** The gradient of one weight, by a factor. */
const scaled = (ending: string, factor: number): Wrong => ({
  gradients(gradients, { trainableWeights }) {
    const weight = trainableWeights.find(({ originalName }) => originalName.endsWith(ending))!
    const { name } = weight.read() as tf.Variable
    return { ...gradients, [name]: tf.mul(gradients[name]!, factor) }
  },
})

/** tfjs' own Adam, which adds epsilon after the bias is corrected. */
const openTfjsAdam: typeof openOptimizer = (settings, variables) => {
  const optimizer = openOptimizer(settings, variables)
  const tfjs = tf.train.adam(settings.learningRate, 0.9, 0.999, 1e-7)
  const [accBeta1, accBeta2, ...moments] = optimizer.slots
  const fields = moments.map((variable) => ({ originalName: variable.name, variable }))
  const half = moments.length / 2
  Object.assign(tfjs, { accBeta1, accBeta2 })
  Object.assign(tfjs, { accumulatedFirstMoment: fields.slice(0, half) })
  Object.assign(tfjs, { accumulatedSecondMoment: fields.slice(half) })
  const apply = (gradients: tf.NamedTensorMap): void =>
    tfjs.applyGradients(variables.map(({ name }) => ({ name, tensor: gradients[name]! })))
  return { ...optimizer, apply }
}

/** Keras' momentum of the averages of a BatchNormalization. */
const MOMENTUM = 0.99

/** Averages whose last move is made otherwise. @param move  of a variance or a mean, and how far it went */
const averages =
  (ending: string, move: (to: number, from: number) => number) =>
  (before: State, after: Stepped, { weights }: LayersModel): Stepped => ({
    ...after,
    weights: after.weights.map((values, i) =>
      weights[i]!.originalName.endsWith(ending)
        ? values.map((to, k) => move(to, before.weights[i]![k]!))
        : values,
    ),
  })

const sampled = (count: number) => (to: number, from: number) =>
  from * MOMENTUM + ((to - from * MOMENTUM) * count) / (count - 1)

const MUTANTS: readonly [
  what: string,
  of: typeof SQUEEZENET | typeof MOBILENET,
  settings: OptimizerSettings,
  wrong: Wrong,
  seen: RegExp,
  /** How many [1], and how many went before [0]. */
  steps?: { steps?: number; begun?: number },
][] = [
  [
    'a gradient that is 1 % too large in one layer',
    SQUEEZENET,
    SGD,
    scaled('features.7.squeeze/kernel', 1.01),
    /features\.7\.squeeze\/kernel/,
  ],
  [
    'a gradient that is 1 % too large before a BatchNormalization',
    MOBILENET,
    SGD,
    scaled('conv_pw_6/kernel', 1.01),
    /conv_pw_6\/kernel/,
    { steps: 3 },
  ],
  [
    'another momentum',
    SQUEEZENET,
    SGD,
    { open: (_, variables) => openOptimizer({ ...SGD, momentum: 0.89 }, variables) },
    /kernel/,
    { begun: 1 },
  ],
  ["Adam with tfjs' epsilon", SQUEEZENET, ADAM, { open: openTfjsAdam }, /kernel/],
  [
    'averages that move 1 % too far',
    MOBILENET,
    SGD,
    { behind: averages('conv_pw_6_bn/moving_mean', (to, from) => from + 1.01 * (to - from)) },
    /conv_pw_6_bn\/moving_mean/,
  ],
  [
    "the sample's variance in the place of the batch's",
    MOBILENET,
    SGD,
    { behind: averages('conv_pw_6_bn/moving_variance', sampled(32)) },
    /conv_pw_6_bn\/moving_variance/,
  ],
]

describe('the comparison sees', () => {
  beforeAll(async () => {
    await openEngine('cpu', () => {})
  })
  for (const [what, of, settings, wrong, seen, { steps = 1, begun = 0 } = {}] of MUTANTS)
    it(what, async () => {
      const faults = await faultsOf(of, settings, 'cpu', { steps, isFree: false, wrong }, begun)
      expect(faults.join()).toMatch(seen)
      expect(faults.length).toBeLessThan(what.includes('momentum') || what.includes('Adam') ? 1000 : 4)
    })

  it('nothing where nothing is wrong', async () => {
    expect(await faultsOf(MOBILENET, SGD, 'cpu', { steps: 1, isFree: false })).toEqual([])
  })
})

/** Trains what stands behind the cut on features, in tfjs: seeded order, Keras' optimizers and watchers, loss and accuracy
 *  an epoch. What it stands on after an epoch can be kept, and gone on from. */
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { RoentgenError } from '../../errors.ts'
import { seededRandom, shuffled } from '../../random.ts'
import type { AnswerName, Asked } from './fit/answers.ts'
import type { EpochFigures, StepFigures } from './fit/figures.ts'
import type { LossName } from './fit/losses.ts'
import { type OptimizerSettings, openOptimizer } from './fit/optimizers.ts'
import {
  assignAll,
  beginStanding,
  type FitState,
  readAll,
  restore,
  type Standing,
  weightsOf,
} from './fit/state.ts'
import { batchesOf, breath, type Examples, evaluate, type Trained, trainStep } from './fit/step.ts'
import { look, NO_WATCH, type Watch } from './fit/watchers.ts'

export type { EpochFigures } from './fit/figures.ts'
export { type Examples, predictRest } from './fit/step.ts'

export interface FitOptions {
  /** What the network says of a film; its class unless given. */
  answer?: AnswerName
  /** Labels. */
  classes: number
  epochs: number
  batch: number
  optimizer: OptimizerSettings
  loss: LossName
  /** How much a film of each class weighs in training, or one that has the finding; all the same unless given. */
  classWeights?: readonly number[]
  /** 0 unless given. */
  labelSmoothing?: number
  /** Nothing is watched, and the last epoch kept, unless given. */
  watch?: Watch
  seed: number
  /** Training examples of an epoch (0-based); augmented copies differ from epoch to epoch. */
  training: (epoch: number) => Promise<Examples>
  validation: Examples
  /** Where a fit with the same options and weights stood. */
  from?: FitState | null
  /** Given the whole state after each epoch; the next one begins when it is kept. */
  keepState?: (state: FitState) => Promise<void>
  onEpoch?: (figures: EpochFigures) => void
  /** Told after each step how many are done here, of how many at most, and where the epoch stands. */
  onStep?: (done: number, of: number, standing: StepFigures) => void | Promise<void>
}

export interface Fitted {
  history: EpochFigures[]
  /** How long each epoch took. */
  seconds: number[]
  /** The epoch whose weights are left, from 1. */
  kept: number
}

/** @param rest  takes what `inputsOf` makes of features; it is left with the weights of the epoch that is kept
 *  @throws ROE_TRAINING when the loss is no number; what reading the features and keeping the state throw */
export async function fitRest(rest: LayersModel, options: FitOptions): Promise<Fitted> {
  const { epochs, watch = NO_WATCH, from = null, keepState } = options
  const variables = rest.trainableWeights.map((weight) => weight.read() as tf.Variable)
  const optimizer = openOptimizer(options.optimizer, variables)
  try {
    const trained = { rest, variables, optimizer }
    let standing = from?.standing ?? beginStanding(options.optimizer.learningRate)
    let best = from?.values.best ?? []
    if (from !== null) restore(rest, optimizer, from)
    const epoch = epochOf(trained, options, standing)
    while (standing.history.length < epochs && !standing.watched.isStopped) {
      standing = await epoch(standing)
      const isBest = standing.watched.bestEpoch === standing.history.length
      if (keepState === undefined && !(isBest && watch.keep === 'best')) continue
      const weights = await readAll(weightsOf(rest))
      if (isBest && watch.keep === 'best') best = weights
      await keepState?.({ standing, values: { weights, slots: await readAll(optimizer.slots), best } })
    }
    if (watch.keep === 'best') assignAll(weightsOf(rest), best)
    const { history, seconds, watched } = standing
    return { history, seconds, kept: watch.keep === 'best' ? watched.bestEpoch : history.length }
  } finally {
    optimizer.dispose()
  }
}

/** @returns what makes an epoch: from where the fit stands to where it stands then */
function epochOf(
  trained: Trained,
  options: FitOptions,
  begin: Standing,
): (before: Standing) => Promise<Standing> {
  const { batch, seed, training, validation, watch = NO_WATCH, onEpoch } = options
  const { answer = 'class', classes, loss, labelSmoothing = 0, classWeights = null } = options
  const asked: Asked = { answer, classes, loss, labelSmoothing, classWeights }
  const random = seededRandom(seed)
  for (let i = 0; i < begin.drawn; i++) random()
  return async (before) => {
    const started = performance.now()
    const number = before.history.length + 1
    const examples = await training(number - 1)
    const order = shuffled([...examples.truths.keys()], random)
    const pass = await passOver(trained, examples, order, { asked, options, before, begin })
    const { loss: valLoss, accuracy: valAccuracy } = await evaluate(trained.rest, validation, batch, asked)
    requireNumber(valLoss, `epoch ${number}, validation`)
    const { steps, learningRate, accuracy } = pass
    const figures = { epoch: number, loss: pass.loss, accuracy, valLoss, valAccuracy, learningRate }
    onEpoch?.(figures)
    return {
      steps,
      drawn: before.drawn + Math.max(0, order.length - 1),
      history: [...before.history, figures],
      seconds: [...before.seconds, (performance.now() - started) / 1000],
      watched: look(watch, before.watched, figures),
    }
  }
}

/** One pass over the films in this order.
 *  @returns loss and accuracy, means over what is known of the films at the step that saw them */
async function passOver(
  trained: Trained,
  examples: Examples,
  order: readonly number[],
  {
    asked,
    options: { batch, epochs, onStep },
    before,
    begin,
  }: { asked: Asked; options: FitOptions; before: Standing; begin: Standing },
): Promise<{ steps: number; loss: number; accuracy: number; learningRate: number }> {
  const sums = { known: 0, loss: 0, accuracy: 0 }
  const batches = batchesOf(order, batch)
  const all = (epochs - begin.history.length) * batches.length
  let learningRate = before.watched.rate
  for (const [i, chosen] of batches.entries()) {
    const step = before.steps + i
    learningRate = trained.optimizer.rateAt(before.watched.rate, step)
    const at = { rate: learningRate, step }
    const { loss, accuracy, known } = await trainStep(trained, examples, chosen, asked, at)
    requireNumber(loss, `epoch ${before.history.length + 1}, step ${i + 1} of ${batches.length}`)
    sums.known += known
    sums.loss += loss * known
    sums.accuracy += accuracy * known
    await onStep?.(step + 1 - begin.steps, all, {
      epoch: before.history.length + 1,
      done: i + 1,
      of: batches.length,
      loss: sums.loss / sums.known,
      accuracy: sums.accuracy / sums.known,
    })
    await breath()
  }
  return {
    steps: before.steps + batches.length,
    loss: sums.loss / sums.known,
    accuracy: sums.accuracy / sums.known,
    learningRate,
  }
}

/** At once, not after hours: no step behind it makes a number of the weights again. */
function requireNumber(loss: number, where: string): void {
  if (!Number.isFinite(loss))
    throw new RoentgenError('ROE_TRAINING', { where, problem: `the loss is ${loss}` })
}

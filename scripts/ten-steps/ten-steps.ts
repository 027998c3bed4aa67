/** Ten steps of training on an engine beside the same on another: each from where the other stands (forced), so that no
 *  difference grows, and all in a row (free), where what a rounding of the weights grows to says what may be expected. */
import * as tf from '@tensorflow/tfjs-core'
import { type Change, changesOf, FACTOR, mediansOf, ratioOf, seenFrom } from './compare.ts'
import { firstState, jittered, type State, type Stepped, stepFrom, type Task, type Wrong } from './step.ts'

export const STEPS = 10

/** A difference, and what the engine does by itself from weights that are moved by roundings. */
interface Difference {
  apart: number
  noise: number
}

export interface TenSteps {
  /** Largest difference of a loss, each step from the other's state. */
  forced: Difference
  /** The same, ten steps in a row. */
  free: Difference
  /** Of the tensors that a step changes: the largest of `ratioOf`, and whose it is. */
  worst: { ratio: number; name: string }
  /** The share of a change from which an error is seen, of the median tensor. */
  seenFrom: number
  tensors: number
  /** What is more apart than noise explains; none where the engine trains as the other. */
  faults: string[]
}

interface Options {
  /** Where it begins [random weights]. */
  from?: State
  steps?: number
  /** Whether steps are made in a row, too [yes]. */
  isFree?: boolean
  /** What the second engine does wrong. */
  wrong?: Wrong
}

/** @param backends  tfjs' names; both are registered */
export async function tenSteps(
  task: Task,
  [reference, engine]: readonly [string, string],
  { from, steps = STEPS, isFree = true, wrong = {} }: Options = {},
): Promise<TenSteps> {
  const on = async (backend: string, from: State, by: Wrong = {}): Promise<Stepped> => {
    await tf.setBackend(backend)
    return await stepFrom(task, from, by)
  }
  await tf.setBackend(reference)
  let state = from ?? (await firstState(task))
  let [free, shaken]: [State, State] = [state, jittered(task, state, 1)]
  const changes: Change[][] = []
  const losses: { forced: Difference[]; free: Difference[] } = { forced: [], free: [] }
  for (let step = 0; step < steps; step++) {
    const expected = await on(reference, state)
    const ours = await on(engine, state, wrong)
    const moved = jittered(task, state, 100 + step)
    const after = await on(engine, moved, wrong)
    changes.push(changesOf({ before: state, expected, ours, moved: { before: moved, after } }))
    losses.forced.push(differenceOf(expected, ours, after))
    state = expected
    if (!isFree) continue
    const [freely, shakenly] = [await on(engine, free, wrong), await on(engine, shaken, wrong)]
    losses.free.push(differenceOf(expected, freely, shakenly))
    ;[free, shaken] = [freely, shakenly]
  }
  return summaryOf(task, mediansOf(changes), largestOf(losses.forced), largestOf(losses.free))
}

const differenceOf = (expected: Stepped, ours: Stepped, moved: Stepped): Difference => ({
  apart: Math.abs(ours.loss - expected.loss),
  noise: Math.abs(ours.loss - moved.loss),
})

const largestOf = (all: readonly Difference[]): Difference => ({
  apart: Math.max(0, ...all.map(({ apart }) => apart)),
  noise: Math.max(0, ...all.map(({ noise }) => noise)),
})

/** Of a loss near 1: what a mean of few numbers may be off by. */
const LOSS_ROUNDING = 1e-6

function summaryOf(
  { network: { weights, trainableWeights } }: Task,
  medians: readonly Change[],
  forced: Difference,
  free: Difference,
): TenSteps {
  const scalars = (medians.length - weights.length) % trainableWeights.length
  const nameOf = (i: number): string => {
    if (i < weights.length) return weights[i]!.originalName
    const slot = i - weights.length - scalars
    return slot < 0 ? 'a power of beta' : `moment of ${weights[slot % trainableWeights.length]!.originalName}`
  }
  const moved = medians.map((change, i) => ({ change, name: nameOf(i), ratio: ratioOf(change) }))
  const changed = moved.filter(({ change }) => change.size > 0 || change.apart > 0)
  const [worst] = changed.toSorted((a, b) => b.ratio - a.ratio)
  const shares = changed.map(({ change }) => seenFrom(change)).toSorted((a, b) => a - b)
  const losses = [
    { name: 'loss of a step', ...forced },
    { name: 'loss of ten steps', ...free },
  ]
  const faults = [
    ...changed.filter(({ ratio }) => !(ratio <= FACTOR)).map(({ name }) => name),
    ...losses
      .filter(({ apart, noise }) => !(apart <= FACTOR * (noise + LOSS_ROUNDING)))
      .map(({ name }) => name),
  ]
  return {
    forced,
    free,
    worst: { ratio: worst?.ratio ?? Number.NaN, name: worst?.name ?? 'nothing moved' },
    seenFrom: shares[Math.floor(shares.length / 2)] ?? Number.NaN,
    tensors: changed.length,
    faults,
  }
}

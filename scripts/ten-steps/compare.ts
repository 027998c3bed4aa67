/** Whether an engine's steps are those of another, as far as float order lets one say: differences are held against what the
 *  engine itself does from weights that are moved by a few roundings. A unit that such a rounding switches on or off
 *  changes a step much, and now and then; a wrong rule changes all of them. So medians over the steps are compared. */
import type { State } from './step.ts'

/** How much larger than the engine's own noise a difference may be. Measured: up to 1.5. */
export const FACTOR = 3
/** Half a unit in the last place of float32, of what is stored; and the roundings of the sums behind a change. */
const [STORED, SUMMED] = [6e-8, 1e-6]

/** What a step changes of one tensor: a weight, an average or a moment. All are root mean squares over its numbers. */
export interface Change {
  /** Of the change itself. */
  size: number
  /** Of the difference between the engines. */
  apart: number
  /** Of the difference between the engine and itself, from moved weights. */
  noise: number
  /** Of what is there behind the step. */
  stored: number
}

/** One step, done by each, from the same state. */
export interface Trial {
  before: State
  expected: State
  ours: State
  /** From moved weights. */
  moved: { before: State; after: State }
}

/** @returns for each of the weights, then of the slots, what the step changed of it */
export const changesOf = ({ before, expected, ours, moved }: Trial): Change[] =>
  (['weights', 'slots'] as const).flatMap((kind) =>
    before[kind].map((from, i) => {
      const sums = { size: 0, apart: 0, noise: 0, stored: 0 }
      const [to, own] = [expected[kind][i]!, ours[kind][i]!]
      const [movedFrom, movedTo] = [moved.before[kind][i]!, moved.after[kind][i]!]
      for (let k = 0; k < from.length; k++) {
        sums.size += (to[k]! - from[k]!) ** 2
        sums.apart += (to[k]! - own[k]!) ** 2
        sums.noise += (movedTo[k]! - movedFrom[k]! - own[k]! + from[k]!) ** 2
        sums.stored += to[k]! ** 2
      }
      return mapped(sums, (sum) => Math.sqrt(sum / from.length))
    }),
  )

/** Over the steps, each number for itself. @param steps  what each changed of the same tensors */
export const mediansOf = (steps: readonly (readonly Change[])[]): Change[] =>
  (steps[0] ?? []).map((first, i) =>
    mapped(first, (_, key) => medianOf(steps.map((changes) => changes[i]![key]))),
  )

/** The difference over the engine's noise; above FACTOR it is wrong. */
export const ratioOf = (change: Change): number => change.apart / Math.max(noiseOf(change), 1e-30)

/** The least error of a change, as a share of it, that is seen. */
export const seenFrom = (change: Change): number => (FACTOR * noiseOf(change)) / change.size

const noiseOf = ({ size, noise, stored }: Change): number => noise + STORED * stored + SUMMED * size

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

const mapped = (change: Change, map: (value: number, key: keyof Change) => number): Change => ({
  size: map(change.size, 'size'),
  apart: map(change.apart, 'apart'),
  noise: map(change.noise, 'noise'),
  stored: map(change.stored, 'stored'),
})

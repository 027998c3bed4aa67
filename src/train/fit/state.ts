/** All that a fit depends on between two epochs: to be kept, and to go on from as if nothing had happened. */
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { SeededDropout } from '../../../models/index.ts'
import type { EpochFigures } from './figures.ts'
import type { OpenOptimizer } from './optimizers.ts'
import { beginWatch, type Watched } from './watchers.ts'

/** What is no tensor: plain data. */
export interface Standing {
  /** Steps that were made. */
  steps: number
  /** Numbers that were drawn for the order of the films. */
  drawn: number
  history: EpochFigures[]
  /** How long each epoch of the history took. */
  seconds: number[]
  watched: Watched
}

/** Values of tensors, in the order of the network's weights and of the optimizer's slots. */
interface Values {
  weights: Float32Array[]
  slots: Float32Array[]
  /** The weights of the best epoch; none where the last is kept. */
  best: Float32Array[]
}

export interface FitState {
  standing: Standing
  values: Values
}

export const beginStanding = (rate: number): Standing => ({
  steps: 0,
  drawn: 0,
  history: [],
  seconds: [],
  watched: beginWatch(rate),
})

/** All weights of a network, also those that are moved and not trained. */
export const weightsOf = (rest: LayersModel): tf.Variable[] =>
  rest.weights.map((weight) => weight.read() as tf.Variable)

export const readAll = (variables: readonly tf.Variable[]): Promise<Float32Array[]> =>
  Promise.all(variables.map(async (variable) => (await variable.data()) as Float32Array))

/** @param values  one for each variable, of its length */
export function assignAll(variables: readonly tf.Variable[], values: readonly Float32Array[]): void {
  tf.tidy(() => {
    for (const [i, variable] of variables.entries()) variable.assign(tf.tensor(values[i]!, variable.shape))
  })
}

/** Puts network and optimizer where they were. */
export function restore(rest: LayersModel, optimizer: OpenOptimizer, { standing, values }: FitState): void {
  assignAll(weightsOf(rest), values.weights)
  assignAll(optimizer.slots, values.slots)
  for (const layer of rest.layers) if (layer instanceof SeededDropout) layer.step = standing.steps
}

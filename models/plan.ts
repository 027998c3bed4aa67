/** What a builder is given: the checked wishes of a user. Types only. */
import type { LayersModel } from '@tensorflow/tfjs-layers'

export interface Plan {
  /** Of the model. */
  name: string
  /** Height, width, channels (NHWC without N). */
  inputShape: readonly [number, number, 3]
  alpha: number
  includeTop: boolean
  /** Outputs of the top. */
  classes: number
  /** Absent: kernels are zero. */
  seed: number | undefined
  /** Of the masks of dropout in training. */
  dropoutSeed: number
}

/** Builds one network; a family makes one of its blocks. */
export type Build = (plan: Plan) => LayersModel

/** What a builder is given: the checked wishes of a user. Types only. */
import type { Block } from './backbones.ts'

export interface Plan {
  blocks: readonly Block[]
  /** Height, width, channels (NHWC without N). */
  inputShape: readonly [number, number, 3]
  alpha: number
  includeTop: boolean
  /** Outputs of the top. */
  classes: number
  /** Absent: kernels are zero. */
  seed: number | undefined
}

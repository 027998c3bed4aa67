/** Dropout whose masks are repeatable and differ from step to step.
 *  tfjs' own layer gives its seed to every step, so that a seeded one drops the same units for ever. */
import { strict as assert } from 'node:assert'
import { dropout, serialization, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import { deriveSeed } from './initial.ts'

type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>

export type SeededDropoutArgs = LayerArgs & {
  /** Share of the units that a training step drops, 0 <= rate < 1. */
  rate: number
  /** An integer; the mask of step n depends on it, on n and on the shape alone. */
  seed: number
}

/** In training: drops units and scales the others by 1 / (1 - rate). In inference: the identity. */
export class SeededDropout extends layers.Layer {
  static className = 'SeededDropout'
  readonly rate: number
  readonly seed: number
  /** Training calls so far. */
  private step = 0

  constructor(args: SeededDropoutArgs) {
    super(args)
    assert.ok(args.rate >= 0 && args.rate < 1, `dropout rate ${args.rate} is not in [0, 1)`)
    this.rate = args.rate
    this.seed = args.seed
    this.supportsMasking = true
  }

  override call(inputs: Tensor | Tensor[], kwargs: { training?: boolean }): Tensor {
    return tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor
      if (kwargs.training !== true || this.rate === 0) return x.clone()
      return dropout(x, this.rate, undefined, deriveSeed(this.seed, `step ${this.step++}`))
    })
  }

  override computeOutputShape(inputShape: (number | null)[]): (number | null)[] {
    return inputShape
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed }
  }
}

serialization.registerClass(SeededDropout)

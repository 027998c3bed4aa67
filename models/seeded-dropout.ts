/** Dropout whose masks are repeatable and differ from step to step.
 *  tfjs' own layer gives its seed to every step, so that a seeded one drops the same units for ever. */
import { strict as assert } from 'node:assert'
import { mul, serialization, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import { deriveSeed, seededRandom } from '../random.ts'

type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>

export type SeededDropoutArgs = LayerArgs & {
  /** Share of the units that a training step drops, 0 <= rate < 1. */
  rate: number
  /** An integer; the mask of step n depends on it, on n and on the shape alone. */
  seed: number
  /** Drops a film whole or not at all (stochastic depth), instead of single units [false]. */
  wholeFilms?: boolean
}

/** In training: drops units and scales the others by 1 / (1 - rate). In inference: the identity. */
export class SeededDropout extends layers.Layer {
  static className = 'SeededDropout'
  readonly rate: number
  readonly seed: number
  readonly wholeFilms: boolean
  /** Training calls so far; set where a training goes on that was interrupted. */
  step = 0

  constructor(args: SeededDropoutArgs) {
    super(args)
    assert.ok(args.rate >= 0 && args.rate < 1, `dropout rate ${args.rate} is not in [0, 1)`)
    this.rate = args.rate
    this.seed = args.seed
    this.wholeFilms = args.wholeFilms ?? false
    this.supportsMasking = true
  }

  override call(inputs: Tensor | Tensor[], kwargs: { training?: boolean }): Tensor {
    return tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor
      if (kwargs.training !== true || this.rate === 0) return x.clone()
      const shape = x.shape.map((size, axis) => (axis > 0 && this.wholeFilms ? 1 : size))
      return mul(x, this.mask(shape, deriveSeed(this.seed, `step ${this.step++}`)))
    })
  }

  /** Zeros and 1 / (1 - rate)s. Drawn here: tfjs draws its own by a generator that takes four times as long. */
  private mask(shape: number[], seed: number): Tensor {
    const random = seededRandom(seed)
    const kept = 1 / (1 - this.rate)
    const length = shape.reduce((product, size) => product * size, 1)
    return tensor(
      Float32Array.from({ length }, () => (random() < this.rate ? 0 : kept)),
      shape,
    )
  }

  override computeOutputShape(inputShape: (number | null)[]): (number | null)[] {
    return inputShape
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, wholeFilms: this.wholeFilms }
  }
}

serialization.registerClass(SeededDropout)

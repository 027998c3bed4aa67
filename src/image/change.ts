/** Changes of a film's pixels that keep its size: turned, moved, sheared, zoomed, mirrored, all in one resampling, and then
 *  its tones. What is drawn at random is in src/train/augment.ts; here each change is given. */
import { type AffineChange, changePlaces } from './affine.ts'
import type { Pixels } from './film.ts'
import { brighten, contrast, saturate } from './tones.ts'

/** What is not said is not changed. Tones are changed after the places, in this order. */
export interface Change extends AffineChange {
  /** Factor of each value. */
  brightness?: number
  /** Factor of each value's distance from its channel's mean. */
  contrast?: number
  /** Factor of a colour's saturation; grey stays grey. */
  saturation?: number
}

/** @source ImageDataGenerator.apply_transform of tf_keras 2.16; tf.image.adjust_contrast and adjust_saturation, which
 *    ImageDataGenerator has no like of */
export function changeFilm(film: Pixels, change: Change): Pixels {
  // Keras cuts decimals off before it changes brightness, so that they are not rounded here, either.
  const rounding = (change.brightness ?? 1) === 1 ? 0.5 : 0
  return TONES.reduce(
    (done, [name, apply]) => {
      const factor = change[name] ?? 1
      return factor === 1 ? done : apply(done, factor)
    },
    changePlaces(film, change, rounding),
  )
}

const TONES = [
  ['brightness', brighten],
  ['contrast', contrast],
  ['saturation', saturate],
] as const

/** Random changes of a training film, seeded by film and copy.
 *  @source Keras' ImageDataGenerator: what is drawn, from which range, and in which order. It draws the shift along the width
 *    from the range for the height and the other way round; here each has its own */
import { seededRandom } from '../../random.ts'
import type { Fill } from '../image/affine.ts'
import { type Change, changeFilm } from '../image/change.ts'
import type { Pixels } from '../image/film.ts'

/** Largest changes; what is not said is not changed. */
export interface Augmentation {
  /** To either side. */
  rotationDegrees?: number
  /** To either side, as a share of the film's width. */
  widthShift?: number
  /** Up or down, as a share of the film's height. */
  heightShift?: number
  /** To either side. */
  shearDegrees?: number
  /** Factors from 1 - zoom to 1 + zoom, one for each axis. */
  zoom?: number
  /** Half of the films, left and right. */
  flipX?: boolean
  /** Half of the films, top and bottom. */
  flipY?: boolean
  /** Least and largest factor. */
  brightness?: readonly [number, number]
  contrast?: readonly [number, number]
  saturation?: readonly [number, number]
  /** What is seen beyond the border. */
  fill: Fill
  /** What `constant` fills with, 0..255 [0]. */
  fillValue?: number
}

/** @param seed  names the film and the copy: the same seed gives the same pixels */
export const augment = (film: Pixels, augmentation: Augmentation, seed: number): Pixels =>
  changeFilm(film, drawChange(augmentation, film, seed))

/** One change of a film of this size. All is drawn, also what is not changed, so that one range more leaves the rest as it
 *  was. */
export function drawChange(
  augmentation: Augmentation,
  { width, height }: Pick<Pixels, 'width' | 'height'>,
  seed: number,
): Change {
  const { rotationDegrees = 0, heightShift = 0, widthShift = 0, shearDegrees = 0, zoom = 0 } = augmentation
  const { flipX = false, flipY = false, brightness = SAME, contrast = SAME, saturation = SAME } = augmentation
  const { fill, fillValue = 0 } = augmentation
  const random = seededRandom(seed)
  const either = (most: number): number => (random() * 2 - 1) * most
  const between = ([from, to]: readonly [number, number]): number => from + random() * (to - from)
  return {
    rotationDegrees: either(rotationDegrees),
    shiftY: either(heightShift) * height,
    shiftX: either(widthShift) * width,
    shearDegrees: either(shearDegrees),
    zoomX: 1 + either(zoom),
    zoomY: 1 + either(zoom),
    flipX: random() < 0.5 && flipX,
    flipY: random() < 0.5 && flipY,
    brightness: between(brightness),
    contrast: between(contrast),
    saturation: between(saturation),
    fill,
    fillValue,
  }
}

const SAME = [1, 1] as const

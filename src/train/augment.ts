/** Random changes of a training film, each one affine resampling, seeded by film and copy.
 *  @source Keras' ImageDataGenerator: an angle is drawn evenly from ±range, the film is turned about its centre and
 *    sampled bilinearly; `nearest` repeats the border */
import { seededRandom } from '../../random.ts'
import type { Pixels } from '../image/film.ts'

export interface Augmentation {
  /** Largest turn to either side. */
  rotationDegrees: number
  /** What lies beyond the border. */
  fill: 'nearest'
}

/** Maps a pixel of the result to the place in the film that it shows: x' = a x + b y + c, y' = d x + e y + f. */
type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** @param seed  names the film and the copy: the same seed gives the same pixels */
export function augment(pixels: Pixels, { rotationDegrees }: Augmentation, seed: number): Pixels {
  const random = seededRandom(seed)
  const degrees = (random() * 2 - 1) * rotationDegrees
  return resampleAffine(pixels, rotationAbout(pixels, degrees))
}

/** A turn about the film's centre, by degrees, clockwise on a screen for positive ones. */
function rotationAbout({ width, height }: Pixels, degrees: number): Affine {
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  return [cos, sin, cx - cos * cx - sin * cy, -sin, cos, cy + sin * cx - cos * cy]
}

/** Bilinear sampling at the places that `map` names; beyond the border the nearest pixel is repeated. */
export function resampleAffine(film: Pixels, [a, b, c, d, e, f]: Affine): Pixels {
  const { width, height, channels, pixels } = film
  const out = new Uint8Array(pixels.length)
  const [lastX, lastY] = [width - 1, height - 1]
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const px = clamp(a * x + b * y + c, lastX)
      const py = clamp(d * x + e * y + f, lastY)
      const [left, top] = [Math.floor(px), Math.floor(py)]
      const [fx, fy] = [px - left, py - top]
      const row = (top * width + left) * channels
      const right = left < lastX ? channels : 0
      const below = top < lastY ? width * channels : 0
      for (let channel = row; channel < row + channels; channel++) {
        const upper = pixels[channel]! * (1 - fx) + pixels[channel + right]! * fx
        const lower = pixels[channel + below]! * (1 - fx) + pixels[channel + below + right]! * fx
        out[to++] = upper * (1 - fy) + lower * fy + 0.5
      }
    }
  }
  return { ...film, pixels: out }
}

const clamp = (value: number, most: number): number => (value < 0 ? 0 : value > most ? most : value)

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
  return rotate(pixels, degrees)
}

/** Turns a film about its centre, anti-clockwise on a screen for positive degrees.
 *  @source apply_affine_transform of tf_keras 2.16, which for films that are not square confuses the two centres;
 *    ours is the true one */
export function rotate(film: Pixels, degrees: number): Pixels {
  const angle = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const [cx, cy] = [(film.width - 1) / 2, (film.height - 1) / 2]
  return resampleAffine(film, [cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy])
}

/** Bilinear sampling at the places that `map` names; beyond the border the nearest pixel is repeated. */
function resampleAffine(film: Pixels, [a, b, c, d, e, f]: Affine): Pixels {
  const { width, height, channels, pixels } = film
  const out = new Uint8Array(pixels.length)
  const [lastX, lastY] = [width - 1, height - 1]
  // Most films are grey in three channels: one is computed, the others copied, in two thirds of the time.
  const distinct = isGrey(film) ? 1 : channels
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const px = clamp(a * x + b * y + c, lastX)
      const py = clamp(d * x + e * y + f, lastY)
      const [left, top] = [Math.floor(px), Math.floor(py)]
      const [fx, fy] = [px - left, py - top]
      const first = (top * width + left) * channels
      const right = left < lastX ? channels : 0
      const below = top < lastY ? width * channels : 0
      for (let at = first; at < first + distinct; at++) {
        const upper = pixels[at]! * (1 - fx) + pixels[at + right]! * fx
        const lower = pixels[at + below]! * (1 - fx) + pixels[at + below + right]! * fx
        out[to++] = upper * (1 - fy) + lower * fy + 0.5
      }
      for (let copied = distinct; copied < channels; copied++, to++) out[to] = out[to - 1]!
    }
  }
  return { ...film, pixels: out }
}

function isGrey({ channels, pixels }: Pixels): boolean {
  if (channels === 1) return true
  for (let at = 0; at < pixels.length; at += channels)
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) return false
  return true
}

const clamp = (value: number, most: number): number => (value < 0 ? 0 : value > most ? most : value)

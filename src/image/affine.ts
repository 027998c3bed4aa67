/** A film turned, moved, sheared, zoomed and mirrored in one bilinear resampling, as Keras composes these.
 *  @source apply_affine_transform of tf_keras 2.16 (scipy.ndimage.affine_transform of order 1), which for films that are not
 *    square confuses the two centres; ours is the true one */
import type { Pixels } from './film.ts'

/** What is seen beyond the border: its pixel repeated, one value, the film mirrored, the film again. */
export type Fill = keyof typeof FILLS

export interface AffineChange {
  /** Anti-clockwise on a screen. */
  rotationDegrees?: number
  /** Pixels that the film moves to the left. */
  shiftX?: number
  /** Pixels that the film moves up. */
  shiftY?: number
  shearDegrees?: number
  /** Above 1 the film becomes smaller. */
  zoomX?: number
  zoomY?: number
  /** Left and right change sides. */
  flipX?: boolean
  /** Top and bottom change sides. */
  flipY?: boolean
  /** [nearest] */
  fill?: Fill
  /** What `constant` fills with, 0..255 [0]. */
  fillValue?: number
}

/** Maps a pixel of the result to the place in the film that it shows: x' = a x + b y + c, y' = d x + e y + f. */
type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** @param rounding  added before decimals are cut off: 0.5 rounds   @returns the film itself where nothing is moved */
export function changePlaces(film: Pixels, change: AffineChange, rounding: number): Pixels {
  const map = mirrored(affineOf(film, change), film, change)
  if (map.every((value, i) => value === STILL[i])) return film
  return resample(film, map, change, rounding)
}

const STILL: Affine = [1, 0, 0, 0, 1, 0]

/** Rotation, shift, shear and zoom, multiplied in this order, about the film's centre. */
function affineOf({ width, height }: Pixels, change: AffineChange): Affine {
  const { rotationDegrees = 0, shearDegrees = 0, shiftX = 0, shiftY = 0, zoomX = 1, zoomY = 1 } = change
  const [cos, sin] = [Math.cos(radians(rotationDegrees)), Math.sin(radians(rotationDegrees))]
  const [cosShear, sinShear] = [Math.cos(radians(shearDegrees)), Math.sin(radians(shearDegrees))]
  const a = cos * zoomX
  const b = (-cos * sinShear - sin * cosShear) * zoomY
  const d = sin * zoomX
  const e = (cos * cosShear - sin * sinShear) * zoomY
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2]
  const c = cx - a * cx - b * cy + (cos * shiftX - sin * shiftY)
  const f = cy - d * cx - e * cy + (sin * shiftX + cos * shiftY)
  return [a, b, c, d, e, f]
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** The result mirrored: its pixel x is what was at width - 1 - x. */
function mirrored([a, b, c, d, e, f]: Affine, { width, height }: Pixels, change: AffineChange): Affine {
  const { flipX = false, flipY = false } = change
  const [right, bottom] = [flipX ? width - 1 : 0, flipY ? height - 1 : 0]
  const [x, y] = [flipX ? -1 : 1, flipY ? -1 : 1]
  return [a * x, b * y, c + a * right + b * bottom, d * x, e * y, f + d * right + e * bottom]
}

/** Where a place beyond 0..last is taken from, in 0..last; NaN: from nowhere. As scipy has them: `reflect` repeats the
 *  border's pixel, and a film that is repeated by `wrap` has its last pixel on its first. */
const FILLS = {
  nearest: (place: number, last: number): number => (place < 0 ? 0 : last),
  constant: (place: number, last: number): number =>
    isBorder(place, last) ? clamp(place, last) : Number.NaN,
  reflect(place: number, last: number): number {
    const period = 2 * (last + 1)
    const from = modulo(place + 0.5, period)
    return clamp((from < last + 1 ? from : period - from) - 0.5, last)
  },
  wrap(place: number, last: number): number {
    if (last === 0 || isBorder(place, last)) return clamp(place, last)
    return place < 0 ? last - modulo(-place, last) : modulo(place, last)
  },
} as const

/** Beyond the border by the rounding of the map alone; pixels. */
const isBorder = (place: number, last: number): boolean => place > -1e-9 && place < last + 1e-9

const modulo = (value: number, by: number): number => value - by * Math.floor(value / by)
const clamp = (value: number, most: number): number => (value < 0 ? 0 : value > most ? most : value)

function resample(film: Pixels, [a, b, c, d, e, f]: Affine, change: AffineChange, rounding: number): Pixels {
  const { width, height, channels, pixels } = film
  const beyond = FILLS[change.fill ?? 'nearest']
  const { fillValue = 0 } = change
  const out = new Uint8Array(pixels.length)
  const [lastX, lastY] = [width - 1, height - 1]
  // Most films are grey in three channels: one is computed, the others copied, in two thirds of the time.
  const distinct = isGrey(film) ? 1 : channels
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let px = a * x + b * y + c
      let py = d * x + e * y + f
      if (px < 0 || px > lastX) px = beyond(px, lastX)
      if (py < 0 || py > lastY) py = beyond(py, lastY)
      const end = to + channels
      if (Number.isNaN(px + py)) {
        out.fill(fillValue, to, end)
        to = end
        continue
      }
      const [left, top] = [Math.floor(px), Math.floor(py)]
      const [fx, fy] = [px - left, py - top]
      const first = (top * width + left) * channels
      const right = left < lastX ? channels : 0
      const below = top < lastY ? width * channels : 0
      for (let at = first; at < first + distinct; at++) {
        const upper = pixels[at]! * (1 - fx) + pixels[at + right]! * fx
        const lower = pixels[at + below]! * (1 - fx) + pixels[at + below + right]! * fx
        out[to++] = upper * (1 - fy) + lower * fy + rounding
      }
      for (; to < end; to++) out[to] = out[to - 1]!
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

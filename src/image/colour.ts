/** Whether a film's three channels say more than one would. Exact: every pixel is looked at, until one tells. */
import type { Film } from './film.ts'

/** Levels of 255 between the channels of a pixel up to which it is tinted (old paper, a monitor's white, what JPEG
 *  makes of it) and not coloured. */
const TINT = 16

/** A film of three equal channels becomes one of one channel; any other is left as it is. */
export function greyIfGrey(film: Film): Film {
  if (film.channels === 1 || differsBy(film, 0)) return film
  const size = film.width * film.height
  const pixels = film.pixels instanceof Uint16Array ? new Uint16Array(size) : new Uint8Array(size)
  for (let i = 0, from = 0; i < size; i++, from += 3) pixels[i] = film.pixels[from]!
  return { ...film, channels: 1, pixels }
}

/** Whether a pixel of a film is really coloured, not only tinted: an arrow, a map of colours, a photograph. */
export const isColoured = (film: Film): boolean =>
  film.channels === 3 && differsBy(film, (TINT / 255) * (2 ** film.bits - 1))

/** How the channels of a pixel lie apart by its chroma, in 1024ths. @source ITU-T T.871 (JFIF), 7 */
const APART = {
  redGreen: { cb: 352, cr: 2167 },
  greenBlue: { cb: -2167, cr: -731 },
  blueRed: { cb: 1815, cr: -1436 },
}
/** Each channel is rounded after that. */
const MOST_APART = 1024 * (TINT - 1)

/** Whether chroma makes no pixel really coloured, only tinted; a tint at the limit may be told to be a colour. Pixels between
 *  samples lie between them.
 *  @param cb  0..255, 128 is none   @param cr  of the same length */
export function isTint(cb: Uint8Array, cr: Uint8Array): boolean {
  const { redGreen, greenBlue, blueRed } = APART
  for (let from = 0; from < cb.length; from += RUN) {
    const end = Math.min(from + RUN, cb.length)
    let told = 0
    for (let i = from; i < end; i++) {
      const b = cb[i]! - 128
      const r = cr[i]! - 128
      const x = redGreen.cb * b + redGreen.cr * r
      const y = greenBlue.cb * b + greenBlue.cr * r
      const z = blueRed.cb * b + blueRed.cr * r
      told |= (MOST_APART - x) | (MOST_APART + x) | (MOST_APART - y) | (MOST_APART + y)
      told |= (MOST_APART - z) | (MOST_APART + z)
    }
    if (told < 0) return false
  }
  return true
}

/** Pixels that are looked at before it is asked whether one has told. */
const RUN = 2 ** 12

/** Whether the channels of any pixel lie more than `most` apart. */
function differsBy({ pixels }: Film, most: number): boolean {
  const apart = Math.floor(most)
  for (let from = 0; from < pixels.length; from += 3 * RUN) {
    const end = Math.min(from + 3 * RUN, pixels.length)
    // Its sign tells: it is below zero as soon as one of the six is. No branch, so many pixels at a time.
    let told = 0
    for (let i = from; i < end; i += 3) {
      const red = pixels[i]!
      const green = pixels[i + 1]!
      const blue = pixels[i + 2]!
      const a = red - green
      const b = green - blue
      const c = blue - red
      told |= (apart - a) | (apart + a) | (apart - b) | (apart + b) | (apart - c) | (apart + c)
    }
    if (told < 0) return true
  }
  return false
}

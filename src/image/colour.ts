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

/** Whether the channels of any pixel lie more than `most` apart. */
function differsBy({ pixels }: Film, most: number): boolean {
  for (let i = 0; i < pixels.length; i += 3) {
    const [red, green, blue] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!]
    if (
      red - green > most ||
      green - red > most ||
      blue - green > most ||
      green - blue > most ||
      red - blue > most ||
      blue - red > most
    )
      return true
  }
  return false
}

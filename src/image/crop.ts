/** Cuts a film down to some of its lines. Shared by the rules for black bars. */
import type { Film } from './film.ts'

/** Lines of a film that stay: from `top` and `left` on, `height` rows and `width` columns. */
export interface Box {
  top: number
  left: number
  height: number
  width: number
}

/** The part of a film inside a box; the film itself where that is all of it. */
export function crop(film: Film, { top, left, height, width }: Box): Film {
  if (height === film.height && width === film.width) return film
  const { channels } = film
  const length = width * channels
  const pixels = emptyLike(film, height * length)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * film.width + left) * channels
    pixels.set(film.pixels.subarray(from, from + length), y * length)
  }
  return { ...film, width, height, pixels }
}

/** The film with these rows and columns only, in the order given. */
export function pickLines(film: Film, rows: readonly number[], columns: readonly number[]): Film {
  const { channels } = film
  const pixels = emptyLike(film, rows.length * columns.length * channels)
  let to = 0
  for (const y of rows)
    for (const x of columns)
      for (let c = 0; c < channels; c++) pixels[to++] = film.pixels[(y * film.width + x) * channels + c]!
  return { ...film, width: columns.length, height: rows.length, pixels }
}

const emptyLike = ({ pixels }: Film, length: number): Uint8Array | Uint16Array =>
  pixels instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length)

/** Cuts a film down to some of its lines, and notes how many went. Shared by the rules for black bars. */
import type { Bars, Film } from './film.ts'

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
  const bars = {
    left,
    top,
    right: film.width - left - width,
    bottom: film.height - top - height,
  }
  return { ...film, width, height, pixels, bars }
}

/** The film with these rows and columns only, in the order given. */
export function pickLines(film: Film, rows: readonly number[], columns: readonly number[]): Film {
  const { channels } = film
  const pixels = emptyLike(film, rows.length * columns.length * channels)
  let to = 0
  for (const y of rows)
    for (const x of columns)
      for (let c = 0; c < channels; c++) pixels[to++] = film.pixels[(y * film.width + x) * channels + c]!
  const bars = barsAround(film, rows, columns)
  return { ...film, width: columns.length, height: rows.length, pixels, bars }
}

/** Lines that go from the inside count for the side of the middle line on which they lie. */
function barsAround(film: Film, rows: readonly number[], columns: readonly number[]): Bars {
  const [top, bottom] = takenAround(rows, film.height)
  const [left, right] = takenAround(columns, film.width)
  return { left, top, right, bottom }
}

function takenAround(kept: readonly number[], length: number): [before: number, after: number] {
  const half = Math.floor(kept.length / 2)
  const before = (kept[half] ?? 0) - half
  return [before, length - kept.length - before]
}

const emptyLike = ({ pixels }: Film, length: number): Uint8Array | Uint16Array =>
  pixels instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length)

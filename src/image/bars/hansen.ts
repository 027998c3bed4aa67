/** The published rule for black bars (S2.2), as it is meant: its loops count rows and columns with one index, delete
 *  from the list that they walk through, and empty the film when the difference is one; none of that is done here. */
import { RoentgenError } from '../../../errors.ts'
import { pickLines } from '../crop.ts'
import type { Film } from '../film.ts'

/** A pixel is black below this mean of its channels, of 255. Published. */
const BLACK = 40

/** Lines with these indices always stay, both ends included: the middle of films of some 1000 pixels. Published. */
const KEPT = { first: 200, last: 800 }

/** Removes each row and column of which more than half is black, but for those in the middle; then the axis that lost
 *  fewer lines loses the difference, half at each end and the odd one at the end, so that the film is square again.
 *  @throws ROE_BARS_NOT_SQUARE, and ROE_BARS_ALL_BLACK where nothing stays (below 200 pixels only) */
export function hansen(film: Film): Film {
  const { width, height } = film
  if (width !== height) throw new RoentgenError('ROE_BARS_NOT_SQUARE', { where: film.source, width, height })
  const black = blackCounts(film)
  const rows = linesKept(black.rows, width)
  const columns = linesKept(black.columns, height)
  const side = Math.min(rows.length, columns.length)
  if (side === 0) throw new RoentgenError('ROE_BARS_ALL_BLACK', { where: film.source })
  return side === width ? film : pickLines(film, middle(rows, side), middle(columns, side))
}

/** How many pixels of each row and column are black. */
function blackCounts({ width, height, channels, bits, pixels }: Film): {
  rows: Uint32Array
  columns: Uint32Array
} {
  const limit = (BLACK / 255) * (2 ** bits - 1) * channels
  const rows = new Uint32Array(height)
  const columns = new Uint32Array(width)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let c = 0; c < channels; c++) sum += pixels[at++]!
      if (sum >= limit) continue
      rows[y] = rows[y]! + 1
      columns[x] = columns[x]! + 1
    }
  return { rows, columns }
}

/** Indices of the lines that stay. @param length  pixels of a line */
function linesKept(black: Uint32Array, length: number): number[] {
  const isKept = (index: number) => black[index]! * 2 <= length || (index >= KEPT.first && index <= KEPT.last)
  return [...black.keys()].filter(isKept)
}

const middle = (lines: readonly number[], count: number): readonly number[] => {
  const start = Math.floor((lines.length - count) / 2)
  return lines.slice(start, start + count)
}

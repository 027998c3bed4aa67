/** The two passes of a resize in plain typed arrays: what the pixels are. resample-simd.ts gives the same bytes in a
 *  fifth of the time and is held to these. */
import type { Pixels } from './film.ts'
import { halfOf, mostOf, type Resampler, runsOf, type Taps } from './kernels.ts'

/** Weighs the pixels of a film: along rows, then along columns.
 *  @returns uint8, as many columns and rows as `across` and `down` have, with the film's channels */
export function resamplePlain(film: Pixels, across: Taps, down: Taps, resampler: Resampler): Uint8Array {
  const lines = resampleRows(film, across, down, resampler)
  return resampleColumns(lines, down, across.starts.length * film.channels, resampler)
}

/** The horizontal pass, over the rows that the vertical one needs. @returns for each row of the film, its samples */
function resampleRows(film: Pixels, across: Taps, down: Taps, resampler: Resampler): Int32Array {
  const lines = new Int32Array(film.height * across.starts.length * film.channels)
  for (const [from, to] of runsOf(down, film.height))
    for (let y = from; y < to; y++) resampleRow(film, y, across, resampler, lines)
  return lines
}

function resampleRow(
  { width, channels, pixels }: Pixels,
  y: number,
  across: Taps,
  resampler: Resampler,
  lines: Int32Array,
) {
  const { afterRow, beforeProduct } = resampler
  const most = mostOf(resampler)
  const { starts, ends, offsets, weights } = across
  const row = y * width * channels
  const half = halfOf(afterRow)
  let to = y * starts.length * channels
  for (let x = 0; x < starts.length; x++) {
    const first = row + starts[x]! * channels
    const taps = offsets[x]!
    const past = taps + ends[x]! - starts[x]!
    for (let c = 0; c < channels; c++, to++) {
      let sum = half
      for (let k = taps, from = first + c; k < past; k++, from += channels) sum += pixels[from]! * weights[k]!
      lines[to] = Math.min(Math.max(sum >> (afterRow + beforeProduct), 0), most)
    }
  }
}

/** The vertical pass. @param length  samples of a row */
function resampleColumns(lines: Int32Array, down: Taps, length: number, resampler: Resampler): Uint8Array {
  const { bits, afterRow, beforeProduct, afterProduct } = resampler
  const afterSum = 2 * bits - afterRow - beforeProduct - afterProduct
  const height = down.starts.length
  const pixels = new Uint8ClampedArray(height * length)
  const sums = new Int32Array(length)
  for (let i = 0; i < height; i++) {
    sums.fill(halfOf(afterSum))
    let k = down.offsets[i]!
    for (let y = down.starts[i]!; y < down.ends[i]!; y++) {
      const weight = down.weights[k++]!
      const row = y * length
      for (let x = 0; x < length; x++) sums[x] = sums[x]! + ((lines[row + x]! * weight) >> afterProduct)
    }
    const to = i * length
    for (let x = 0; x < length; x++) pixels[to + x] = sums[x]! >> afterSum
  }
  return new Uint8Array(pixels.buffer)
}

/** Resizes uint8 films with the kernels of kernels.ts, in plain typed arrays; and fits them into a frame of another
 *  aspect ratio. A frame larger than the film is black around it and is never built: its pixels weigh nothing. */
import assert from 'node:assert'
import type { Kernel, Pixels, Step } from './film.ts'
import { RESAMPLERS, type Resampler, type Taps, tapsOf } from './kernels.ts'

/** The part of the plane that is resized, in pixels of the film; it may reach beyond the film, or cut it. */
interface Frame {
  x: number
  y: number
  width: number
  height: number
}

type FitStep = Extract<Step, { op: 'fit' }>

/** Resizes a film, ignoring its aspect ratio.
 *  @param pixels  uint8, 1 or 3 channels   @param target  width and height >= 1 in pixels
 *  @returns the pixels that the kernel's library gives, within one grey level */
export function resize(pixels: Pixels, target: { width: number; height: number; kernel: Kernel }): Pixels {
  return resample(pixels, target, { x: 0, y: 0, width: pixels.width, height: pixels.height })
}

/** How a film of any aspect ratio fills the target: the frame that is resized to it, always of the target's ratio
 *  but for 'stretch', and centred. */
const FRAMES: { [How in FitStep['how']]: (film: Pixels, target: FitStep) => Frame } = {
  stretch: ({ width, height }) => ({ x: 0, y: 0, width, height }),
  pad: (film, target) => centred(film, target, Math.max),
  crop: (film, target) => centred(film, target, Math.min),
}

/** Resizes a film into a given size: 'stretch' ignores its aspect ratio, 'pad' puts it on black of the target's ratio
 *  first, 'crop' cuts it to that ratio first. */
export function fitInto(pixels: Pixels, step: FitStep): Pixels {
  return resample(pixels, step, FRAMES[step.how](pixels, step))
}

function centred(film: Pixels, target: FitStep, choose: (a: number, b: number) => number): Frame {
  const ratio = target.width / target.height
  const width = Math.max(1, choose(film.width, Math.round(film.height * ratio)))
  const height = Math.max(1, choose(film.height, Math.round(film.width / ratio)))
  return { x: Math.floor((film.width - width) / 2), y: Math.floor((film.height - height) / 2), width, height }
}

function resample(
  film: Pixels,
  target: { width: number; height: number; kernel: Kernel },
  frame: Frame,
): Pixels {
  const { width, height, kernel } = target
  assert(width >= 1 && height >= 1, `a film is resized to at least one pixel, not ${width} x ${height}`)
  const row = RESAMPLERS[kernel]
  const grows = frame.width < width || frame.height < height
  const resampler = grows ? (row.growing ?? row) : row
  const across = cut(tapsOf(resampler, { size: frame.width, target: width }), frame.x, film.width)
  const down = cut(tapsOf(resampler, { size: frame.height, target: height }), frame.y, film.height)
  const lines = resampleRows(film, across, down, resampler)
  const pixels = resampleColumns(lines, down, width * film.channels, resampler)
  return { width, height, channels: film.channels, pixels }
}

/** Moves taps from the frame to the film; those outside the film meet black and go. */
function cut({ starts, ends, offsets, weights }: Taps, shift: number, size: number): Taps {
  for (let i = 0; i < starts.length; i++) {
    const start = Math.min(Math.max(starts[i]! + shift, 0), size)
    offsets[i] = offsets[i]! + start - (starts[i]! + shift)
    starts[i] = start
    ends[i] = Math.min(Math.max(ends[i]! + shift, start), size)
  }
  return { starts, ends, offsets, weights }
}

/** The horizontal pass, over the rows that the vertical one needs. @returns for each row of the film, its samples */
function resampleRows(film: Pixels, across: Taps, down: Taps, { afterRow }: Resampler): Int32Array {
  const { channels, pixels } = film
  const { starts, ends, offsets, weights } = across
  const width = starts.length
  const lines = new Int32Array(film.height * width * channels)
  const half = halfOf(afterRow)
  for (const y of rowsOf(down)) {
    const row = y * film.width * channels
    let to = y * width * channels
    for (let x = 0; x < width; x++) {
      const first = row + starts[x]! * channels
      const taps = offsets[x]!
      const past = taps + ends[x]! - starts[x]!
      for (let c = 0; c < channels; c++, to++) {
        let sum = half
        for (let k = taps, from = first + c; k < past; k++, from += channels)
          sum += pixels[from]! * weights[k]!
        lines[to] = sum >> afterRow
      }
    }
  }
  return lines
}

/** The vertical pass. @param length  samples of a row */
function resampleColumns(lines: Int32Array, down: Taps, length: number, resampler: Resampler): Uint8Array {
  const { bits, afterRow, beforeProduct, afterProduct } = resampler
  const afterSum = 2 * bits - afterRow - beforeProduct - afterProduct
  const height = down.starts.length
  const pixels = new Uint8Array(height * length)
  const sums = new Int32Array(length)
  for (let i = 0; i < height; i++) {
    sums.fill(halfOf(afterSum))
    let k = down.offsets[i]!
    for (let y = down.starts[i]!; y < down.ends[i]!; y++) {
      const weight = down.weights[k++]!
      const row = y * length
      for (let x = 0; x < length; x++)
        sums[x] = sums[x]! + (((lines[row + x]! >> beforeProduct) * weight) >> afterProduct)
    }
    const to = i * length
    for (let x = 0; x < length; x++) pixels[to + x] = sums[x]! >> afterSum
  }
  return pixels
}

/** What is added before `shift` fraction bits go, so that they are rounded. */
const halfOf = (shift: number): number => (shift > 0 ? 2 ** (shift - 1) : 0)

/** The film's rows that taps touch, each once, in order. */
function* rowsOf({ starts, ends }: Taps): Generator<number> {
  let next = 0
  for (const [i, end] of ends.entries()) {
    for (let y = Math.max(starts[i]!, next); y < end; y++) yield y
    next = Math.max(next, end)
  }
}

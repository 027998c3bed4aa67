/** The table of resampling kernels: along one axis, which source pixels make a target pixel, and with what weights.
 *  Each row follows the library it is named after, whose pixels it gives within one grey level (fixtures in
 *  test/fixtures/image/make-resize.py). What is done with the weights is in resize.ts. */
import type { Kernel } from './film.ts'

/** One axis of a resize: `size` source pixels become `target` pixels. */
export interface Axis {
  size: number
  target: number
}

/** Target pixel i is the sum over s in starts[i]..ends[i]-1 of source[s] * weights[offsets[i] + s - starts[i]]. */
export interface Taps {
  starts: Int32Array
  ends: Int32Array
  offsets: Int32Array
  /** Fixed point with the `bits` of the kernel; those of one target pixel add up to 1 exactly. */
  weights: Int32Array
}

/** Source index and weight of what goes into target pixel `i`; indices rise by one from `start`. */
interface Window {
  start: number
  weights: number[]
}

export interface Resampler {
  /** Fraction bits of the weights. */
  bits: number
  /** Fraction bits dropped from a row after the horizontal pass, with rounding; all of them give whole grey levels. */
  afterRow: number
  /** Fraction bits cut off (no rounding) before a row is weighed in the vertical pass, and from each product. What is
   *  left is rounded away at the end. Sums must fit into an int32: 8 bits and fractions below 2^31. */
  beforeProduct: number
  afterProduct: number
  window: (i: number, axis: Axis) => Window
}

/** OpenCV's bilinear arithmetic for uint8: 11-bit weights, and products cut to 2 fraction bits before they are added,
 *  which makes one pixel in eight a level darker than exact arithmetic would. */
const CV2 = { bits: 11, afterRow: 0, beforeProduct: 4, afterProduct: 16 }

/** Pillow's arithmetic for uint8: 22-bit weights, and whole grey levels between the passes. */
const PIL = { bits: 22, afterRow: 22, beforeProduct: 0, afterProduct: 0 }

interface Row extends Resampler {
  /** What the library does instead where an axis grows. */
  growing?: Resampler
}

export const RESAMPLERS: { readonly [K in Kernel]: Row } = {
  'cv2-linear': { ...CV2, window: linear },
  'cv2-area': {
    ...{ bits: 16, afterRow: 10, beforeProduct: 0, afterProduct: 0, window: area },
    growing: { ...CV2, window: enlargedArea },
  },
  'pil-bilinear': { ...PIL, window: triangle },
  'pil-lanczos': { ...PIL, window: lanczos },
  'keras-nearest': { bits: 0, afterRow: 0, beforeProduct: 0, afterProduct: 0, window: nearest },
  'tf-bilinear': { bits: 14, afterRow: 7, beforeProduct: 0, afterProduct: 0, window: halfPixel },
}

/** The weights of one axis. */
export function tapsOf({ bits, window }: Resampler, axis: Axis): Taps {
  const { target } = axis
  const taps = {
    starts: new Int32Array(target),
    ends: new Int32Array(target),
    offsets: new Int32Array(target),
  }
  const weights: number[] = []
  for (let i = 0; i < target; i++) {
    const { start, weights: shares } = window(i, axis)
    taps.starts[i] = start
    taps.ends[i] = start + shares.length
    taps.offsets[i] = weights.length
    pushFixedPoint(weights, shares, 2 ** bits)
  }
  return { ...taps, weights: Int32Array.from(weights) }
}

/** Appends shares as integers that add up to `one`; what rounding leaves over goes to the first of the largest. */
function pushFixedPoint(to: number[], shares: readonly number[], one: number): void {
  let sum = 0
  for (let s = 0; s < shares.length; s++) sum += shares[s]!
  let rest = one
  let largest = 0
  let most = Number.NEGATIVE_INFINITY
  for (let s = 0; s < shares.length; s++) {
    const weight = Math.round((shares[s]! / sum) * one)
    rest -= weight
    if (weight > most) {
      most = weight
      largest = to.length
    }
    to.push(weight)
  }
  to[largest] = most + rest
}

/** Two neighbours, the second with this share; one where the second is outside. */
const pair = (start: number, share: number, size: number): Window =>
  start < 0 || share === 0 || start >= size - 1
    ? { start: Math.min(Math.max(start, 0), size - 1), weights: [1] }
    : { start, weights: [1 - share, share] }

/** OpenCV INTER_LINEAR: half-pixel centres, two taps however far the film shrinks (no antialiasing). */
function linear(i: number, { size, target }: Axis): Window {
  const at = Math.fround((i + 0.5) * (size / target) - 0.5)
  return pair(Math.floor(at), at - Math.floor(at), size)
}

/** OpenCV INTER_AREA where no axis grows: each source pixel counts by how much of it the target pixel covers. */
function area(i: number, { size, target }: Axis): Window {
  const from = (i * size) / target
  const to = Math.min(((i + 1) * size) / target, size)
  // Slivers thinner than this are dropped there, too.
  const first = Math.floor(from + 1e-3)
  const last = Math.max(Math.ceil(to - 1e-3), first + 1)
  const weights: number[] = []
  for (let s = first; s < last; s++) weights.push(Math.min(to, s + 1) - Math.max(from, s))
  return { start: first, weights }
}

/** OpenCV INTER_AREA where an axis grows: two taps like INTER_LINEAR, but blending only inside the target pixel that
 *  the border of two source pixels cuts. */
function enlargedArea(i: number, { size, target }: Axis): Window {
  const start = Math.floor(i * (1 / (target / size))) // not size / target, which rounds otherwise
  const share = Math.fround(i + 1 - (start + 1) * (target / size))
  return pair(start, share <= 0 ? 0 : share - Math.floor(share), size)
}

/** Pillow BILINEAR: a triangle, antialiased. Pillow 13 does the vertical pass first for some shapes, Pillow up to 12 never;
 *  here never: a grey level apart at most. What tf.image.resize gives with `antialias=True` is this, within a level. */
function triangle(i: number, axis: Axis): Window {
  return widened(i, axis, 1, (distance) => Math.max(0, 1 - Math.abs(distance)))
}

/** Pillow LANCZOS: a sinc of three lobes on each side, windowed by its first. */
function lanczos(i: number, axis: Axis): Window {
  return widened(i, axis, 3, (distance) => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0))
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Pillow's windows: a filter as wide as the scale where the film shrinks, its ends cut at whole pixels.
 *  @param support  where the filter ends, in pixels of the smaller side */
function widened(
  i: number,
  { size, target }: Axis,
  support: number,
  filter: (distance: number) => number,
): Window {
  const scale = size / target
  const step = Math.max(scale, 1)
  const centre = (i + 0.5) * scale
  const start = Math.max(Math.trunc(centre - support * step + 0.5), 0)
  const end = Math.min(Math.trunc(centre + support * step + 0.5), size)
  const weights: number[] = []
  for (let s = start; s < end; s++) weights.push(filter((s - centre + 0.5) / step))
  return { start, weights }
}

/** tf.image.resize, bilinear without antialiasing (its default): half-pixel centres in float32, two taps. The library's
 *  floats are rounded to whole levels. */
function halfPixel(i: number, { size, target }: Axis): Window {
  const scale = Math.fround(size / target)
  const at = Math.fround(Math.fround(Math.fround(i + 0.5) * scale) - 0.5)
  return pair(Math.floor(at), Math.fround(at - Math.floor(at)), size)
}

/** Pillow NEAREST, which Keras' loaders use unless told otherwise: the pixel under the centre. Centres are found by
 *  adding up, as there, since the sum's rounding decides where a centre falls between two pixels. */
function nearest(i: number, { size, target }: Axis): Window {
  const scale = size / target
  let centre = scale * 0.5
  for (let step = 0; step < i; step++) centre += scale
  return { start: Math.min(Math.trunc(centre), size - 1), weights: [1] }
}

/** What is added before `shift` fraction bits go, so that they are rounded. */
export const halfOf = (shift: number): number => (shift > 0 ? 2 ** (shift - 1) : 0)

/** The most that a sample of a line may be, in what is left of the fraction: white. Less than 0 and more than this are cut
 *  away, as the libraries do whose kernels have weights below 0. */
export const mostOf = ({ bits, afterRow, beforeProduct }: Resampler): number =>
  Math.floor(255 * 2 ** (bits - afterRow - beforeProduct))

/** The film's rows that taps touch, each once, in order: runs of [from, to[, none longer than `most`. */
export function runsOf({ starts, ends }: Taps, most: number): [from: number, to: number][] {
  const runs: [number, number][] = []
  let from = 0
  let past = 0
  const end = (): void => {
    for (; from < past; from += most) runs.push([from, Math.min(from + most, past)])
  }
  for (let i = 0; i < starts.length; i++) {
    if (starts[i]! > past) {
      end()
      from = starts[i]!
    }
    past = Math.max(past, ends[i]!)
  }
  end()
  return runs
}

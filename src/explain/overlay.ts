/** An activation map over a picture (S3.6): upsampled bilinearly, coloured from its own least to its own largest value. */
import type { Pixels } from '../image/film.ts'
import type { Frame } from '../image/resize.ts'
import { JET, jetAt } from './jet.ts'

export interface ActivationMap {
  width: number
  height: number
  /** Row-major. */
  values: Float32Array
}

/** Of the colours; the rest is the picture's. Published. */
const ALPHA = 0.35

/** @param picture  grey or RGB
 *  @param frame  where the map lies, in pixels of the picture; what is outside of it stays as it is
 *  @returns RGB, of the picture's size */
export function overlay(
  { width, height, channels, pixels }: Pixels,
  map: ActivationMap,
  frame: Frame,
): Pixels {
  const across = samplesOf(width, { from: frame.x, length: frame.width }, map.width)
  const down = samplesOf(height, { from: frame.y, length: frame.height }, map.height)
  const scale = scaleOf(map.values)
  const colours = new Uint8Array(width * height * 3)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const [column, row] = [across[x]!, down[y]!]
      const colour = column === null || row === null ? null : jetAt(scale(valueAt(map, column, row)))
      for (let c = 0; c < 3; c++) {
        const own = pixels[at * channels + (channels === 1 ? 0 : c)]!
        colours[at * 3 + c] = colour === null ? own : Math.round(own * (1 - ALPHA) + JET[colour + c]! * ALPHA)
      }
    }
  return { width, height, channels: 3, pixels: colours }
}

/** Two places of the map, and the share of the second. */
interface Sample {
  low: number
  high: number
  share: number
}

/** For each pixel of a line what it reads of the map, by centres, edges repeated; null outside of the map.
 *  @param count  pixels of the line   @param places  of the map */
function samplesOf(count: number, { from, length }: { from: number; length: number }, places: number) {
  return Array.from({ length: count }, (_, i): Sample | null => {
    const at = (i + 0.5 - from) / length
    if (at < 0 || at > 1) return null
    const place = Math.min(Math.max(at * places - 0.5, 0), places - 1)
    const low = Math.floor(place)
    return { low, high: Math.min(low + 1, places - 1), share: place - low }
  })
}

function valueAt({ width, values }: ActivationMap, column: Sample, row: Sample): number {
  const line = (y: number): number => {
    const [left, right] = [values[y * width + column.low]!, values[y * width + column.high]!]
    return left + (right - left) * column.share
  }
  const [top, bottom] = [line(row.low), line(row.high)]
  return top + (bottom - top) * row.share
}

/** Least to 0, largest to 1; a map that is the same everywhere is 0. */
function scaleOf(values: Float32Array): (value: number) => number {
  const [least, most] = rangeOf(values)
  return most > least ? (value) => (value - least) / (most - least) : () => 0
}

/** The least and the largest value. */
export const rangeOf = (values: Float32Array): [least: number, most: number] =>
  values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )

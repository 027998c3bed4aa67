/** Our own rule for black bars: any size, aspect and depth; only ever lines at the edges, found by walking inwards and
 *  stopping at the first that is none. It would rather leave a bar than take a line of the patient: a line has to be
 *  black nearly all along, and no lung spans a film from edge to edge. */
import { RoentgenError } from '../../../errors.ts'
import { type Box, crop } from '../crop.ts'
import type { Film } from '../film.ts'

/** A sample is near black within this share of the film's contrast above its floor: noise and JPEG ringing inside a
 *  bar stay below it (20 grey levels at full contrast), soft tissue and lungs lie above. */
const NEAR_BLACK = 0.08

/** A film whose floor lies above this share of the full range (32 of 255) has no black, so no bars. */
const FLOOR_LIMIT = 1 / 8

/** A film with at most this contrast, in stored levels, shows nothing. */
const NO_CONTRAST = 4

/** A line is clean bar when this share of its samples is near black: a small mark (L, R) may cross it. */
const CLEAN = 0.95

/** Lines of which this share is near black may be writing inside a bar; they go only when at least as many clean lines
 *  follow, which is not so where a bar ends and the patient begins. */
const MARKED = 0.6

/** Most samples that are looked at on a line, and on each axis for the film's contrast: what makes the rule fast. */
const LINE_SAMPLES = 512
const GRID = 64

/** Removes black bars at the edges. @throws ROE_BARS_ALL_BLACK where the whole film is near black */
export function robust(film: Film): Film {
  return crop(film, findBars(film))
}

/** Where the film is without its bars; see `robust`. */
export function findBars(film: Film): Box {
  const whole: Box = { top: 0, left: 0, height: film.height, width: film.width }
  const { floor, ceiling } = contrastOf(film)
  if (floor > FLOOR_LIMIT * (2 ** film.bits - 1)) return whole
  const limit = (floor + NEAR_BLACK * (ceiling - floor)) * film.channels
  const rows = ceiling - floor <= NO_CONTRAST ? undefined : edges(film.height, rowShares(film, whole, limit))
  const inner = rows && { ...whole, top: rows.start, height: rows.length }
  const columns = inner && edges(film.width, columnShares(film, inner, limit))
  if (inner === undefined || columns === undefined)
    throw new RoentgenError('ROE_BARS_ALL_BLACK', { where: film.source })
  return { ...inner, left: columns.start, width: columns.length }
}

/** Near-black share of line `index`. */
type Share = (index: number) => number

/** Walks inwards from both ends. @returns the lines between, or undefined where all are bar */
function edges(count: number, share: Share): { start: number; length: number } | undefined {
  const start = barLength(count, share)
  if (start === count) return undefined
  return { start, length: count - start - barLength(count - start, (index) => share(count - 1 - index)) }
}

/** How many lines from index 0 on are bar. */
function barLength(count: number, share: Share): number {
  let bar = 0
  for (let index = 0, clean = 0; index < count; index++) {
    const near = share(index)
    if (near < MARKED) break
    clean = near >= CLEAN ? clean + 1 : 0
    // All so far are clean, or the clean lines outnumber the marked ones before them.
    if (clean > 0 && clean >= index + 1 - clean - bar) bar = index + 1
  }
  return bar
}

function rowShares(film: Film, box: Box, limit: number): Share {
  const { channels } = film
  const line = film.width * channels
  return (y) => nearBlackShare(film, (box.top + y) * line + box.left * channels, box.width, channels, limit)
}

function columnShares(film: Film, box: Box, limit: number): Share {
  const { channels } = film
  const line = film.width * channels
  return (x) => nearBlackShare(film, box.top * line + (box.left + x) * channels, box.height, line, limit)
}

/** @param first  index of the line's first sample   @param count  pixels of the line   @param step  from one pixel to
 *  the next   @param limit  of the sum of a pixel's channels */
function nearBlackShare(film: Film, first: number, count: number, step: number, limit: number): number {
  const { pixels, channels } = film
  const stride = Math.ceil(count / LINE_SAMPLES)
  let near = 0
  let seen = 0
  for (let i = 0; i < count; i += stride, seen++) {
    const at = first + i * step
    const sum = channels === 1 ? pixels[at]! : pixels[at]! + pixels[at + 1]! + pixels[at + 2]!
    if (sum <= limit) near++
  }
  return near / seen
}

/** The film's darkest and brightest levels but for outliers (0.5 and 99 per cent), from a grid of samples. */
function contrastOf({ width, height, channels, pixels }: Film): { floor: number; ceiling: number } {
  const samples: number[] = []
  for (let y = 0; y < height; y += Math.ceil(height / GRID))
    for (let x = 0; x < width; x += Math.ceil(width / GRID)) samples.push(pixels[(y * width + x) * channels]!)
  const sorted = Float64Array.from(samples).sort()
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!
  return { floor: at(0.005), ceiling: at(0.99) }
}

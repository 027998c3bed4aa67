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

/** A film with at most this contrast shows nothing: 4 stored levels, or the 64th part of the range of fewer bits. */
const noContrast = (bits: number): number => Math.min(4, (2 ** bits - 1) / 63)

/** A line is clean bar when this share of its samples is near black: a small mark (L, R) may cross it. */
const CLEAN = 0.95

/** Lines of which this share is near black may be writing inside a bar. They go only when a run of clean lines follows
 *  that is at least half as long, which is not so where a bar ends and the patient begins; and only up to a tenth of
 *  the axis, since between two bars the patient, too, is followed by clean lines. */
const MARKED = 0.4
const CLEAN_AFTER = 0.5
const MARKED_MOST = 0.1

/** Most samples that are looked at on a line, and on each axis for the film's contrast: what makes the rule fast. */
const LINE_SAMPLES = 256
const GRID = 32

/** Removes black bars at the edges. @throws ROE_BARS_ALL_BLACK where the whole film is near black */
export function robust(film: Film): Film {
  return crop(film, findBars(film))
}

/** Where the film is without its bars; see `robust`. Clean lines go from all four sides first, so that a bar beside the
 *  patient does not make the patient's rows look like writing. */
export function findBars(film: Film): Box {
  const whole: Box = { top: 0, left: 0, height: film.height, width: film.width }
  const { floor, ceiling } = contrastOf(film)
  if (floor > FLOOR_LIMIT * (2 ** film.bits - 1)) return whole
  const limit = (floor + NEAR_BLACK * (ceiling - floor)) * film.channels
  const isBlank = ceiling - floor <= noContrast(film.bits)
  const box = isBlank ? undefined : strip(film, strip(film, whole, limit, CLEAN), limit, MARKED)
  if (box === undefined) throw new RoentgenError('ROE_BARS_ALL_BLACK', { where: film.source })
  return box
}

/** Walks into a box from all four sides. @param least  near-black share of the lines that may be walked over
 *  @returns what is left, or undefined where nothing is */
function strip(film: Film, box: Box | undefined, limit: number, least: number): Box | undefined {
  const rows = box && edges(box.height, rowShares(film, box, limit), least)
  const inner = box && rows && { ...box, top: box.top + rows.start, height: rows.length }
  const columns = inner && edges(inner.width, columnShares(film, inner, limit), least)
  return inner && columns && { ...inner, left: inner.left + columns.start, width: columns.length }
}

/** Near-black share of line `index`. */
type Share = (index: number) => number

/** Walks inwards from both ends. @returns the lines between, or undefined where all are bar */
function edges(count: number, share: Share, least: number): { start: number; length: number } | undefined {
  const start = barLength(count, share, least)
  if (start === count) return undefined
  const fromEnd: Share = (index) => share(count - 1 - index)
  return { start, length: count - start - barLength(count - start, fromEnd, least) }
}

/** How many lines from index 0 on are bar. */
function barLength(count: number, share: Share, least: number): number {
  let bar = 0
  for (let index = 0, clean = 0; index < count; index++) {
    const near = share(index)
    clean = near >= CLEAN ? clean + 1 : 0
    const marked = index + 1 - bar - clean
    if (near < least || marked > MARKED_MOST * count) break
    if (clean > 0 && clean >= CLEAN_AFTER * marked) bar = index + 1
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
  const columns = gridLines(width)
  for (const y of gridLines(height))
    for (const x of columns) samples.push(pixels[(y * width + x) * channels]!)
  const sorted = Float64Array.from(samples).sort()
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!
  return { floor: at(0.005), ceiling: at(0.99) }
}

/** Evenly spread lines of an axis, the first and the last among them: a bar of one line may be all the black there is. */
function gridLines(length: number): number[] {
  const step = Math.ceil(length / GRID)
  const lines = Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step)
  return lines.at(-1) === length - 1 ? lines : [...lines, length - 1]
}

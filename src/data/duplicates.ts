/** Near-duplicates by fingerprint, within a set and across two. A copy must pass both checks: hash and thumbnail.
 *  Every film is compared with every other, mostly by a word or two of the hash: there is no index to go wrong, and
 *  ten thousand films against ten thousand take about a second. */
import { groupByLinks } from './disjoint-sets.ts'
import { type FilmPrint, THUMBNAIL_SIZE } from './fingerprint.ts'

/** Most bits of 256 in which the hashes of copies differ, and how well their thumbnails must correlate. Measured on
 *  seed003 and its known copies: copies lie at 0 to 8 bits and above 0.993, the next pair at 10 bits and 0.989.
 *  (The published truth took 6 bits, of a bicubic hash; by area averaging one of its pairs lies at 8.)
 *  A copy whose local contrast was changed is missed: test/Covid/0100.jpeg, to the eye train's COVID-00022.jpg, lies
 *  at 14 bits and 0.971. */
const MAX_DISTANCE_BITS = 8
const MIN_CORRELATION = 0.99

interface Match {
  /** Bits of 256 in which the average hashes differ. */
  distance: number
  /** Pearson's, of the thumbnails; null where one is flat, when only identical bytes make a copy. */
  correlation: number | null
  /** Whether the files are the same byte for byte. */
  identical: boolean
}

export interface Copies {
  /** The test film. */
  path: string
  /** The training films that it is a copy of, in their order; at least one. */
  copies: (Match & { path: string })[]
}

export interface Duplicates {
  /** Each pair once, in the order of the films. */
  pairs: (Match & { paths: [string, string] })[]
  /** Films that are linked by pairs, directly or through others; at least two each. */
  groups: string[][]
  /** Path → index in `groups`, for films that are in one: what splitStratified takes. */
  groupOf: Map<string, number>
}

/** Finds the test films that have a copy among the training films; those without are not listed. */
export function findCopies(tests: readonly FilmPrint[], trains: readonly FilmPrint[]): Copies[] {
  const [left, right] = [compared(tests), compared(trains)]
  return tests.flatMap(({ path }, test) => {
    const copies: Copies['copies'] = []
    // A plain loop: it runs once for each pair, and a callback here makes the whole search ten times as slow.
    for (let train = 0; train < trains.length; train++) {
      const match = matchOf(left, test, right, train)
      if (match !== null) copies.push({ path: trains[train]!.path, ...match })
    }
    return copies.length === 0 ? [] : { path, copies }
  })
}

/** Finds the pairs and groups of near-duplicates within one set. */
export function findDuplicates(films: readonly FilmPrint[]): Duplicates {
  const set = compared(films)
  const pairs: Duplicates['pairs'] = []
  const links: [number, number][] = []
  for (let a = 0; a < films.length; a++) {
    for (let b = a + 1; b < films.length; b++) {
      const match = matchOf(set, a, set, b)
      if (match === null) continue
      pairs.push({ paths: [films[a]!.path, films[b]!.path], ...match })
      links.push([a, b])
    }
  }
  const members = new Map<number, string[]>()
  groupByLinks(films.length, links).forEach((root, index) => {
    members.set(root, [...(members.get(root) ?? []), films[index]!.path])
  })
  const groups = [...members.values()].filter((paths) => paths.length > 1)
  const groupOf = new Map(groups.flatMap((paths, group) => paths.map((path) => [path, group] as const)))
  return { pairs, groups, groupOf }
}

/** A set laid out for comparison: 8 words a hash, and thumbnails that are read only when their hashes are near. */
interface Compared {
  films: readonly FilmPrint[]
  words: Uint32Array
  thumbnails: Map<number, Thumbnail>
}

interface Thumbnail {
  pixels: Uint8Array
  sum: number
  /** Number of pixels times the sum of squares, less the square of the sum: 0 where it is flat. */
  spread: number
}

const WORDS = 8
const PIXELS = THUMBNAIL_SIZE ** 2

function compared(films: readonly FilmPrint[]): Compared {
  const words = new Uint32Array(films.length * WORDS)
  films.forEach(({ averageHash }, film) => {
    for (let word = 0; word < WORDS; word++)
      words[film * WORDS + word] = Number.parseInt(averageHash.slice(word * 8, word * 8 + 8), 16)
  })
  return { films, words, thumbnails: new Map() }
}

function matchOf(left: Compared, a: number, right: Compared, b: number): Match | null {
  const distance = hashDistance(left.words, a * WORDS, right.words, b * WORDS)
  if (distance > MAX_DISTANCE_BITS) return null // identical files have identical hashes, so none is lost here
  const identical = left.films[a]!.sha256 === right.films[b]!.sha256
  const correlation = correlationOf(thumbnailOf(left, a), thumbnailOf(right, b))
  return identical || (correlation !== null && correlation > MIN_CORRELATION)
    ? { distance, correlation, identical }
    : null
}

/** Differing bits of two hashes; once more than MAX_DISTANCE_BITS differ it stops counting. */
function hashDistance(left: Uint32Array, a: number, right: Uint32Array, b: number): number {
  let distance = 0
  for (let word = 0; word < WORDS && distance <= MAX_DISTANCE_BITS; word++)
    distance += setBits(left[a + word]! ^ right[b + word]!)
  return distance
}

/** Set bits of 32, added up in parallel. @source Warren, Hacker's Delight, section 5-1 */
function setBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

function thumbnailOf({ films, thumbnails }: Compared, film: number): Thumbnail {
  const known = thumbnails.get(film)
  if (known !== undefined) return known
  const pixels = Buffer.from(films[film]!.thumbnail, 'base64')
  const [sum, squares] = [pixels.reduce((all, value) => all + value, 0), productSum(pixels, pixels)]
  const thumbnail = { pixels, sum, spread: PIXELS * squares - sum * sum }
  thumbnails.set(film, thumbnail)
  return thumbnail
}

function correlationOf(a: Thumbnail, b: Thumbnail): number | null {
  if (a.spread === 0 || b.spread === 0) return null
  const covariance = PIXELS * productSum(a.pixels, b.pixels) - a.sum * b.sum
  return Math.min(1, covariance / Math.sqrt(a.spread * b.spread)) // rounding may pass 1
}

/** Exact: 1024 products of two bytes stay far below 2^53. */
const productSum = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, index) => sum + value * b[index]!, 0)

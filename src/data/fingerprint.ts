/** What is kept of a film so that a copy of it can be recognized later: the digest of its bytes, an average hash and a
 *  small thumbnail as the second check. Found are copies that were re-encoded, resized, squeezed or linearly
 *  re-windowed; not found are cropped, turned, mirrored, inverted or locally equalized ones. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { RoentgenError } from '../../errors.ts'
import { decodeBytes, lookAtFilm, readFilmBytes } from '../image/decode.ts'
import type { Film, Step } from '../image/film.ts'
import { preprocess } from '../image/preprocess.ts'
import { atOnce } from './at-once.ts'

/** Width and height of the thumbnail in pixels. 32 meets the truth of ../shared/data/SOURCES.md as 64 does, in a
 *  quarter of the bytes, and shows less of a patient's film to whoever reads a model's metadata. */
export const THUMBNAIL_SIZE = 32
/** Width and height of the average hash in bits; each bit is a block of 2 x 2 pixels of the thumbnail. */
const HASH_SIZE = 16

/** A fingerprint as it stands in a model's metadata. */
export const FINGERPRINT = z.object({
  /** Of the file's bytes, hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** 256 bits, row by row, highest bit first, hex; a bit is set where its block is lighter than the film's mean. */
  averageHash: z.string().regex(/^[0-9a-f]{64}$/),
  /** 32 x 32 grey levels, row-major, base64. */
  thumbnail: z
    .base64()
    .refine(
      (text) => Buffer.from(text, 'base64').length === THUMBNAIL_SIZE ** 2,
      'a thumbnail is 32 x 32 bytes',
    ),
})
export type Fingerprint = z.infer<typeof FINGERPRINT>

/** A fingerprint and whose it is. */
export type FilmPrint = Fingerprint & { path: string }

export interface FilmPrints {
  /** In the order of the paths. */
  prints: FilmPrint[]
  /** Films without a fingerprint, in the order of the paths. */
  failures: { path: string; error: RoentgenError }[]
}

/** Fingerprint of a decoded film.
 *  @param bytes  the file that it was decoded from */
export function fingerprintOf(film: Film, bytes: Uint8Array): Fingerprint {
  const { pixels } = preprocess(film, { version: 1, steps: thumbnailSteps(film) })
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    averageHash: averageHash(pixels).toString('hex'),
    thumbnail: Buffer.from(pixels).toString('base64'),
  }
}

/** Reads, decodes and fingerprints one film. @throws what readFilmBytes and decodeBytes throw */
async function fingerprintFilm(path: string): Promise<Fingerprint> {
  const bytes = await readFilmBytes(path, await lookAtFilm(path))
  return fingerprintOf(await decodeBytes(bytes, path), bytes)
}

/** Fingerprints many films; one that fails does not end it, its error is returned. The result does not depend on how
 *  many are decoded at once.
 *  @param inMemory  films held in memory at a time */
export async function fingerprintFilms(paths: readonly string[], inMemory = 4): Promise<FilmPrints> {
  const results = await atOnce(paths, (path) => fingerprintFilm(path).catch(asResult), inMemory)
  const found: FilmPrints = { prints: [], failures: [] }
  results.forEach((result, index) => {
    const path = paths[index]!
    if (result instanceof RoentgenError) found.failures.push({ path, error: result })
    else found.prints.push({ path, ...result })
  })
  return found
}

/** A film that cannot be read is a result; anything else is thrown. */
export function asResult(error: unknown): RoentgenError {
  if (error instanceof RoentgenError) return error
  throw error
}

/** Grey, 32 x 32 by area averaging. Deep films are spread over their own range first: a 12-bit picture in 16 bits
 *  would leave 16 grey levels, and neither check minds a linear change. */
function thumbnailSteps({ bits, pixels }: Film): Step[] {
  const [width, height] = [THUMBNAIL_SIZE, THUMBNAIL_SIZE]
  return [
    bits > 8 ? { op: 'window', ...rangeOf(pixels) } : { op: 'window' },
    { op: 'channels', count: 1, luma: 'rec601' },
    { op: 'fit', how: 'stretch', width, height, kernel: 'cv2-area' },
  ]
}

function rangeOf(pixels: Film['pixels']): { from: number; to: number } | object {
  let [from, to] = [pixels[0] ?? 0, pixels[0] ?? 0]
  for (const value of pixels) {
    if (value < from) from = value
    if (value > to) to = value
  }
  return from < to ? { from, to } : {}
}

/** In whole numbers, so that it is the same on every machine. A flat film has no bit set. */
function averageHash(thumbnail: Uint8Array): Buffer {
  const block = THUMBNAIL_SIZE / HASH_SIZE
  const sums = new Uint32Array(HASH_SIZE ** 2)
  let total = 0
  thumbnail.forEach((value, index) => {
    const [row, column] = [Math.floor(index / THUMBNAIL_SIZE), index % THUMBNAIL_SIZE]
    sums[Math.floor(row / block) * HASH_SIZE + Math.floor(column / block)]! += value
    total += value
  })
  const hash = Buffer.alloc(sums.length / 8)
  sums.forEach((sum, bit) => {
    if (sum * sums.length > total) hash[bit >> 3]! |= 0x80 >> (bit & 7)
  })
  return hash
}

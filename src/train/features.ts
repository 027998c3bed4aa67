/** What the frozen part makes of films, computed once and kept on disk: a file for each augmented copy of the set.
 *  The head trains on these rows; a file is found again by all that its numbers depend on. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../../whole-file.ts'
import type { Preprocessing } from '../image/film.ts'
import { errorOf } from '../infer/failure.ts'
import { runFilms } from '../infer/pipeline.ts'
import type { Session } from '../infer/session.ts'
import { type Augmentation, augment } from './augment.ts'

export interface FeatureSource {
  /** The frozen part: uint8 films → one output [N, F]. */
  session: Session
  /** Digest of the frozen part's file: weights, scaling and all. */
  model: string
  preprocessing: Preprocessing
  featureCount: number
  /** Folder of the cache. */
  folder: string
}

export interface FeatureFilm {
  path: string
  /** Of the file's bytes. */
  sha256: string
}

/** One augmented copy of the set; `null` for the films as they are. */
export interface Copy {
  augmentation: Augmentation
  seed: number
}

/** The features of films, row after row.
 *  @returns [films.length, featureCount], row-major
 *  @throws the first film's error, if one fails */
export async function featuresOf(
  films: readonly FeatureFilm[],
  copy: Copy | null,
  source: FeatureSource,
): Promise<Float32Array> {
  const path = join(source.folder, `${keyOf(films, copy, source)}.f32`)
  const kept = await readKept(path, films.length * source.featureCount)
  if (kept !== undefined) return kept
  const computed = await computeFeatures(films, copy, source)
  await writeWhole(path, new Uint8Array(computed.buffer))
  return computed
}

/** Runs films through a model with one output, without the cache.
 *  @returns [films.length, featureCount], row-major
 *  @throws the first film's error, if one fails */
export async function computeFeatures(
  films: readonly FeatureFilm[],
  copy: Copy | null,
  { session, preprocessing, featureCount }: Pick<FeatureSource, 'session' | 'preprocessing' | 'featureCount'>,
): Promise<Float32Array> {
  const all = new Float32Array(films.length * featureCount)
  const results = runFilms(
    films.map(({ path }) => path),
    session,
    {
      preprocessing,
      ...(copy === null
        ? {}
        : {
            transform: (pixels, index) =>
              augment(pixels, copy.augmentation, filmSeed(copy.seed, films[index]!.sha256)),
          }),
    },
  )
  for await (const result of results) {
    if ('failure' in result) throw errorOf(result.failure)
    all.set(result.outputs[0]!, result.index * featureCount)
  }
  return all
}

/** A film's own seed within a copy, whatever its place in the set. */
const filmSeed = (seed: number, sha256: string): number =>
  (seed ^ Number.parseInt(sha256.slice(0, 8), 16)) >>> 0

const keyOf = (
  films: readonly FeatureFilm[],
  copy: Copy | null,
  { model, preprocessing, session }: FeatureSource,
): string =>
  createHash('sha256')
    .update(JSON.stringify([model, preprocessing, session.batch, copy, films.map(({ sha256 }) => sha256)]))
    .digest('hex')
    .slice(0, 32)

/** A file of another length is not ours, or not whole. */
async function readKept(path: string, length: number): Promise<Float32Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  if (bytes?.byteLength !== length * Float32Array.BYTES_PER_ELEMENT) return undefined
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

/** What the frozen part makes of films, computed once and kept on disk: a file for each augmented copy of the set.
 *  The head trains on these rows; a file is found again by all that its numbers depend on. A film is decoded once for
 *  all of its copies, and no more films are in memory than the pipeline holds. */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Preprocessing } from '../image/film.ts'
import { errorOf } from '../infer/failure.ts'
import { cutJobs, type FilmResult, runFilms, runJobs } from '../infer/pipeline.ts'
import type { Session } from '../infer/session.ts'
import { type Copy, copyingSession, type FeatureFilm } from './copying-session.ts'
import { createFeatureFile, type FeatureFile, readFeatureFile } from './feature-file.ts'

export type { Copy, FeatureFilm } from './copying-session.ts'

export interface FeatureSource {
  /** The frozen part: uint8 films → one output [N, F]. */
  session: Session
  /** Digest of the frozen part's file: weights, scaling and all. */
  model: string
  preprocessing: Preprocessing
  featureCount: number
  /** Folder of the cache. */
  folder: string
  /** Told after each batch: how many films have been run, each of their copies counted, of how many. */
  onFilms?: (done: number, of: number) => void
}

/** Files that are written at the same time; for more copies the films are decoded again. */
const COPIES_AT_ONCE = 32

/** Sees to it that the features of all copies are on disk, and computes those that are not.
 *  @returns how many copies were there already
 *  @throws the first film's error, if one fails; ROE_WRITE; no file of this call is kept then */
export async function keepFeatures(
  films: readonly FeatureFilm[],
  copies: readonly Copy[],
  source: FeatureSource,
): Promise<number> {
  const missing: Copy[] = []
  for (const copy of copies) if ((await readKept(films, copy, source)) === undefined) missing.push(copy)
  let done = 0
  const onRun = (count: number) => {
    done += count
    source.onFilms?.(done, missing.length * films.length)
  }
  for (let from = 0; from < missing.length; from += COPIES_AT_ONCE)
    await writeCopies(films, missing.slice(from, from + COPIES_AT_ONCE), source, onRun)
  return copies.length - missing.length
}

/** The features of films, row after row; computed first where they are not kept.
 *  @returns [films.length, featureCount], row-major
 *  @throws the first film's error, if one fails; ROE_WRITE */
export async function featuresOf(
  films: readonly FeatureFilm[],
  copy: Copy,
  source: FeatureSource,
): Promise<Float32Array> {
  const kept = await readKept(films, copy, source)
  if (kept !== undefined) return kept
  await writeCopies(films, [copy], source)
  return (await readKept(films, copy, source)) ?? assert.fail('features that were written can be read')
}

/** Runs films through a model with one output, as they are and without the cache.
 *  @returns [films.length, featureCount], row-major
 *  @throws the first film's error, if one fails */
export async function computeFeatures(
  films: readonly FeatureFilm[],
  { session, preprocessing, featureCount }: Pick<FeatureSource, 'session' | 'preprocessing' | 'featureCount'>,
): Promise<Float32Array> {
  const all = new Float32Array(films.length * featureCount)
  for await (const result of runFilms(pathsOf(films), [{ session, preprocessing }]))
    all.set(outputsOf(result)[0]!, result.index * featureCount)
  return all
}

/** Deletes the feature files of `folder` that belong to none of these sets: what an earlier run left there. */
export async function dropOtherFeatures(
  sets: readonly { films: readonly FeatureFilm[]; copies: readonly Copy[] }[],
  source: FeatureSource,
): Promise<void> {
  const ours = new Set(sets.flatMap(({ films, copies }) => copies.map((copy) => nameOf(films, copy, source))))
  const found = await readdir(source.folder).catch(() => [])
  for (const name of found.filter((name) => FEATURE_FILE.test(name) && !ours.has(name)))
    await rm(join(source.folder, name), { force: true })
}

async function writeCopies(
  films: readonly FeatureFilm[],
  copies: readonly Copy[],
  source: FeatureSource,
  onRun: (films: number) => void = () => {},
): Promise<void> {
  const files: FeatureFile[] = []
  try {
    for (const copy of copies) files.push(await createFeatureFile(pathOf(films, copy, source)))
    const session = copyingSession(films, copies, source.session, onRun)
    const jobs = cutJobs(pathsOf(films), session.batch)
    for await (const results of runJobs(jobs, [{ session, preprocessing: source.preprocessing }])) {
      const rows = results.map(outputsOf)
      for (const [i, file] of files.entries()) await file.write(concatenated(rows.map((row) => row[i]!)))
    }
    for (const file of files) await file.finish()
  } finally {
    for (const file of files) await file.abandon()
  }
}

const pathsOf = (films: readonly FeatureFilm[]): string[] => films.map(({ path }) => path)

function outputsOf(result: FilmResult): Float32Array[] {
  if ('failure' in result) throw errorOf(result.failure)
  return result.outputs[0]!
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const readKept = (films: readonly FeatureFilm[], copy: Copy, source: FeatureSource) =>
  readFeatureFile(pathOf(films, copy, source), films.length * source.featureCount)

const pathOf = (films: readonly FeatureFilm[], copy: Copy, source: FeatureSource): string =>
  join(source.folder, nameOf(films, copy, source))

/** Goes up whenever features of the same films come out otherwise: augmentation, order of the rows, the file. */
const VERSION = 1
const FEATURE_FILE = /^[0-9a-f]{32}\.f32$/

function nameOf(
  films: readonly FeatureFilm[],
  copy: Copy,
  { model, preprocessing, session }: FeatureSource,
): string {
  const facts = [VERSION, model, preprocessing, session.batch, copy, films.map(({ sha256 }) => sha256)]
  return `${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)}.f32`
}

/** What the frozen part makes of films, computed once and kept on disk: a file for each augmented copy of the set.
 *  What is trained reads these rows; a file is found again by all that its numbers depend on. No more films are in memory
 *  than the pipeline holds, and no more rows than a batch. */
import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import type { Preprocessing } from '../image/film.ts'
import { freeBytesAt, sizeText } from '../infer/disk.ts'
import { errorOf } from '../infer/failure.ts'
import { cutJobs, type FilmResult, runFilms, runJobs } from '../infer/pipeline.ts'
import type { Session } from '../infer/session.ts'
import { type Copy, copyingSession, type FeatureFilm } from './copying-session.ts'
import {
  createFeatureFile,
  type FeatureFile,
  featureFileBytes,
  hasFeatureFile,
  isWholeFeatureFile,
  readFeatureRows,
} from './feature-file.ts'

export type { Copy, FeatureFilm } from './copying-session.ts'

/** Films a batch, here and where a model is proven on films. A batch has one size, and what is not filled is computed, too: of
 *  fifty films with small batches nothing, with larger ones a tenth. Networks whose features take long take as long for a film of either; light ones lose some of
 *  their little time. */
export const FEATURE_BATCH = 2

export interface FeatureSource {
  /** The frozen part: uint8 films → one output [N, F], what crosses the cut. */
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

/** Films, and the copies of them that are wanted. */
export interface FeatureSet {
  films: readonly FeatureFilm[]
  copies: readonly Copy[]
}

/** What of some sets is not on disk. */
export interface Lacking {
  sets: FeatureSet[]
  /** Of the files that it will be. */
  bytes: number
}

/** Looks at the files of some sets, every byte of them: one that is damaged is lacking. */
export async function lackingFeatures(sets: readonly FeatureSet[], source: FeatureSource): Promise<Lacking> {
  const lacking: Lacking = { sets: [], bytes: 0 }
  for (const { films, copies } of sets) {
    const missing: Copy[] = []
    for (const copy of copies) if (!(await isKept(films, copy, source))) missing.push(copy)
    lacking.sets.push({ films, copies: missing })
    lacking.bytes += missing.length * featureFileBytes(numbersOf(films, source))
  }
  return lacking
}

/** Computes what is lacking, and keeps it. A film is decoded once for all of its copies.
 *  @throws the first film's error, if one fails; ROE_WRITE, also where the disk has no space for all of it; no file of a
 *    set that failed is kept then */
export async function keepFeatures({ sets, bytes }: Lacking, source: FeatureSource): Promise<void> {
  await requireSpace(source.folder, bytes)
  const of = sets.reduce((sum, { films, copies }) => sum + films.length * copies.length, 0)
  let done = 0
  const onRun = (count: number) => {
    done += count
    source.onFilms?.(done, of)
  }
  const atOnce = copiesAtOnce(source)
  for (const { films, copies } of sets)
    for (let from = 0; from < copies.length; from += atOnce)
      await writeCopies(films, copies.slice(from, from + atOnce), source, onRun)
}

/** Features of some films of a set, by their places in it: [chosen.length, featureCount], row-major. @throws ROE_NOT_FOUND */
type FeatureRows = (chosen: readonly number[]) => Promise<Float32Array>

/** Features that are on disk, to be read a few rows at a time; computed first where they are not. Whether a file is
 *  damaged is seen by `lackingFeatures` only.
 *  @throws the first film's error, if one fails; ROE_WRITE */
export async function featuresOf(
  films: readonly FeatureFilm[],
  copy: Copy,
  source: FeatureSource,
): Promise<FeatureRows> {
  const path = pathOf(films, copy, source)
  if (!(await hasFeatureFile(path, numbersOf(films, source)))) await writeCopies(films, [copy], source)
  return (chosen) => readFeatureRows(path, chosen, source.featureCount)
}

/** Files that are written at the same time, and what their rows of one batch may take together; for more copies the films
 *  are decoded again. */
const COPIES_AT_ONCE = 32
const BATCH_BYTES = 1 << 27

const copiesAtOnce = ({ session, featureCount }: FeatureSource): number =>
  Math.min(COPIES_AT_ONCE, Math.max(1, Math.floor(BATCH_BYTES / (session.batch * featureCount * 4))))

async function requireSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeBytesAt(folder)
  if (free === null || bytes <= free) return
  const problem = `the features take ${sizeText(bytes)}, and ${sizeText(free)} are free; fewer --augment-copies or another --cutoff take less`
  throw new RoentgenError('ROE_WRITE', { where: folder, problem })
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
export async function dropOtherFeatures(sets: readonly FeatureSet[], source: FeatureSource): Promise<void> {
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
      for (const [i, row] of rows.entries()) requireNumbers(row, films[results[i]!.index]!.path)
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

/** @throws ROE_TRAINING: what is trained on them would be no number, either */
function requireNumbers(copies: readonly Float32Array[], where: string): void {
  if (copies.every((values) => values.every(Number.isFinite))) return
  const problem =
    'what the frozen layers make of this film are no numbers; their weights are damaged, or not for this scaling'
  throw new RoentgenError('ROE_TRAINING', { where, problem })
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

const isKept = (films: readonly FeatureFilm[], copy: Copy, source: FeatureSource): Promise<boolean> =>
  isWholeFeatureFile(pathOf(films, copy, source), numbersOf(films, source))

const numbersOf = (films: readonly FeatureFilm[], { featureCount }: FeatureSource): number =>
  films.length * featureCount

const pathOf = (films: readonly FeatureFilm[], copy: Copy, source: FeatureSource): string =>
  join(source.folder, nameOf(films, copy, source))

/** Goes up whenever features of the same films come out otherwise: augmentation, order of the rows, the file. */
const VERSION = 1
/** And what a run that was killed left of one (whole-file.ts). */
const FEATURE_FILE = /^([0-9a-f]{32}\.f32|\.[0-9a-f]{32}\.f32\.[0-9a-f]+\.tmp)$/

function nameOf(
  films: readonly FeatureFilm[],
  copy: Copy,
  { model, preprocessing, session }: FeatureSource,
): string {
  const facts = [VERSION, model, preprocessing, session.batch, copy, films.map(({ sha256 }) => sha256)]
  return `${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)}.f32`
}

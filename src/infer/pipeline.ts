/** Films in, the model's outputs out, in one process: decode and preprocess ahead, run batch after batch.
 *  A film has its place in a batch by its index, and the places of films that fail stay zero: what a film gets depends
 *  on nothing but the film, the model, the provider and the batch. What the outputs mean is not known here. */
import { strict as assert } from 'node:assert'
import { availableParallelism } from 'node:os'
import { isColoured } from '../image/colour.ts'
import { decodeFilm } from '../image/decode.ts'
import type { Pixels, Preprocessing } from '../image/film.ts'
import { preprocess } from '../image/preprocess.ts'
import { ahead, limiter } from './ahead.ts'
import { type Failure, failureOf } from './failure.ts'
import type { Session } from './session.ts'

export interface PipelineOptions {
  preprocessing: Preprocessing
  /** Films decoded at the same time; as many as cores unless given. Never changes a result. */
  decoders?: number
  /** A last step on the pixels of a film, such as an augmentation; it must keep their size. */
  transform?: (pixels: Pixels, index: number) => Pixels
}

/** Consecutive films of one batch; the first has the index `start`. */
export interface Job {
  start: number
  paths: readonly string[]
}

interface FilmOutputs {
  index: number
  path: string
  /** Whether the film is really coloured, which a radiograph is not. */
  coloured: boolean
  /** One for each output of the model, in its order: what belongs to this film. */
  outputs: Float32Array[]
}
interface FilmFailure {
  index: number
  path: string
  failure: Failure
}
export type FilmResult = FilmOutputs | FilmFailure

/** Batches that are decoded while one is run. */
const BATCHES_AHEAD = 2

/** Runs films through a model.
 *  @returns one result for each path, in their order; a film that fails yields its failure and harms no other
 *  @throws nothing of single films; what `paths` throws */
export async function* runFilms(
  paths: Iterable<string> | AsyncIterable<string>,
  session: Session,
  options: PipelineOptions,
): AsyncGenerator<FilmResult> {
  for await (const results of runJobs(cutJobs(paths, session.batch), session, options)) yield* results
}

/** Runs jobs, each within one batch by its indices; several may share a batch's index range (then each runs alone,
 *  in the places that it has by index). @returns the results of each job, in order */
export async function* runJobs(
  jobs: AsyncIterable<Job>,
  session: Session,
  options: PipelineOptions,
): AsyncGenerator<FilmResult[]> {
  const spare: Uint8Array[] = []
  const decode = decoder(session, options)
  const begun = begin(jobs, (job) => {
    const pixels = spare.pop()?.fill(0) ?? new Uint8Array(session.batch * session.filmBytes)
    return { job, pixels, films: decode(job, pixels) }
  })
  for await (const { job, pixels, films } of ahead(begun, BATCHES_AHEAD)) {
    yield await runJob(job, pixels, await films, session)
    spare.push(pixels)
  }
}

/** Cuts paths into batches by index.
 *  @param first  index of the first path, anywhere in a batch: the job with it is the rest of that batch */
export async function* cutJobs(
  paths: Iterable<string> | AsyncIterable<string>,
  batch: number,
  first = 0,
): AsyncGenerator<Job> {
  let start = first
  let some: string[] = []
  for await (const path of paths) {
    some.push(path)
    if ((start % batch) + some.length < batch) continue
    yield { start, paths: some }
    start += some.length
    some = []
  }
  if (some.length > 0) yield { start, paths: some }
}

async function* begin<A, B>(source: AsyncIterable<A>, map: (item: A) => B): AsyncGenerator<B> {
  for await (const item of source) yield map(item)
}

/** What became of a film: its place is filled, or zeros. */
type Placed = { coloured: boolean } | Failure

/** Fills the places of a job's films in `pixels`; what fails leaves zeros there and its failure in the answer. */
function decoder({ batch, filmBytes }: Session, options: PipelineOptions) {
  const limited = limiter(options.decoders ?? availableParallelism())
  const place = async (path: string, index: number, pixels: Uint8Array): Promise<Placed> => {
    let stage: 'decode' | 'preprocess' = 'decode'
    try {
      const film = await decodeFilm(path)
      stage = 'preprocess'
      const ready = preprocess(film, options.preprocessing)
      const last = options.transform?.(ready, index) ?? ready
      assert(
        last.pixels.length === filmBytes,
        `${last.pixels.length} bytes a film, the model takes ${filmBytes}`,
      )
      pixels.set(last.pixels, (index % batch) * filmBytes)
      return { coloured: isColoured(film) }
    } catch (error) {
      return failureOf(stage, path, error)
    }
  }
  return ({ start, paths }: Job, pixels: Uint8Array): Promise<Placed[]> => {
    assert((start % batch) + paths.length <= batch, 'a job lies within one batch')
    return Promise.all(paths.map((path, i) => limited(() => place(path, start + i, pixels))))
  }
}

async function runJob(
  job: Job,
  pixels: Uint8Array,
  films: readonly Placed[],
  session: Session,
): Promise<FilmResult[]> {
  const { start, paths } = job
  const fail = (path: string, i: number, failure: Failure) => ({ index: start + i, path, failure })
  // A batch without any film is not worth a run.
  const run = films.some((film) => 'coloured' in film)
    ? await attempt(() => session.run(pixels, session.batch))
    : {}
  return paths.map((path, i) => {
    const film = films[i]!
    if (!('coloured' in film)) return fail(path, i, film)
    if (run instanceof Failed) return fail(path, i, failureOf('infer', path, run.error))
    const slot = (start + i) % session.batch
    const outputs = session.outputs.map(({ name }) => part(run[name], slot))
    return { index: start + i, path, coloured: film.coloured, outputs }
  })

  function part(all: Float32Array | undefined, slot: number): Float32Array {
    assert(all !== undefined, 'each output has a result')
    const size = all.length / session.batch
    return all.slice(slot * size, (slot + 1) * size)
  }
}

class Failed {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

const attempt = async <T>(task: () => Promise<T>): Promise<T | Failed> => {
  try {
    return await task()
  } catch (error) {
    return new Failed(error)
  }
}

/** Many augmented copies of films through one model, each film decoded once: a session that wraps another. */
import { strict as assert } from 'node:assert'
import type { Pixels } from '../image/film.ts'
import type { Session } from '../infer/session.ts'
import { type Augmentation, augment } from './augment.ts'

export interface FeatureFilm {
  path: string
  /** Of the file's bytes. */
  sha256: string
}

/** One augmented copy of the set; `null` for the films as they are. */
export type Copy = { augmentation: Augmentation; seed: number } | null

/** The session with an output for each copy: a batch of decoded films is changed and run once a copy. It must be given
 *  all batches in order, since it tells the films by their places.
 *  @param onRun  told of the films of each run */
export function copyingSession(
  films: readonly FeatureFilm[],
  copies: readonly Copy[],
  session: Session,
  onRun: (films: number) => void,
): Session {
  const [output] = session.outputs
  assert(output !== undefined && session.outputs.length === 1, 'the frozen part has one output')
  const { batch, filmBytes } = session
  const changed = new Uint8Array(batch * filmBytes)
  let start = 0
  const run: Session['run'] = async (pixels, count) => {
    const present = films.slice(start, start + batch)
    start += batch
    const results: Record<string, Float32Array> = {}
    for (const [i, copy] of copies.entries()) {
      changed.set(pixels)
      if (copy !== null)
        for (const [slot, film] of present.entries())
          augmentPlace(changed.subarray(slot * filmBytes, (slot + 1) * filmBytes), film, copy, session)
      results[i] = (await session.run(changed, count))[output.name] ?? assert.fail('the output has a result')
      onRun(present.length)
    }
    return results
  }
  return { ...session, outputs: copies.map((_, i) => ({ ...output, name: String(i) })), run }
}

/** Changes a film where it lies in a batch. */
function augmentPlace(
  place: Uint8Array,
  { sha256 }: FeatureFilm,
  { augmentation, seed }: NonNullable<Copy>,
  { input }: Session,
): void {
  const [height, width, channels] = input.filmShape as [number, number, Pixels['channels']]
  place.set(augment({ width, height, channels, pixels: place }, augmentation, filmSeed(seed, sha256)).pixels)
}

/** A film's own seed within a copy, whatever its place in the set. */
const filmSeed = (seed: number, sha256: string): number =>
  (seed ^ Number.parseInt(sha256.slice(0, 8), 16)) >>> 0

/** The films of the demo: made-up chests (src/dataset/synth.ts), written as a user's own films would lie, a folder for each
 *  class. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../../../whole-file.ts'
import {
  PHANTOM_CLASSES,
  type PhantomClass,
  type PhantomSet,
  phantomFile,
  phantomOf,
} from '../../dataset/synth.ts'
import type { Phantom } from '../../image/phantom.ts'

export type Part = 'train' | 'test'

/** Pixels a side; a film of this size takes about 8 CPU-ms. */
export const FILM_SIZE = 128
/** Twice as dense as the faint opacities of phantom.ts: a random trunk sees those with an AUC of 0.75 to 0.87 only. */
const CONSPICUITY = 2

/** Names that the demo gives, by which it knows its own films again. */
const OWN_NAME = /^film\d{4}\.(png|jpg)$/

const setOf = (seed: number, part: Part): PhantomSet => ({
  seed,
  part,
  size: FILM_SIZE,
  conspicuity: CONSPICUITY,
})

/** The film of this number, made anew: the same seed, part, class and number give the same film. */
export const demoFilm = (seed: number, part: Part, label: PhantomClass, number: number): Phantom =>
  phantomOf(setOf(seed, part), label, number)

/** Writes `count` films, half of each class, into `folder/<class>`; films of an earlier demo that are none of these go.
 *  @param onFilm  called after each film
 *  @throws ROE_WRITE */
export async function writeFilms(
  folder: string,
  { seed, part, count, onFilm }: { seed: number; part: Part; count: number; onFilm: () => void },
): Promise<void> {
  for (const label of PHANTOM_CLASSES) {
    const written = new Set<string>()
    for (let number = 0; number < count / 2; number++) {
      const { name, bytes } = await phantomFile(setOf(seed, part), label, number)
      await writeWhole(join(folder, label, name), bytes)
      written.add(name)
      onFilm()
    }
    for (const name of await readdir(join(folder, label)))
      if (OWN_NAME.test(name) && !written.has(name)) await rm(join(folder, label, name))
  }
}

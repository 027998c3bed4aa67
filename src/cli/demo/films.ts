/** The films of the demo: made-up chests, written as a user's own films would lie, a folder for each class. Format and
 *  name of a film tell nothing of its class. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deriveSeed } from '../../../random.ts'
import { writeWhole } from '../../../whole-file.ts'
import { encodeJpeg, encodePng } from '../../image/encode.ts'
import { type Phantom, phantomFilm } from '../../image/phantom.ts'

/** Sorted; the last one is looked for. */
export const CLASSES = ['normal', 'opacity'] as const
export type ClassName = (typeof CLASSES)[number]
export const POSITIVE = 'opacity' satisfies ClassName

export type Part = 'train' | 'test'

/** Pixels a side; a film of this size takes about 8 CPU-ms. */
export const FILM_SIZE = 128
/** Twice as dense as the faint opacities of phantom.ts: a random trunk sees those with an AUC of 0.75 to 0.87 only. */
const CONSPICUITY = 2

const FORMATS = [
  { extension: 'png', encode: encodePng },
  { extension: 'jpg', encode: encodeJpeg },
] as const

/** Names that the demo gives, by which it knows its own films again. */
const OWN_NAME = /^film\d{4}\.(png|jpg)$/

/** The film of this number, made anew: the same seed, part, class and number give the same film. */
export const demoFilm = (seed: number, part: Part, label: ClassName, number: number): Phantom =>
  phantomFilm({
    seed: deriveSeed(seed, `${part}/${label}/${number}`),
    positive: label === POSITIVE,
    size: FILM_SIZE,
    conspicuity: CONSPICUITY,
  })

/** Writes `count` films, half of each class, into `folder/<class>`; films of an earlier demo that are none of these go.
 *  @param onFilm  called after each film
 *  @throws ROE_WRITE */
export async function writeFilms(
  folder: string,
  { seed, part, count, onFilm }: { seed: number; part: Part; count: number; onFilm: () => void },
): Promise<void> {
  for (const label of CLASSES) {
    const written = new Set<string>()
    for (let number = 0; number < count / 2; number++) {
      const { extension, encode } = FORMATS[number % FORMATS.length]!
      const name = `film${String(number).padStart(4, '0')}.${extension}`
      const { film } = demoFilm(seed, part, label, number)
      await writeWhole(join(folder, label, name), await encode(film))
      written.add(name)
      onFilm()
    }
    for (const name of await readdir(join(folder, label)))
      if (OWN_NAME.test(name) && !written.has(name)) await rm(join(folder, label, name))
  }
}

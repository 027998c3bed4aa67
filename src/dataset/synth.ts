/** Made-up films as a labelled set, for trying things out and for tests: `normal` and `opacity`, with the places of the
 *  opacities. Nothing else tells the classes apart: names, formats, bars, letters and brightness are drawn alike. */
import { deriveSeed } from '../../random.ts'
import { encodeJpeg, encodePng } from '../image/encode.ts'
import { type Phantom, phantomFilm } from '../image/phantom.ts'
import { type SetFilm, writeSet } from './write.ts'

/** Sorted; the last one is looked for. */
export const PHANTOM_CLASSES = ['normal', 'opacity'] as const
export type PhantomClass = (typeof PHANTOM_CLASSES)[number]
export const PHANTOM_POSITIVE = 'opacity' satisfies PhantomClass

export interface PhantomSet {
  seed: number
  /** Films of it differ from those of another part of the same seed. */
  part: string
  /** Pixels a side. */
  size: number
  /** Factor of the density of the opacities; 1 is as faint as early pneumonia. */
  conspicuity: number
}

const FORMATS = [
  { extension: 'png', encode: encodePng },
  { extension: 'jpg', encode: encodeJpeg },
] as const

/** The film of this number, made anew: the same set, class and number give the same film. */
export const phantomOf = (
  { seed, part, size, conspicuity }: PhantomSet,
  label: PhantomClass,
  number: number,
): Phantom =>
  phantomFilm({
    seed: deriveSeed(seed, `${part}/${label}/${number}`),
    positive: label === PHANTOM_POSITIVE,
    size,
    conspicuity,
  })

/** A phantom as a file: every second one a PNG, the others JPEG. */
export async function phantomFile(
  set: PhantomSet,
  label: PhantomClass,
  number: number,
): Promise<{ name: string; bytes: Uint8Array; opacities: Phantom['opacities'] }> {
  const { extension, encode } = FORMATS[number % FORMATS.length]!
  const { film, opacities } = phantomOf(set, label, number)
  const name = `film${String(number).padStart(4, '0')}.${extension}`
  return { name, bytes: await encode(film), opacities }
}

/** Writes `count` films of each class, each of a patient of its own. The manifest's column `opacities` has a circle for each:
 *  `x y radius`, in pixels of the film from its upper left, with `; ` between them.
 *  @throws ROE_OPTION where the folder is taken; ROE_WRITE */
export const writePhantoms = (
  out: string,
  set: PhantomSet,
  count: number,
  onFilm: (done: number) => void = () => {},
): Promise<number> => writeSet(out, films(set, count, onFilm), { copy: true, columns: ['opacities'] })

async function* films(
  set: PhantomSet,
  count: number,
  onFilm: (done: number) => void,
): AsyncGenerator<SetFilm> {
  let done = 0
  for (const label of PHANTOM_CLASSES)
    for (let number = 0; number < count; number++) {
      const { name, bytes, opacities } = await phantomFile(set, label, number)
      onFilm(++done)
      const circles = opacities.map(({ x, y, radius }) =>
        [x, y, radius].map((value) => value.toFixed(1)).join(' '),
      )
      yield { from: bytes, folders: [label], name, label, patient: `p${done}`, more: [circles.join('; ')] }
    }
}

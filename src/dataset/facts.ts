/** What is to be known of the films of a set before anybody trains on them. Each film is read and decoded once. */
import type { RoentgenError } from '../../errors.ts'
import { atOnce } from '../data/at-once.ts'
import { asResult, type FilmPrint, fingerprintOf } from '../data/fingerprint.ts'
import type { LabelledFilm } from '../data/labelled.ts'
import { findBars } from '../image/bars/robust.ts'
import { isColoured } from '../image/colour.ts'
import { decodeBytes, lookAtFilm, readFilmBytes } from '../image/decode.ts'
import type { Film } from '../image/film.ts'
import { formatOf } from '../image/formats.ts'
import { giveBack } from '../image/lent.ts'

export interface FilmFacts extends LabelledFilm {
  /** By its content. */
  format: string
  sizeBytes: number
  /** Pixels. */
  width: number
  height: number
  /** Stored bits a sample. */
  bits: number
  /** Tinted: its channels differ by little, as of old paper. */
  colour: 'grey' | 'tinted' | 'coloured'
  /** Mean of the outermost rows and columns, 0..255. */
  borderGrey: number
  /** Mean of the whole film, 0..255. */
  meanGrey: number
  /** Whether the rule `robust` would take lines off it. */
  hasBars: boolean
  print: FilmPrint
}

export interface Looked {
  /** In the order of the films. */
  facts: FilmFacts[]
  failures: { path: string; label: string; error: RoentgenError }[]
}

/** Looks at all films. @param onFilm  called with how many are done */
export async function lookAtAll(
  films: readonly LabelledFilm[],
  onFilm: (done: number) => void = () => {},
): Promise<Looked> {
  let done = 0
  const results = await atOnce(films, async (film) => {
    const result = await factsOf(film).catch(asResult)
    onFilm(++done)
    return result
  })
  const looked: Looked = { facts: [], failures: [] }
  for (const [index, result] of results.entries()) {
    const { path, label } = films[index]!
    if (result instanceof Error) looked.failures.push({ path, label, error: result })
    else looked.facts.push(result)
  }
  return looked
}

async function factsOf(film: LabelledFilm): Promise<FilmFacts> {
  const { path } = film
  const bytes = await readFilmBytes(path, await lookAtFilm(path))
  const decoded = await decodeBytes(bytes, path)
  const { width, height, bits, channels } = decoded
  const facts: FilmFacts = {
    ...film,
    format: formatOf(bytes)!.name,
    sizeBytes: bytes.length,
    width,
    height,
    bits,
    colour: channels === 1 ? 'grey' : isColoured(decoded) ? 'coloured' : 'tinted',
    ...greysOf(decoded),
    hasBars: hasBars(decoded),
    print: { path, ...fingerprintOf(decoded, bytes) },
  }
  giveBack(bytes)
  giveBack(decoded.pixels)
  return facts
}

/** Mean of all samples, and of those of the outermost lines, of 255. */
function greysOf({ width, height, channels, bits, pixels }: Film): { borderGrey: number; meanGrey: number } {
  let [all, border] = [0, 0]
  let at = 0
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const isBorder = y === 0 || y === height - 1 || x === 0 || x === width - 1
      for (let channel = 0; channel < channels; channel++, at++) {
        all += pixels[at]!
        if (isBorder) border += pixels[at]!
      }
    }
  const inner = Math.max(0, width - 2) * Math.max(0, height - 2)
  const scale = 255 / (2 ** bits - 1) / channels
  return {
    borderGrey: (border * scale) / (width * height - inner),
    meanGrey: (all * scale) / (width * height),
  }
}

/** A film that is black all over is no film with bars. */
function hasBars(film: Film): boolean {
  try {
    const { width, height } = findBars(film)
    return width < film.width || height < film.height
  } catch (error) {
    asResult(error)
    return false
  }
}

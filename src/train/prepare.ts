/** From labelled films to the two sides of a training: fingerprints, copies kept together, a seeded stratified split.
 *  Films that cannot be used are left out and told, each with its reason. */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { RoentgenError } from '../../errors.ts'
import { findDuplicates } from '../data/duplicates.ts'
import { type FilmPrint, fingerprintFilms } from '../data/fingerprint.ts'
import type { Findings, LabelledFilm, LabelledSet } from '../data/labelled.ts'
import { splitStratified } from '../data/split.ts'
import { allStrata, strataOf } from '../data/units.ts'
import { decodeFilm } from '../image/decode.ts'
import type { Preprocessing } from '../image/film.ts'
import { preprocess } from '../image/preprocess.ts'
import type { TrainingFilm } from '../infer/model-file.ts'

interface LeftOut {
  path: string
  error: RoentgenError
}

export interface Prepared {
  labels: string[]
  /** Those to train on, then those to validate with, each sorted by path. */
  films: TrainingFilm[]
  /** Films that could not be read or preprocessed and were left out. */
  failures: LeftOut[]
  /** Pairs of near-duplicates inside the data; each stays on one side of the split. */
  duplicates: number
}

/** What is known of the data before anything is drawn. */
export interface Examined {
  labels: string[]
  /** The films that can be used. */
  films: LabelledFilm[]
  /** Film path → its fingerprint. */
  printOf: ReadonlyMap<string, FilmPrint>
  /** Film path → group of near-duplicates, for films that are in one. */
  groups: ReadonlyMap<string, number>
  failures: LeftOut[]
  duplicates: number
}

/** Fingerprints every film, keeps copies together, and draws the split.
 *  @throws what `examine` and `divide` throw */
export const prepare = async (
  data: LabelledSet,
  plan: Division,
  preprocessing: Preprocessing,
): Promise<Prepared> => divide(await examine(data, [preprocessing]), plan)

/** Fingerprints every film, and finds out which can be used by each of these preprocessings.
 *  @throws ROE_SPLIT where a label, or one side of a finding, has no such film */
export async function examine(
  data: LabelledSet,
  preprocessings: readonly Preprocessing[],
): Promise<Examined> {
  const { prints, failures } = await fingerprintFilms(data.films.map(({ path }) => path))
  const leftOut = new Map(failures.map((failure) => [failure.path, failure]))
  for (const preprocessing of preprocessings) {
    const paths = prints.map(({ path }) => path).filter((path) => !leftOut.has(path))
    for (const refused of await refusedBy(preprocessing, paths)) leftOut.set(refused.path, refused)
  }
  const films = data.films.filter(({ path }) => !leftOut.has(path))
  requireEveryStratum(data, films)
  const { pairs, groupOf } = findDuplicates(prints.filter(({ path }) => !leftOut.has(path)))
  return {
    labels: data.labels,
    films,
    printOf: new Map(prints.map((print) => [print.path, print])),
    groups: groupOf,
    failures: [...leftOut.values()],
    duplicates: pairs.length,
  }
}

interface Division {
  /** Share of the films that validates, stratified by label. */
  validation: number
  seed: number
}

/** Draws the two sides of a training, of all films that can be used or of some of them.
 *  @throws ROE_SPLIT where a label has too few films for both sides */
export function divide(
  { labels, films: all, printOf, groups, failures, duplicates }: Examined,
  { validation, seed }: Division,
  films = all,
): Prepared {
  const { train, held } = splitStratified(films, { share: validation, seed, groups })
  const withPrint = (split: TrainingFilm['split']) => (film: LabelledFilm) => ({
    ...(printOf.get(film.path) ?? assert.fail('a film without a fingerprint')),
    label: film.label,
    ...(film.findings === undefined ? {} : { findings: film.findings }),
    split,
  })
  return {
    labels,
    films: [...train.map(withPrint('train')), ...held.map(withPrint('validation'))],
    failures,
    duplicates,
  }
}

/** sha256 over the films' digests, labels and sides: the same for the same films, wherever they lie. */
export const digestOf = (
  films: readonly { sha256: string; label: string; findings?: Findings | undefined; split: string }[],
): string =>
  createHash('sha256')
    .update(
      films
        .map(({ sha256, label, findings, split }) => {
          const said = findings === undefined ? label : JSON.stringify(findings)
          return `${sha256} ${split} ${said}\n`
        })
        .sort()
        .join(''),
    )
    .digest('hex')

/** Only the rules for black bars refuse films that can be decoded, so that others need no second look. */
async function refusedBy(preprocessing: Preprocessing, paths: readonly string[]): Promise<LeftOut[]> {
  const refused: LeftOut[] = []
  if (!preprocessing.steps.some(({ op }) => op === 'bars')) return refused
  for (const path of paths) {
    const film = await decodeFilm(path)
    try {
      preprocess(film, preprocessing)
    } catch (error) {
      if (!(error instanceof RoentgenError)) throw error
      refused.push({ path, error })
    }
  }
  return refused
}

/** A model must not promise a label that it never saw. */
function requireEveryStratum({ films }: LabelledSet, usable: readonly LabelledFilm[]): void {
  const left = new Set(usable.flatMap(strataOf))
  const lost = allStrata(films).find((stratum) => !left.has(stratum))
  if (lost === undefined) return
  throw new RoentgenError('ROE_SPLIT', { where: lost, problem: `no film of class '${lost}' can be used` })
}

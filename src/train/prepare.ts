/** From labelled films to the two sides of a training: fingerprints, copies kept together, a seeded stratified split.
 *  Films that cannot be used are left out and told, each with its reason. */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { RoentgenError } from '../../errors.ts'
import { findDuplicates } from '../data/duplicates.ts'
import { fingerprintFilms } from '../data/fingerprint.ts'
import type { LabelledFilm, LabelledSet } from '../data/labelled.ts'
import { splitStratified } from '../data/split.ts'
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

/** Fingerprints every film, keeps copies together, and draws the split.
 *  @param validation  share of the films that validates, stratified by label
 *  @throws ROE_SPLIT where a label has too few films left for both sides */
export async function prepare(
  data: LabelledSet,
  { validation, seed }: { validation: number; seed: number },
  preprocessing: Preprocessing,
): Promise<Prepared> {
  const { prints, failures } = await fingerprintFilms(data.films.map(({ path }) => path))
  const refused = await refusedBy(
    preprocessing,
    prints.map(({ path }) => path),
  )
  const leftOut = new Set([...failures, ...refused].map(({ path }) => path))
  const usable = data.films.filter(({ path }) => !leftOut.has(path))
  requireEveryLabel(data.labels, usable)
  const { pairs, groupOf } = findDuplicates(prints.filter(({ path }) => !leftOut.has(path)))
  const { train, held } = splitStratified(usable, { share: validation, seed, groups: groupOf })
  const printOf = new Map(prints.map((print) => [print.path, print]))
  const withPrint = (split: TrainingFilm['split']) => (film: LabelledFilm) => ({
    ...(printOf.get(film.path) ?? assert.fail('a film without a fingerprint')),
    label: film.label,
    split,
  })
  return {
    labels: data.labels,
    films: [...train.map(withPrint('train')), ...held.map(withPrint('validation'))],
    failures: [...failures, ...refused],
    duplicates: pairs.length,
  }
}

/** sha256 over the films' digests, labels and sides: the same for the same films, wherever they lie. */
export const digestOf = (films: readonly TrainingFilm[]): string =>
  createHash('sha256')
    .update(
      films
        .map(({ sha256, label, split }) => `${sha256} ${split} ${label}\n`)
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
function requireEveryLabel(labels: readonly string[], usable: readonly LabelledFilm[]): void {
  const lost = labels.find((label) => !usable.some((film) => film.label === label))
  if (lost === undefined) return
  throw new RoentgenError('ROE_SPLIT', { where: lost, problem: `no film of class '${lost}' can be used` })
}

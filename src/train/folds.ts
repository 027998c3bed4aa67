/** Cross-validation as trainings: each fold is what is tested once, and what is left is divided as for any training. */
import { strict as assert } from 'node:assert'
import { drawFolds } from '../data/folds.ts'
import type { LabelledFilm } from '../data/labelled.ts'
import type { FeatureFilm } from './features.ts'
import { digestOf, divide, type Examined, type Prepared } from './prepare.ts'
import type { TrainingPlan } from './recipes.ts'

export interface Fold {
  /** From 1. */
  number: number
  /** How many there are. */
  of: number
  /** Films that this fold's training never sees, sorted by path. */
  test: readonly LabelledFilm[]
  /** sha256 over the test films' digests and labels. */
  testDigest: string
  prepared: Prepared
  /** The films of all folds: features are computed once for all of them. */
  together: readonly FeatureFilm[]
}

/** Draws the folds and what is trained on in each; patients and copies are in one fold, and on one side of each training.
 *  @param folds  how many, at least 2
 *  @throws ROE_SPLIT where a label has too few films for them, or for the sides of a training */
export function foldsOf(
  examined: Examined,
  plan: Pick<TrainingPlan, 'validation' | 'seed'>,
  folds: number,
): Fold[] {
  const { films, printOf, groups } = examined
  const drawn = drawFolds(films, { folds, seed: plan.seed, groups })
  const print = ({ path }: LabelledFilm) => printOf.get(path) ?? assert.fail('a film without a fingerprint')
  const together = drawn
    .flat()
    .map(print)
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  return drawn.map((test, at) => ({
    number: at + 1,
    of: folds,
    test,
    testDigest: digestOf(
      test.map((film) => ({ ...print(film), label: film.label, findings: film.findings, split: 'test' })),
    ),
    prepared: divide(examined, plan, drawn.filter((fold) => fold !== test).flat()),
    together,
  }))
}

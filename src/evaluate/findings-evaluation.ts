/** What an evaluation of several labels a film is: plain data, written as evaluation.json. Types only. */
import type { Findings } from '../data/labelled.ts'
import type { Area } from './auc.ts'
import type { Counts } from './confusion.ts'
import type { Evaluation, FailedFilm, Proportion, Warning } from './evaluation.ts'

/** A test film with what is known of it and its score. */
export interface FindingsFilm {
  path: string
  findings: Findings
  /** In the order of the labels. */
  probabilities: readonly number[]
  /** null where nothing says whose film it is. */
  patient: string | null
}

/** One label. */
export interface FindingFigures {
  label: string
  /** Films of which it is known whether they have it, and how many of them have it. */
  known: number
  positives: number
  /** Probability from which on a film is said to have it. */
  threshold: number
  counts: Counts
  sensitivity: Proportion
  specificity: Proportion
  /** null where no film is known to have it, or none not to. */
  auc: Area | null
}

/** Of the models of a cross-validation, each on the films of its fold. */
export interface FoldAreas {
  of: number
  labels: {
    label: string
    /** Fold by fold; null where there is none. */
    auc: (number | null)[]
    /** Plain mean and sample standard deviation; null where a fold has none, or is alone. */
    mean: number | null
    sd: number | null
  }[]
}

/** Written as evaluation.json; `version` changes with its meaning. */
export interface FindingsEvaluation
  extends Pick<Evaluation, 'about' | 'labels' | 'films' | 'patients' | 'copies' | 'failed' | 'unmatched'> {
  version: 1
  kind: 'findings'
  all: FindingFigures[]
  /** Plain mean over the labels; null unless each has one. */
  meanAuc: number | null
  /** The same films less those with a copy among the training films; null where there is none, or nothing left. */
  withoutCopies: FindingFigures[] | null
  /** null unless it is of a cross-validation. */
  folds: FoldAreas | null
  warnings: Warning[]
}

export interface FindingsInput {
  about: Evaluation['about']
  /** In the model's order. */
  labels: readonly string[]
  /** In the order of the labels. */
  thresholds: readonly number[]
  rows: readonly FindingsFilm[]
  failed: readonly FailedFilm[]
  /** Test film → the training films that it is a copy of; null where the training films are not known. */
  copies: ReadonlyMap<string, readonly string[]> | null
  /** Films with a label and no score, and the reverse. */
  unmatched?: Evaluation['unmatched']
  /** The same rows fold by fold, where they are of a cross-validation. */
  folds?: readonly (readonly FindingsFilm[])[]
}

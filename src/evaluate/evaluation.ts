/** What an evaluation is: plain data, written as evaluation.json. Types only; `version` changes with their meaning. */
import type { Area } from './auc.ts'
import type { Confusion, Counts } from './confusion.ts'
import type { Interval, Proportion } from './intervals.ts'
import type { Average, ClassMetrics } from './metrics.ts'

/** A test film with its truth and its score. */
export interface EvaluatedFilm {
  path: string
  actual: string
  predicted: string
  /** In the order of the labels; null where they are not known, then there is no AUC. */
  probabilities: readonly number[] | null
  /** null where nothing says whose film it is. */
  patient: string | null
}

export interface FailedFilm {
  path: string
  actual: string
  /** null where no ledger says it. */
  code: string | null
  reason: string
}

/** Where the figures come from; null where there is none. */
interface About {
  model: { path: string; sha256: string } | null
  /** The file of scores. */
  scores: string | null
  /** The labelled folder, manifest or file of labels, as the user gave it. */
  data: string
  /** What the `split` column of the data says, with the number of its films; empty without one. */
  splits: Readonly<Record<string, number>>
  /** What came up while the data were read, one sentence each. */
  notes: readonly string[]
}

export interface EvaluationInput {
  about: About
  /** In the model's order. */
  labels: readonly string[]
  rows: readonly EvaluatedFilm[]
  failed: readonly FailedFilm[]
  /** Test film → the training films that it is a copy of; null where the training films are not known. */
  copies: ReadonlyMap<string, readonly string[]> | null
  /** Films with a label and no score, and the reverse. */
  unmatched?: Unmatched
  /** The class that sensitivity and specificity are about; see positiveOf for what happens without it. */
  positive?: string
}

interface Unmatched {
  withoutScore: readonly string[]
  withoutLabel: readonly string[]
}

/** One class against the rest. */
export interface ClassFigures extends ClassMetrics {
  counts: Counts
  /** Recall with its interval. */
  sensitivity: Proportion
  /** `specificity` with its interval. */
  specificityOf: Proportion
  auc: Area | null
}

/** Every figure of one set of films. */
export interface Figures {
  films: number
  /** Rows actual, columns predicted, in the order of the labels. */
  matrix: Confusion['matrix']
  accuracy: Proportion
  balancedAccuracy: number | null
  classes: ClassFigures[]
  macro: Average
  weighted: Average
  /** Plain mean over the classes; null unless every class has one. */
  macroAuc: number | null
}

export interface Warning {
  code: WarningCode
  text: string
}

export type WarningCode =
  | 'data'
  | 'films-failed'
  | 'unmatched'
  | 'copies'
  | 'copies-unknown'
  | 'class-absent'
  | 'never-predicted'
  | 'few-films'
  | 'unknown-labels'
  | 'no-patients'
  | 'some-patients'
  | 'borders'
  | 'research-only'

export interface Evaluation {
  version: 1
  about: About
  labels: readonly string[]
  /** The class looked for; null with more than two classes unless it was named. */
  positive: string | null
  /** Films in the figures; patients among them, null where none is known. */
  films: number
  patients: number | null
  all: Figures
  /** The same films less those with a copy among the training films; null where there is none, or nothing left. */
  withoutCopies: Figures | null
  copies: { path: string; trainPaths: readonly string[] }[]
  failed: readonly FailedFilm[]
  unmatched: Unmatched
  warnings: Warning[]
}

export type { Interval, Proportion }

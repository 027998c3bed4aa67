/** A set of films in figures: what each class is made of, copies, and what would betray the label. */
import { findDuplicates } from '../data/duplicates.ts'
import type { FilmFacts, Looked } from './facts.ts'
import { type Guesses, guessLabels } from './guesses.ts'

/** Least, middle and largest value. */
export type Spread = readonly [least: number, median: number, most: number]

export interface ClassFigures {
  label: string
  films: number
  /** null where none is known. */
  patients: number | null
  /** Value → how many films. */
  formats: Record<string, number>
  bits: Record<string, number>
  colours: Record<string, number>
  width: Spread
  height: Spread
  aspect: Spread
  borderGrey: Spread
  /** Mean over the films. */
  borderGreyMean: number
  withBars: number
  /** Films that have a copy anywhere in the set. */
  copied: number
  failed: number
}

export interface Inspection {
  version: 1
  films: number
  classes: ClassFigures[]
  /** Pairs of near-duplicates. */
  copies: { paths: [string, string]; identical: boolean; acrossLabels: boolean; acrossSplits: boolean }[]
  /** null where there is one label only. */
  guesses: Guesses | null
  failed: { path: string; code: string; reason: string }[]
}

/** @param labels  in the order of the report */
export function inspectionOf({ facts, failures }: Looked, labels: readonly string[]): Inspection {
  const { pairs, groupOf } = findDuplicates(facts.map(({ print }) => print))
  const filmOf = new Map(facts.map((film) => [film.path, film]))
  const differs = (key: 'label' | 'split', [a, b]: readonly [string, string]): boolean =>
    filmOf.get(a)![key] !== filmOf.get(b)![key]
  return {
    version: 1,
    films: facts.length,
    classes: labels.map((label) =>
      classFigures(
        label,
        facts.filter((film) => film.label === label),
        { copied: groupOf, failed: failures.filter((film) => film.label === label).length },
      ),
    ),
    copies: pairs.map(({ paths, identical }) => ({
      paths,
      identical,
      acrossLabels: differs('label', paths),
      acrossSplits: differs('split', paths),
    })),
    guesses: guessLabels(facts),
    failed: failures.map(({ path, error }) => ({ path, code: error.code, reason: error.reason })),
  }
}

function classFigures(
  label: string,
  films: readonly FilmFacts[],
  { copied, failed }: { copied: ReadonlyMap<string, number>; failed: number },
): ClassFigures {
  const known = films.flatMap(({ patient }) => (patient === null ? [] : [patient]))
  const spread = (of: (film: FilmFacts) => number): Spread => spreadOf(films.map(of))
  return {
    label,
    films: films.length,
    patients: known.length === 0 ? null : new Set(known).size,
    formats: tally(films.map(({ format }) => format)),
    bits: tally(films.map(({ bits }) => String(bits))),
    colours: tally(films.map(({ colour }) => colour)),
    width: spread(({ width }) => width),
    height: spread(({ height }) => height),
    aspect: spread(({ width, height }) => width / height),
    borderGrey: spread(({ borderGrey }) => borderGrey),
    borderGreyMean: films.reduce((sum, { borderGrey }) => sum + borderGrey, 0) / films.length,
    withBars: films.filter(({ hasBars }) => hasBars).length,
    copied: films.filter(({ path }) => copied.has(path)).length,
    failed,
  }
}

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values.toSorted()) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** NaN of no films, which JSON has as null. */
function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return [at(0), (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, at(sorted.length - 1)]
}

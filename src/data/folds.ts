/** Folds of labelled films for cross-validation: stratified by label (of findings: by having each and by not having it), seeded, and never with one patient (or one film's
 *  copies) in two folds. Each film is in one fold, and each fold has films of every label. */
import { RoentgenError } from '../../errors.ts'
import { seededRandom, shuffled } from '../../random.ts'
import { allStrata, byPath, type Splittable, type Unit, unitCounts, unitsOf } from './units.ts'

export interface FoldsOptions {
  /** How many, at least 2. */
  folds: number
  seed: number
  /** Film path → group: films of one group are in one fold, as those of one patient are (e.g. near-duplicates). */
  groups?: ReadonlyMap<string, string | number>
}

/** Draws folds. The same films, number, seed and groups give the same folds, in whatever order the films come. Units are
 *  dealt out in a seeded order, the largest first and label by label, each to the fold where it keeps the counts of its labels most even:
 *  where all films stand alone, folds differ by one film at most, of each label and in all.
 *  @returns a list of films a fold, each sorted by path
 *  @throws ROE_SPLIT for a label whose films do not reach every fold, which it names */
export function drawFolds<Film extends Splittable>(
  films: readonly Film[],
  { folds: wanted, seed, groups = new Map() }: FoldsOptions,
): Film[][] {
  const sorted = byPath(films)
  const labels = allStrata(sorted)
  const first = ({ counts }: Unit): number => counts.findIndex((films) => films > 0)
  const units = shuffled(unitsOf(sorted, labels, groups), seededRandom(seed)).sort(
    (a, b) => b.films.length - a.films.length || first(a) - first(b),
  )
  for (const [at, label] of labels.entries()) refuseTooFew(label, units, at, wanted)
  const totals = unitCounts(units, labels.length)
  const folds = Array.from(
    { length: wanted },
    (): Fold => ({ units: [], counts: labels.map(() => 0), films: 0 }),
  )
  for (const unit of units) put(unit, cheapest(unit, folds, totals))
  for (const fold of folds) for (const [at, label] of labels.entries()) fill(fold, folds, { label, at })
  return folds.map((fold) =>
    fold.units
      .flatMap((unit) => unit.films)
      .sort((a, b) => a - b)
      .map((index) => sorted[index]!),
  )
}

interface Fold {
  units: Unit[]
  /** Films of each label, in the order of the labels. */
  counts: number[]
  films: number
}

/** The fold whose counts, as shares of their labels, grow least in square; among equals the one with the fewest films. */
function cheapest(unit: Unit, folds: readonly Fold[], totals: readonly number[]): Fold {
  const cost = ({ counts }: Fold): number =>
    unit.counts.reduce((sum, more, at) => sum + (more * (2 * counts[at]! + more)) / totals[at]! ** 2, 0)
  return folds.reduce((best, fold) => {
    const [here, there] = [cost(fold), cost(best)]
    return here < there || (here === there && fold.films < best.films) ? fold : best
  })
}

function put(unit: Unit, fold: Fold, from?: Fold): void {
  if (from !== undefined) {
    from.units.splice(from.units.indexOf(unit), 1)
    count(from, unit, -1)
  }
  fold.units.push(unit)
  count(fold, unit, 1)
}

function count(fold: Fold, unit: Unit, sign: 1 | -1): void {
  fold.films += sign * unit.films.length
  for (const [at, films] of unit.counts.entries()) fold.counts[at]! += sign * films
}

/** Where a fold has no film of a label, moves the smallest unit there that does not take a label from another fold. */
function fill(fold: Fold, folds: readonly Fold[], { label, at }: { label: string; at: number }): void {
  if (fold.counts[at]! > 0) return
  const candidates = folds.flatMap((from) =>
    from.units
      .filter(
        (unit) =>
          unit.counts[at]! > 0 && unit.counts.every((films, i) => films === 0 || from.counts[i]! > films),
      )
      .map((unit) => ({ unit, from })),
  )
  const [first, ...others] = candidates
  if (first === undefined) throw unreachable(label, folds.length)
  const { unit, from } = others.reduce(
    (best, other) => (other.unit.films.length < best.unit.films.length ? other : best),
    first,
  )
  put(unit, fold, from)
}

function refuseTooFew(label: string, units: readonly Unit[], at: number, folds: number): void {
  const of = units.filter(({ counts }) => counts[at]! > 0)
  if (of.length >= folds) return
  const films = of.reduce((sum, { counts }) => sum + counts[at]!, 0)
  const apart =
    films === of.length
      ? ''
      : ` that can be told apart (${films} films, of some the patient or the picture is the same)`
  const problem = `class '${label}' has ${of.length} films${apart}, fewer than the ${folds} folds`
  throw new RoentgenError('ROE_SPLIT', { where: label, problem, advice: 'add films, or ask for fewer folds' })
}

const unreachable = (label: string, folds: number): RoentgenError =>
  new RoentgenError('ROE_SPLIT', {
    where: label,
    problem: `class '${label}' cannot be in each of the ${folds} folds: too few patients or groups of copies have films of it`,
    advice: 'add films, or ask for fewer folds',
  })

/** Splits of labelled films: stratified by label (of findings: by having each and by not having it), seeded, and never with
 *  one patient (or one film's copies) on both sides. What belongs together moves as a whole, so shares are met exactly only where every film stands alone. */
import { RoentgenError } from '../../errors.ts'
import { seededRandom, shuffled } from '../../random.ts'
import { allStrata, byPath, hasFindings, type Splittable, type Unit, unitCounts, unitsOf } from './units.ts'

export interface SplitOptions {
  /** Share of each label's films to hold out, in 0..1 exclusive; rounded to films, at least one on each side. */
  share: number
  seed: number
  /** Film path → group: films of one group stay on one side, as those of one patient do (e.g. near-duplicates). */
  groups?: ReadonlyMap<string, string | number>
}

export interface Split<Film> {
  /** Sorted by path. */
  train: Film[]
  /** Sorted by path. */
  held: Film[]
}

interface SplitUnit extends Unit {
  held: boolean
}

/** Of each stratum. */
interface Need {
  /** Films that are still to be held out. */
  missing: number[]
  /** How much one of them counts: where films count to many strata, as much in a rare one as many do in a frequent one. */
  weights: readonly number[]
}

/** Draws a stratified split. The same films, share, seed and groups give the same split, in whatever order they come.
 *  Units (one film, or all films of a patient or group, joined where they overlap) are visited in a seeded order and
 *  held out when that brings the labels' counts nearer to the share.
 *  @throws ROE_OPTION for a share outside 0..1; ROE_SPLIT where a label cannot be on both sides, which it names */
export function splitStratified<Film extends Splittable>(
  films: readonly Film[],
  { share, seed, groups = new Map() }: SplitOptions,
): Split<Film> {
  if (!(share > 0 && share < 1)) {
    const expected = 'a number between 0 and 1, both excluded'
    throw new RoentgenError('ROE_OPTION', { where: 'share', expected, received: String(share) })
  }
  const sorted = byPath(films)
  const labels = allStrata(sorted)
  const units = shuffled(unitsOf(sorted, labels, groups), seededRandom(seed)).map(
    (unit): SplitUnit => ({ ...unit, held: false }),
  )
  const totals = unitCounts(units, labels.length)
  const isManifold = hasFindings(sorted)
  const need: Need = {
    missing: labels.map((label, index) => wantedOf(label, totals[index]!, share)),
    weights: totals.map((total) => (isManifold ? 1 / total : 1)),
  }
  // Films of one label each are as even as they can be behind one pass.
  let again = true
  while (again) again = passOver(units, need) && isManifold
  labels.forEach((label, index) => {
    fillSide(units, need, { label, index, held: true })
    fillSide(units, need, { label, index, held: false })
  })
  const isHeld = new Set(units.filter(({ held }) => held).flatMap((unit) => unit.films))
  return {
    train: sorted.filter((_, index) => !isHeld.has(index)),
    held: sorted.filter((_, index) => isHeld.has(index)),
  }
}

function wantedOf(label: string, total: number, share: number): number {
  if (total < 2) {
    const problem = `class '${label}' has one film only, and each side needs one`
    throw new RoentgenError('ROE_SPLIT', { where: label, problem })
  }
  return Math.min(total - 1, Math.max(1, Math.round(share * total)))
}

/** Rounding must not move a unit to and fro for ever. */
const LEAST_GAIN = 1e-9

/** Moves each unit that brings the counts nearer to what is wanted. @returns whether there was any */
function passOver(units: readonly SplitUnit[], need: Need): boolean {
  let moved = false
  for (const unit of units) {
    if (cost(need, unit) > -LEAST_GAIN) continue
    move(unit, need)
    moved = true
  }
  return moved
}

/** By how much moving a unit to the other side raises the squared distance from the wanted counts, over all strata. */
function cost({ missing, weights }: Need, { counts, held }: SplitUnit): number {
  const sign = held ? -1 : 1
  return counts.reduce(
    (sum, count, index) => sum + weights[index]! * count * (count - 2 * sign * missing[index]!),
    0,
  )
}

function move(unit: SplitUnit, { missing }: Need): void {
  unit.held = !unit.held
  unit.counts.forEach((count, index) => {
    missing[index]! += unit.held ? -count : count
  })
}

/** Where a label has no film on a side, moves the cheapest unit there that does not empty the other side of a label. */
function fillSide(
  units: readonly SplitUnit[],
  need: Need,
  { label, index, held }: { label: string; index: number; held: boolean },
): void {
  const countsOn = (side: boolean): number[] => {
    const there = units.filter((unit) => unit.held === side)
    return unitCounts(there, need.missing.length)
  }
  const [here, other] = [countsOn(held), countsOn(!held)]
  if (here[index]! > 0) return
  const candidates = units.filter(
    (unit) =>
      unit.held !== held &&
      unit.counts[index]! > 0 &&
      unit.counts.every((count, at) => count === 0 || other[at]! > count),
  )
  if (candidates.length === 0) {
    const problem = `class '${label}' cannot be on both sides: too few patients or groups of copies have films of it`
    throw new RoentgenError('ROE_SPLIT', { where: label, problem })
  }
  move(
    candidates.reduce((best, unit) => (cost(need, unit) < cost(need, best) ? unit : best)),
    need,
  )
}

/** Area under the ROC curve of one class against the rest, with DeLong's interval. It looks at the order of the
 *  probabilities only, so no threshold is in it. The interval takes films as independent, patients known or not. */
import { sum } from './confusion.ts'
import { type Interval, Z } from './intervals.ts'

export interface Area {
  /** Chance that a film of the class has a higher probability than one of the rest; ties count half. */
  value: number
  /** 95 %; null with fewer than two films on a side, or where the order is perfect (the variance is 0 then, not the doubt). */
  interval: Interval | null
}

/** Mann-Whitney's U over all pairs, and its variance by ranks in n log n.
 *  @param scores  probability of the class   @param truth  whether the film is of the class
 *  @source DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837; ranks: Sun & Xu 2014, IEEE SPL 21:1389
 *  @returns null when a side has no film */
export function areaOf(scores: readonly number[], truth: readonly boolean[]): Area | null {
  const of = scores.filter((_, i) => truth[i])
  const rest = scores.filter((_, i) => !truth[i])
  if (of.length === 0 || rest.length === 0) return null
  const ofPlaces = placements(of, rest)
  const restPlaces = placements(rest, of).map((place) => 1 - place)
  const value = sum(ofPlaces) / of.length
  const variance = spread(ofPlaces) / of.length + spread(restPlaces) / rest.length
  const half = Z * Math.sqrt(variance)
  return { value, interval: half > 0 ? [Math.max(0, value - half), Math.min(1, value + half)] : null }
}

/** For each of `values` the share of `others` below it, ties half. */
function placements(values: readonly number[], others: readonly number[]): number[] {
  const sorted = Float64Array.from(others).sort()
  return values.map(
    (value) => (before(sorted, value, false) + before(sorted, value, true)) / (2 * others.length),
  )
}

/** How many of the sorted numbers are below `value`, or with `orEqual` not above it. */
function before(sorted: Float64Array, value: number, orEqual: boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    const at = sorted[middle]!
    if (at < value || (orEqual && at === value)) low = middle + 1
    else high = middle
  }
  return low
}

/** Variance with n - 1; NaN for one value, which no interval survives. */
function spread(values: readonly number[]): number {
  const mean = sum(values) / values.length
  return sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1)
}

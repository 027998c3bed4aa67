/** Area under the ROC curve of one class against the rest, with its interval. It looks at the order of the
 *  probabilities only, so no threshold is in it. */
import { sum } from './confusion.ts'
import { type Interval, Z } from './intervals.ts'

export interface Area {
  /** Chance that a film of the class has a higher probability than one of the rest; ties count half. */
  value: number
  /** 95 %; null with fewer than two films on a side, or where the order is perfect (the variance is 0 then, not the doubt). */
  interval: Interval | null
}

/** Mann-Whitney's U over all pairs, and its variance by ranks in n log n. Films of one patient resemble each other:
 *  the variance is then the larger one of films and of patients.
 *  @param scores  probability of the class   @param truth  whether the film is of the class
 *  @param patients  whose film it is; null: a patient of its own
 *  @source DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837 (films); Obuchowski 1997, Biometrics 53:567 (patients)
 *  @returns null when a side has no film */
export function areaOf(
  scores: readonly number[],
  truth: readonly boolean[],
  patients: readonly (string | null)[] = scores.map(() => null),
): Area | null {
  const of = sorted(scores, truth, true)
  const rest = sorted(scores, truth, false)
  if (of.length === 0 || rest.length === 0) return null
  // The share of the other side that each film stands right to.
  const places = scores.map((score, i) => (truth[i] ? below(rest, score) : 1 - below(of, score)))
  const value = sum(places.filter((_, i) => truth[i])) / of.length
  const residuals = places.map((place, i) => (place - value) / (truth[i] ? of.length : rest.length))
  const alone = scores.map(() => null)
  const half =
    Z * Math.sqrt(Math.max(variance(residuals, truth, alone), variance(residuals, truth, patients)))
  return { value, interval: half > 0 ? [Math.max(0, value - half), Math.min(1, value + half)] : null }
}

const sorted = (scores: readonly number[], truth: readonly boolean[], side: boolean): Float64Array =>
  Float64Array.from(scores.filter((_, i) => truth[i] === side)).sort()

/** Σ over patients of the square of their residuals on each side, and twice their product: films of one patient may
 *  stand on both sides. NaN where a side has one patient only, which no interval survives.
 *  @param residuals  of each film, over the number of films of its side */
function variance(
  residuals: readonly number[],
  truth: readonly boolean[],
  patients: readonly (string | null)[],
): number {
  const sides = new Map<string | number, { of: number | null; rest: number | null }>()
  residuals.forEach((residual, i) => {
    const key = patients[i] ?? i
    const sums = sides.get(key) ?? { of: null, rest: null }
    const side = truth[i] ? 'of' : 'rest'
    sums[side] = (sums[side] ?? 0) + residual
    sides.set(key, sums)
  })
  const all = [...sides.values()]
  const ofs = all.flatMap(({ of }) => of ?? [])
  const rests = all.flatMap(({ rest }) => rest ?? [])
  const products = all.map(({ of, rest }) => (of ?? 0) * (rest ?? 0))
  const unbiased = (count: number): number => count / (count - 1)
  return (
    unbiased(ofs.length) * sum(ofs.map((v) => v ** 2)) +
    unbiased(rests.length) * sum(rests.map((v) => v ** 2)) +
    2 * unbiased(all.length) * sum(products)
  )
}

/** Share of the sorted numbers below `value`, ties half. */
const below = (sorted: Float64Array, value: number): number =>
  (before(sorted, value, false) + before(sorted, value, true)) / (2 * sorted.length)

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

/** 95 % intervals of a share of films. Films of one patient resemble each other, so where patients are known the films
 *  count for fewer than they are. The chance of the drawn split itself, or of a retraining, is not in these intervals. */
import { sum } from './confusion.ts'

/** Both ends, in 0..1. */
export type Interval = readonly [low: number, high: number]

/** 97.5th percentile of the normal distribution, to double precision. */
export const Z = 1.959963984540054

/** Wilson's score interval of `count` out of `of`; neither need be whole.
 *  @source Wilson 1927, J. Am. Stat. Assoc. 22:209; statsmodels proportion_confint(method='wilson')
 *  @returns null when `of` is 0 */
export function wilson(count: number, of: number): Interval | null {
  if (of === 0) return null
  const share = count / of
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of))
  const scale = 1 + (Z * Z) / of
  const middle = share + (Z * Z) / (2 * of)
  // Rounding must not keep 0 or all from reaching the end of the scale.
  return [share === 0 ? 0 : (middle - spread) / scale, share === 1 ? 1 : (middle + spread) / scale]
}

/** One film's outcome: whether it counts, and whose film it is (null: unknown, a patient of its own). */
export interface Outcome {
  hit: boolean
  patient: string | null
}

export interface Proportion {
  /** null when there are no films. */
  value: number | null
  count: number
  of: number
  /** 95 %; null when there are no films. */
  interval: Interval | null
  /** How many films, each of its own patient, would say as much; at most `of`. */
  effective: number
}

/** Share of hits with its 95 % interval: Wilson's, on the effective number of films.
 *  That number is n / deff, where deff is the between-patient variance of the share over its binomial variance, and at
 *  least 1, so that the interval is never narrower than Wilson's own. Where all or no films are hits the variance says
 *  nothing about deff; then films of one patient count as copies of one film (Kish's n² / Σ nᵢ²), the worst case.
 *  @source Rao & Scott 1992, Biometrics 48:577 (deff of clustered binary data); Kish 1965, Survey Sampling */
export function proportionOf(outcomes: readonly Outcome[]): Proportion {
  const of = outcomes.length
  const count = outcomes.filter(({ hit }) => hit).length
  const effective = of / designEffect(outcomes)
  const value = of === 0 ? null : count / of
  return {
    value,
    count,
    of,
    interval: value === null ? null : wilson(value * effective, effective),
    effective: of === 0 ? 0 : effective,
  }
}

/** By how much patients with several films widen the variance of the share of hits; at least 1. */
function designEffect(outcomes: readonly Outcome[]): number {
  const patients = clusters(outcomes)
  const films = outcomes.length
  if (patients.length === films) return 1
  const share = sum(patients.map(({ hits }) => hits)) / films
  const binomial = share * (1 - share) * films
  if (binomial === 0 || patients.length === 1) return sum(patients.map(({ size }) => size ** 2)) / films
  const residuals = sum(patients.map(({ hits, size }) => (hits - share * size) ** 2))
  const between = (patients.length / (patients.length - 1)) * residuals
  return Math.max(1, between / binomial)
}

function clusters(outcomes: readonly Outcome[]): { size: number; hits: number }[] {
  const known = new Map<string, { size: number; hits: number }>()
  const alone: { size: number; hits: number }[] = []
  for (const { hit, patient } of outcomes) {
    const cluster = (patient === null ? undefined : known.get(patient)) ?? { size: 0, hits: 0 }
    cluster.size += 1
    cluster.hits += hit ? 1 : 0
    if (patient === null) alone.push(cluster)
    else known.set(patient, cluster)
  }
  return [...known.values(), ...alone]
}

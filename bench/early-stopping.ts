/** MLPerf Inference's rule for percentiles from few queries: an estimate that is too low at most once in a hundred runs,
 *  or none. It assumes queries that do not depend on each other, as MLPerf does; drift is for `diagnose.ts` to tell. */
import { strict as assert } from 'node:assert'

/** How sure a percentile must be before it is printed. @source mlcommons/inference, loadgen/results.cc */
const CONFIDENCE = 0.99

/** The percentiles that reports have, as shares. */
export const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const

export type PercentileName = keyof typeof PERCENTILES

/** A percentile of latencies, or how many queries it would have taken: never a number that too few stand behind. */
export type Estimate =
  | {
      enough: true
      ms: number
      /** The highest latencies above the estimate. */
      discarded: number
      queries: number
    }
  | { enough: false; queries: number; needs: number }

/** How many of `queries` latencies may lie at or above the estimate: the most of which a system whose percentile is
 *  higher shows so few, or fewer, in less than 1 % of the runs. 0 where there are too few queries for any.
 *  @param share  of the queries that are to be faster, 0 < share < 1
 *  @source mlcommons/inference, loadgen/early_stopping.cc: P(Binomial(queries, 1 - share) <= t) < 1 - 0.99 */
export function overlatencyAllowed(queries: number, share: number): number {
  assert(share > 0 && share < 1, 'a percentile lies between 0 and 1')
  const odds = Math.log((1 - share) / share)
  // The probability of exactly t, as a logarithm: a million queries would run out of the range of numbers.
  let log = queries * Math.log(share)
  let sum = Math.exp(log)
  let t = 0
  while (t < queries) {
    log += Math.log((queries - t) / (t + 1)) + odds
    sum += Math.exp(log)
    if (sum >= 1 - CONFIDENCE) break
    t++
  }
  return t
}

/** Fewest queries for which a percentile is estimated: 11, 64, 662 and 6,636 for p50, p90, p99 and p99.9. */
export function fewestQueries(share: number): number {
  assert(share > 0 && share < 1, 'a percentile lies between 0 and 1')
  let queries = 1
  while (overlatencyAllowed(queries, share) < 1) queries++
  return queries
}

/** MLPerf's early-stopping estimate of a percentile: an upper bound, at 99 % confidence, that comes down to the percentile
 *  itself as queries grow.
 *  @param latenciesMs  in any order   @param share  0 < share < 1 */
export function estimatePercentile(latenciesMs: readonly number[], share: number): Estimate {
  const queries = latenciesMs.length
  const allowed = overlatencyAllowed(queries, share)
  if (allowed < 1) return { enough: false, queries, needs: fewestQueries(share) }
  const sorted = Float64Array.from(latenciesMs).sort()
  return { enough: true, ms: sorted[queries - allowed]!, discarded: allowed - 1, queries }
}

/** Plain statistics of measured times. Pure functions; no clock. */
import { strict as assert } from 'node:assert'

/** What repeated measurements say, in the unit of the samples. */
export interface Spread {
  count: number
  least: number
  p5: number
  median: number
  p95: number
  most: number
}

/** The value below which a share of the samples lies, interpolated linearly between neighbours.
 *  @param samples  at least one, in any order   @param share  0..1
 *  @source Hyndman & Fan 1996, definition 7 (NumPy's and R's default) */
export function quantile(samples: readonly number[], share: number): number {
  assert(samples.length > 0 && share >= 0 && share <= 1, 'a quantile needs samples, and a share in 0..1')
  const sorted = samples.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (place - below)
}

/** @param samples  at least one */
export const spreadOf = (samples: readonly number[]): Spread => ({
  count: samples.length,
  least: quantile(samples, 0),
  p5: quantile(samples, 0.05),
  median: quantile(samples, 0.5),
  p95: quantile(samples, 0.95),
  most: quantile(samples, 1),
})

/** `median 1.41 ms (p5 1.20, p95 1.90, n 200)` */
export const spreadText = ({ count, p5, median, p95 }: Spread, unit = 'ms'): string =>
  `median ${median.toFixed(2)} ${unit} (p5 ${p5.toFixed(2)}, p95 ${p95.toFixed(2)}, n ${count})`

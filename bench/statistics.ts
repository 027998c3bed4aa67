/** Plain statistics of measured times. Pure functions; no clock. */
import { strict as assert } from 'node:assert'
import { quantileOfT, tailOfT } from './student-t.ts'

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

/** One number a process, told as one number with its 95 % interval. */
export interface Figure {
  /** Geometric mean over the processes. */
  value: number
  /** Ends of the interval; null where one process alone ran, which says nothing about others. */
  low: number | null
  high: number | null
  processes: number
}

/** What processes say together: Student's t on the logarithms of one figure from each, since a process differs from the
 *  next by a share, and since queries of one process resemble each other and must not count as many.
 *  @param values  one of each process, at least one, above 0
 *  @source Georges, Buytaert & Eeckhout 2007, "Statistically Rigorous Java Performance Evaluation"; Kalibera & Jones 2013,
 *  "Rigorous Benchmarking in Reasonable Time" (the variance of the highest level, executions, is what counts) */
export function overProcesses(values: readonly number[]): Figure {
  assert(values.length > 0 && values.every((value) => value > 0), 'figures of processes are above 0')
  const processes = values.length
  const { mean, variance } = momentsOf(values.map(Math.log))
  if (processes === 1) return { value: Math.exp(mean), low: null, high: null, processes }
  const reach = quantileOfT(0.05, processes - 1) * Math.sqrt(variance / processes)
  return { value: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach), processes }
}

/** How processes of two sides compare. */
export interface Ratio {
  /** Geometric mean of the new side over that of the old one. */
  value: number
  /** Ends of the 95 % interval; null where a side has one process. */
  low: number | null
  high: number | null
  /** The chance of a ratio as far from 1 where nothing changed; null as above. */
  p: number | null
}

/** Welch's t test on the logarithms of one figure from each process. Not a bootstrap: drawing two to five processes anew
 *  shows too little of their variance, and gives false alarms in a tenth to a third of the comparisons
 *  (test/bench/statistics.test.ts counts them); drawing queries too counts their noise twice.
 *  @param old, now  one value of each process, at least one a side, above 0
 *  @source Welch 1947, Biometrika 34:28; Hesterberg 2015, "What Teachers Should Know about the Bootstrap" (small samples);
 *  Kalibera & Jones 2013, as above */
export function ratioOverProcesses(old: readonly number[], now: readonly number[]): Ratio {
  const sides = [old, now].map((side) => {
    assert(side.length > 0 && side.every((value) => value > 0), 'figures of processes are above 0')
    const { mean, variance } = momentsOf(side.map(Math.log))
    return { mean, square: variance / side.length, freedom: side.length - 1 }
  })
  const [before, after] = [sides[0]!, sides[1]!]
  const difference = after.mean - before.mean
  const value = Math.exp(difference)
  if (before.freedom === 0 || after.freedom === 0) return { value, low: null, high: null, p: null }
  const error = Math.sqrt(before.square + after.square)
  if (error === 0) return { value, low: value, high: value, p: difference === 0 ? 1 : 0 }
  // Welch and Satterthwaite: how many processes the error is worth.
  const freedom = error ** 4 / (before.square ** 2 / before.freedom + after.square ** 2 / after.freedom)
  const reach = quantileOfT(0.05, freedom) * error
  return {
    value,
    low: Math.exp(difference - reach),
    high: Math.exp(difference + reach),
    p: tailOfT(difference / error, freedom),
  }
}

/** Mean, and variance with n - 1 (0 for one sample). */
function momentsOf(samples: readonly number[]): { mean: number; variance: number } {
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length
  const squares = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, variance: squares / Math.max(1, samples.length - 1) }
}

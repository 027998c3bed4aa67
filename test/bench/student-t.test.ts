import { describe, expect, it } from 'vitest'
import { quantileOfT, tailOfT } from '../../bench/student-t.ts'

describe("Student's t", () => {
  // 2 * scipy.stats.t.sf(abs(t), df) (scipy 1.17.1)
  const TAILS: [t: number, freedom: number, tail: number][] = [
    [1, 1, 0.5],
    [12.706, 1, 0.0500008023581332],
    [2, 2.5, 0.157391495757966],
    [-2.776, 4, 0.0500227783199764],
    [0.1, 8, 0.922804909430597],
    [5, 8, 0.00105282579336654],
    [3, 30, 0.00538996406565195],
    [40, 3, 3.43806807891585e-5],
    [0, 7, 1],
    [1.96, 1000, 0.0502731849557487],
    [Number.POSITIVE_INFINITY, 3, 0],
  ]
  for (const [t, freedom, tail] of TAILS) {
    it(`lies beyond ${t} with ${freedom} degrees of freedom as often as SciPy says`, () => {
      expect(Math.abs(tailOfT(t, freedom) - tail)).toBeLessThanOrEqual(1e-11 * Math.max(tail, 1e-3))
    })
  }

  // scipy.stats.t.isf(tail / 2, df)
  const QUANTILES: [tail: number, freedom: number, t: number][] = [
    [0.05, 1, 12.70620473617],
    [0.05, 2, 4.302652729749],
    [0.05, 4, 2.776445105198],
    [0.05, 7.3, 2.345066736548],
    [0.05, 9, 2.262157162798],
    [0.05, 30, 2.042272456301],
    [0.05, 1000, 1.962339080826],
    [0.001, 8, 5.041305433373],
  ]
  for (const [tail, freedom, t] of QUANTILES) {
    it(`is exceeded at ${tail} with ${freedom} degrees of freedom where SciPy says`, () => {
      expect(Math.abs(quantileOfT(tail, freedom) / t - 1)).toBeLessThan(1e-9)
    })
  }
})

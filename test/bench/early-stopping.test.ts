import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  estimatePercentile,
  fewestQueries,
  overlatencyAllowed,
  PERCENTILES,
} from '../../bench/early-stopping.ts'
import { seededRandom } from '../../random.ts'

describe('early stopping', () => {
  // The policies of MLPerf Inference name 64 and 662; issue 14 names all four.
  const FEWEST: [share: number, queries: number][] = [
    [PERCENTILES.p50, 11],
    [PERCENTILES.p90, 64],
    [PERCENTILES.p99, 662],
    [PERCENTILES.p999, 6636],
  ]
  for (const [share, queries] of FEWEST) {
    it(`needs ${queries} queries for ${100 * share} %, and not one fewer does`, () => {
      expect(fewestQueries(share)).toBe(queries)
      expect(overlatencyAllowed(queries, share)).toBe(1)
      expect(overlatencyAllowed(queries - 1, share)).toBe(0)
    })
  }

  // The largest t with scipy.stats.binom.cdf(t, n, 1 - p) < 0.01 (scipy 1.17.1).
  const ALLOWED: [queries: number, share: number, allowed: number][] = [
    [10, 0.5, 0],
    [64, 0.9, 1],
    [100, 0.9, 3],
    [1000, 0.9, 78],
    [24576, 0.9, 2348],
    [100, 0.5, 37],
    [100000, 0.5, 49631],
    [1000000, 0.99, 9768],
    [5000, 0.99, 33],
    [10000, 0.999, 2],
  ]
  for (const [queries, share, allowed] of ALLOWED) {
    it(`of ${queries} queries at ${share}, ${allowed} may be slower`, () => {
      expect(overlatencyAllowed(queries, share)).toBe(allowed)
    })
  }

  it('takes the highest of just enough latencies, in any order', () => {
    const latencies = Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) + 1)
    expect(estimatePercentile(latencies, 0.9)).toEqual({ enough: true, ms: 64, discarded: 0, queries: 64 })
  })

  it('gives no number where there are too few', () => {
    expect(estimatePercentile(Array(63).fill(5), 0.9)).toEqual({ enough: false, queries: 63, needs: 64 })
    expect(estimatePercentile([], 0.5)).toEqual({ enough: false, queries: 0, needs: 11 })
  })

  it('comes down to the percentile as queries grow', () => {
    const latencies = Array.from({ length: 100_000 }, (_, i) => i + 1)
    const estimate = estimatePercentile(latencies, 0.9)
    expect(estimate).toMatchObject({ enough: true })
    if (estimate.enough) {
      expect(estimate.ms).toBeGreaterThan(90_000)
      expect(estimate.ms).toBeLessThan(90_300)
    }
  })

  it('is too low in at most 1 % of 4,000 seeded runs, at the fewest queries and above', () => {
    const random = seededRandom(14)
    for (const queries of [64, 65, 80, 300]) {
      let low = 0
      for (let run = 0; run < 4000; run++) {
        const estimate = estimatePercentile(Array.from({ length: queries }, random), 0.9)
        if (!estimate.enough || estimate.ms < 0.9) low++
      }
      // Three standard errors above 1 %.
      expect(low / 4000, `${queries} queries`).toBeLessThan(0.01 + 3 * Math.sqrt((0.01 * 0.99) / 4000))
    }
  })

  it('never falls below the percentile of the samples, and is one of them', () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 11, maxLength: 400 })
    fc.assert(
      fc.property(samples, (latencies) => {
        const estimate = estimatePercentile(latencies, 0.5)
        if (!estimate.enough) throw new Error('eleven are enough')
        expect(latencies).toContain(estimate.ms)
        const notSlower = latencies.filter((ms) => ms <= estimate.ms).length
        expect(notSlower / latencies.length).toBeGreaterThanOrEqual(0.5)
      }),
    )
  })
})

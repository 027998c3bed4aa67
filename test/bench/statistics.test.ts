import { describe, expect, it } from 'vitest'
import { overProcesses, quantile, ratioOverProcesses } from '../../bench/statistics.ts'
import { seededRandom } from '../../random.ts'
import { seededNormal } from './made-noise.ts'

describe('a figure over processes', () => {
  it('is the geometric mean, with the interval of Student on logarithms', () => {
    // exp(mean ± 12.7062 × 0.5 × ln 2) of 1 and 2: mean ln √2, s/√n = ln 2 / 2.
    const { value, low, high, processes } = overProcesses([1, 2])
    const reach = 12.70620473617 * 0.5 * Math.LN2
    expect(value).toBeCloseTo(Math.SQRT2, 12)
    expect(low).toBeCloseTo(Math.SQRT2 * Math.exp(-reach), 9)
    expect(high! / (Math.SQRT2 * Math.exp(reach))).toBeCloseTo(1, 9)
    expect(processes).toBe(2)
  })

  it('has no interval from one process', () => {
    expect(overProcesses([7])).toEqual({ value: expect.closeTo(7, 12), low: null, high: null, processes: 1 })
  })

  it('turns round with its values: films a second and seconds a film say the same', () => {
    const [rate, time] = [overProcesses([3, 4, 5]), overProcesses([1 / 3, 1 / 4, 1 / 5])]
    expect(rate.value * time.value).toBeCloseTo(1, 12)
    expect(rate.low! * time.high!).toBeCloseTo(1, 12)
  })

  it('holds the true value in 95 % of 2,000 seeded suites, with 2, 3, 5 and 10 processes', () => {
    const normal = seededNormal(1402)
    for (const processes of [2, 3, 5, 10]) {
      let held = 0
      for (let suite = 0; suite < 2000; suite++) {
        const values = Array.from({ length: processes }, () => 80 * Math.exp(0.03 * normal()))
        const { low, high } = overProcesses(values)
        if (low! <= 80 && high! >= 80) held++
      }
      expect(Math.abs(held / 2000 - 0.95), `${processes} processes`).toBeLessThan(0.015)
    }
  })
})

describe('a ratio over processes', () => {
  // scipy.stats.ttest_ind(numpy.log(now), numpy.log(old), equal_var=False), with its confidence_interval() (scipy 1.17.1)
  const CASES: [
    old: number[],
    now: number[],
    expected: [value: number, low: number, high: number, p: number],
  ][] = [
    [
      [10, 11, 10.5],
      [10.6, 10.9, 11.4],
      [1.04476450672, 0.946324702481, 1.15344434277, 0.28000821742],
    ],
    [
      [10, 10.1],
      [12, 12.3],
      [1.20887804952, 1.09628873022, 1.33303033985, 0.0210633972561],
    ],
    [
      [3, 4, 5, 6, 7],
      [3.1, 3.9, 5.2],
      [0.830226210381, 0.486761480096, 1.41604376802, 0.417151960428],
    ],
    [
      [100, 101, 99, 100.5, 100.2],
      [105, 106, 104, 105.3, 107],
      [1.05310108488, 1.03882880949, 1.06756944439, 3.97278640321e-5],
    ],
  ]
  for (const [old, now, [value, low, high, p]] of CASES) {
    it(`of [${now}] over [${old}] is as SciPy's`, () => {
      const ratio = ratioOverProcesses(old, now)
      expect(ratio.value / value).toBeCloseTo(1, 9)
      expect(ratio.low! / low).toBeCloseTo(1, 7)
      expect(ratio.high! / high).toBeCloseTo(1, 7)
      expect(ratio.p! / p).toBeCloseTo(1, 7)
    })
  }

  it('is sure where nothing varies, and says nothing where a side has one process', () => {
    expect(ratioOverProcesses([2, 2], [2, 2])).toEqual({ value: 1, low: 1, high: 1, p: 1 })
    expect(ratioOverProcesses([2, 2], [4, 4])).toMatchObject({ low: expect.closeTo(2, 9), p: 0 })
    expect(ratioOverProcesses([2], [4, 4])).toEqual({
      value: expect.closeTo(2, 9),
      low: null,
      high: null,
      p: null,
    })
  })

  /** Alarms in 1,000 seeded comparisons of equal sides. */
  function alarms(processes: number, isAlarm: (old: number[], now: number[]) => boolean): number {
    const normal = seededNormal(1403)
    const side = (): number[] => Array.from({ length: processes }, () => Math.exp(0.02 * normal()))
    return Array.from({ length: 1000 }, () => isAlarm(side(), side())).filter(Boolean).length
  }

  /** Whether the 95 % percentile interval of a bootstrap leaves out 1. */
  function bootstrapAlarms(old: number[], now: number[]): boolean {
    const random = seededRandom(Math.round(1e6 * old[0]!))
    const drawn = (side: number[]): number =>
      side.reduce((sum) => sum + Math.log(side[Math.floor(side.length * random())]!), 0) / side.length
    const differences = Array.from({ length: 400 }, () => drawn(now) - drawn(old))
    return quantile(differences, 0.025) > 0 || quantile(differences, 0.975) < 0
  }

  for (const processes of [2, 3, 5]) {
    it(`gives false alarms in at most 5 % of 1,000 comparisons of ${processes} processes a side, a bootstrap in more than 10 %`, () => {
      const [welch, bootstrap] = [
        alarms(processes, (old, now) => ratioOverProcesses(old, now).p! < 0.05),
        alarms(processes, bootstrapAlarms),
      ]
      console.info(`false alarms, ${processes} processes: ${welch} of 1,000; by a bootstrap ${bootstrap}`)
      // Three standard errors above 5 %.
      expect(welch).toBeLessThan(50 + 3 * Math.sqrt(1000 * 0.05 * 0.95))
      expect(bootstrap).toBeGreaterThan(100)
    })
  }
})

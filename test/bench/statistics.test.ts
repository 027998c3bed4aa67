import { describe, expect, it } from 'vitest'
import { overProcesses } from '../../bench/statistics.ts'
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

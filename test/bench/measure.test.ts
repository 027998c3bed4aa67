import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measure, quantile, spreadOf, spreadText } from '../../bench/index.ts'

/** A clock that the job itself moves. */
function fakeClock(delaysMs: readonly number[]) {
  let time = 0
  let run = 0
  return {
    now: () => time,
    job: () => {
      time += delaysMs[run++] ?? Number.NaN
    },
  }
}

describe('measure', () => {
  it('keeps the time of each run that counts, in order, and leaves the warm-up out', async () => {
    const { now, job } = fakeClock([100, 50, 7, 9, 8])
    expect(await measure(job, { warmUp: 2, runs: 3, now })).toEqual([7, 9, 8])
  })

  it('waits for a job that gives a promise', async () => {
    let time = 0
    const job = async (): Promise<void> => {
      await Promise.resolve()
      time += 5
    }
    expect(await measure(job, { warmUp: 0, runs: 2, now: () => time })).toEqual([5, 5])
  })

  it('ends with the error of the job', async () => {
    const job = (): never => {
      throw new Error('broken')
    }
    await expect(measure(job, { warmUp: 0, runs: 1 })).rejects.toThrow('broken')
  })
})

describe('quantile', () => {
  const CASES: [samples: number[], share: number, expected: number][] = [
    [[3], 0.9, 3],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[4, 1, 3, 2], 0.25, 1.75],
    [[10, 20], 0.1, 11],
    [[5, 1, 9], 1, 9],
  ]
  for (const [samples, share, expected] of CASES) {
    it(`of [${samples}] at ${share} is ${expected}`, () => {
      expect(quantile(samples, share)).toBeCloseTo(expected, 12)
    })
  }

  it('never leaves the samples, and rises with the share', () => {
    const samples = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 })
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(samples, share, share, (values, a, b) => {
        const [low, high] = [quantile(values, Math.min(a, b)), quantile(values, Math.max(a, b))]
        expect(low).toBeGreaterThanOrEqual(Math.min(...values))
        expect(high).toBeLessThanOrEqual(Math.max(...values))
        expect(low).toBeLessThanOrEqual(high)
      }),
    )
  })
})

it('a spread prints its median, its range and how many runs stand behind it', () => {
  expect(spreadText(spreadOf([1, 2, 3]))).toBe('median 2.00 ms (p5 1.10, p95 2.90, n 3)')
})

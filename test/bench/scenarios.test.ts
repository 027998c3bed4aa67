import { describe, expect, it } from 'vitest'
import type { Case } from '../../bench/results.ts'
import { closedLoop, fewestQueriesOf, MLPERF_DURATION_MS, RULES } from '../../bench/scenarios.ts'

/** A clock that the queries move, and that counts how often it was read. */
function fakeClock(delays: (query: number) => number) {
  let [time, query, reads] = [0, 0, 0]
  return {
    now: () => {
      reads++
      return time
    },
    query: () => {
      time += delays(query++)
    },
    reads: () => reads,
  }
}

describe('the closed loop', () => {
  it('goes on until the shortest time is over, and ends with the query that reaches it', async () => {
    const { now, query } = fakeClock(() => 30)
    const loop = await closedLoop(query, { minDurationMs: 100, minQueries: 2 }, now)
    expect(loop).toEqual({ latenciesMs: [30, 30, 30, 30], wallMs: 120 })
  })

  it('goes on until enough were counted, however long it takes', async () => {
    const { now, query } = fakeClock((i) => 100 + i)
    const loop = await closedLoop(query, { minDurationMs: 100, minQueries: 3 }, now)
    expect(loop).toEqual({ latenciesMs: [100, 101, 102], wallMs: 303 })
  })

  it('does nothing but call: two looks at the clock a query, and no time between queries', async () => {
    const { now, query, reads } = fakeClock(() => 1)
    const { latenciesMs, wallMs } = await closedLoop(query, { minDurationMs: 0, minQueries: 1000 }, now)
    expect(reads()).toBe(1 + 2 * 1000)
    expect(wallMs).toBe(latenciesMs.reduce((sum, ms) => sum + ms, 0))
  })

  it('waits for a query that gives a promise', async () => {
    let time = 0
    const query = async (): Promise<void> => {
      await Promise.resolve()
      time += 5
    }
    const loop = await closedLoop(query, { minDurationMs: 8, minQueries: 1 }, () => time)
    expect(loop).toEqual({ latenciesMs: [5, 5], wallMs: 10 })
  })

  it('runs nothing where nothing is asked for', async () => {
    const { now, query } = fakeClock(() => 1)
    const loop = await closedLoop(query, { minDurationMs: 0, minQueries: 0 }, now)
    expect(loop).toEqual({ latenciesMs: [], wallMs: 0 })
  })

  it('ends with the error of the query', async () => {
    const query = async (): Promise<never> => {
      throw new Error('broken')
    }
    await expect(closedLoop(query, { minDurationMs: 1, minQueries: 1 })).rejects.toThrow('broken')
  })
})

const CASE: Case = {
  model: 'a',
  scenario: 'single-stream',
  provider: 'cpu',
  precision: 'fp32',
  batch: 1,
  threads: 2,
}

it('queries count in single-stream, films where throughput is asked for', () => {
  expect(fewestQueriesOf(RULES.normal, CASE)).toBe(64)
  expect(fewestQueriesOf(RULES.normal, { ...CASE, scenario: 'offline', batch: 16 })).toBe(4)
  expect(fewestQueriesOf(RULES.quick, { ...CASE, scenario: 'end-to-end', batch: 16 })).toBe(1)
})

it('both sets of rules are shorter than what MLPerf asks, so that reports have to say it', () => {
  for (const { minDurationMs } of Object.values(RULES)) expect(minDurationMs).toBeLessThan(MLPERF_DURATION_MS)
})

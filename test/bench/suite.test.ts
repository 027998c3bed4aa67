import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entry, isFailure, journalLine, readJournal } from '../../bench/journal.ts'
import { caseId } from '../../bench/results.ts'
import { type Progress, planVisits, runSuite, type SuiteOptions, type Visit } from '../../bench/suite.ts'
import { madeCase, madeSample } from './made-results.ts'

const CASES = ['a', 'b', 'c', 'd', 'e'].map((model) => madeCase({ model }))

const textOf = ({ round, case: { model } }: Visit): string => `${round}${model}`

/** A suite on a clock that its visits move; keeps what was visited and written. */
function madeSuite(change: Partial<SuiteOptions> = {}, tookMs: (visit: Visit) => number = () => 1000) {
  let time = 0
  const visited: string[] = []
  const written: Entry[] = []
  const progress: Progress[] = []
  const options: SuiteOptions = {
    cases: CASES,
    rounds: 2,
    seed: 1,
    visit: async (visit) => {
      visited.push(textOf(visit))
      time += tookMs(visit)
      return madeSample({ case: visit.case, round: visit.round, startedMs: time })
    },
    write: (entry) => written.push(entry),
    onProgress: (one) => progress.push(one),
    now: () => time,
    ...change,
  }
  return { run: () => runSuite(options), visited, written, progress }
}

describe('the order of visits', () => {
  it('has every case once in each round', () => {
    const rounds = fc.integer({ min: 1, max: 7 })
    fc.assert(
      fc.property(rounds, fc.integer(), fc.integer({ min: 1, max: 30 }), (count, seed, cases) => {
        const models = Array.from({ length: cases }, (_, i) => madeCase({ model: `m${i}` }))
        const visits = planVisits(models, count, seed)
        expect(visits).toHaveLength(count * cases)
        expect(new Set(visits.map(textOf)).size).toBe(count * cases)
        expect(visits.map(({ round }) => round)).toEqual(visits.map((_, i) => Math.floor(i / cases)))
      }),
    )
  })

  it('goes backwards in each second round, and is drawn anew for the next pair', () => {
    const order = planVisits(CASES, 4, 7).map(({ case: { model } }) => model)
    const round = (i: number): string[] => order.slice(5 * i, 5 * i + 5)
    expect(round(1)).toEqual(round(0).toReversed())
    expect(round(3)).toEqual(round(2).toReversed())
    expect(round(2)).not.toEqual(round(0))
  })

  it('is the same for the same seed and another for another', () => {
    expect(planVisits(CASES, 2, 3)).toEqual(planVisits(CASES, 2, 3))
    expect(planVisits(CASES, 2, 3)).not.toEqual(planVisits(CASES, 2, 4))
  })
})

describe('a suite', () => {
  it('writes an entry for each visit, before the next one begins', async () => {
    const { run, visited, written } = madeSuite()
    const { samples, failures, unfinished } = await run()
    expect(visited).toEqual(planVisits(CASES, 2, 1).map(textOf))
    expect(written.map(textOf)).toEqual(visited)
    expect(samples).toEqual(written)
    expect([failures, unfinished]).toEqual([[], null])
  })

  it('makes a failure of what a visit throws, and leaves a case alone that failed in round 0', async () => {
    const made = madeSuite({
      rounds: 3,
      visit: async (visit) => {
        made.visited.push(textOf(visit))
        if (visit.case.model === 'b') throw new Error('no room\nat line 1')
        if (textOf(visit) === '1d') throw new Error('for once')
        return madeSample(visit)
      },
    })
    const { samples, failures } = await made.run()
    expect(failures.map((one) => [textOf(one), one.problem]).toSorted()).toEqual([
      ['0b', 'no room'],
      ['1d', 'for once'],
    ])
    expect(made.visited.filter((text) => text.endsWith('b'))).toEqual(['0b'])
    expect(made.visited).toContain('2d')
    expect(samples).toHaveLength(3 * 5 - 3 - 1)
    expect(made.progress.at(-1)).toEqual({ next: null, done: 13, of: 13, failed: 2, etaMs: 0 })
  })

  it('ends where its writer ends', async () => {
    const write = () => {
      throw new Error('disk full')
    }
    await expect(madeSuite({ write }).run()).rejects.toThrow('disk full')
  })

  it('ends at a signal: the visit that is under way leaves no entry, neither as sample nor as failure', async () => {
    for (const throws of [true, false]) {
      const control = new AbortController()
      const made = madeSuite({
        signal: control.signal,
        visit: async (visit) => {
          if (made.written.length === 3) {
            control.abort()
            if (throws) throw new Error('killed')
          }
          return madeSample(visit)
        },
      })
      const end = await made.run()
      expect(end.samples).toHaveLength(3)
      expect(end.failures).toEqual([])
      const unvisited = planVisits(CASES, 2, 1)
        .slice(3, 5)
        .map((visit) => visit.case.model)
      expect(end.unfinished).toMatchObject({ done: 3, of: 10 })
      expect(end.unfinished?.unvisited.map(({ model }) => model).toSorted()).toEqual(unvisited.toSorted())
      expect(made.progress.at(-1)).toMatchObject({ next: null, done: 3, of: 10 })
    }
  })

  it('killed anywhere and gone on with, it has every visit once, in one order', async () => {
    const whole = madeSuite({ rounds: 3 })
    await whole.run()
    for (let killed = 0; killed <= whole.written.length; killed++) {
      // What a kill leaves: whole lines, and half of the next one.
      const next = whole.written[killed]
      const text = whole.written.slice(0, killed).map(journalLine).join('')
      const before = readJournal(text + (next === undefined ? '' : journalLine(next).slice(0, 40)))
      expect(before).toEqual(whole.written.slice(0, killed))
      const resumed = madeSuite({ rounds: 3, before })
      const { samples } = await resumed.run()
      expect(samples.map(textOf)).toEqual(whole.visited)
      expect(resumed.visited).toEqual(whole.visited.slice(killed))
    }
  })

  it('a case that failed before the kill is not tried again', async () => {
    const before: Entry[] = [{ case: CASES[0]!, round: 0, problem: 'no room' }]
    const made = madeSuite({ before })
    const { samples, failures } = await made.run()
    expect(failures).toEqual(before)
    expect(samples).toHaveLength(8)
    expect(made.visited.some((text) => text.endsWith('a'))).toBe(false)
  })
})

describe('progress', () => {
  it('knows nothing at first, then takes new cases for the mean and known ones for what they took', async () => {
    const took = ({ case: { model } }: Visit) => (model === 'a' ? 5000 : 1000)
    const made = madeSuite({ cases: CASES.slice(0, 2), seed: 2 }, took)
    await made.run()
    const [first, second, third, fourth, end] = made.progress
    expect(made.progress).toHaveLength(5)
    expect(first).toMatchObject({ done: 0, of: 4, failed: 0, etaMs: null })
    const firstMs = first?.next?.case.model === 'a' ? 5000 : 1000
    expect(second?.etaMs).toBe(3 * firstMs)
    expect(third?.etaMs).toBe(6000)
    expect(fourth?.etaMs).toBe(firstMs)
    expect(end).toEqual({ next: null, done: 4, of: 4, failed: 0, etaMs: 0 })
  })
})

describe('interleaving', () => {
  /** Two equal cases on a machine that gets slower by 1 % a visit. */
  async function meansOf(order: 'interleaved' | 'one after the other'): Promise<[number, number]> {
    let visits = 0
    const visit = async (next: Visit) => {
      const ms = 10 * (1 + 0.01 * visits++)
      return madeSample({ ...next, latenciesMs: Array(20).fill(ms) })
    }
    const cases = CASES.slice(0, 2)
    const suite = (some: typeof cases) =>
      runSuite({ cases: some, rounds: 6, seed: 5, visit, write: () => undefined })
    const ends =
      order === 'interleaved' ? [await suite(cases)] : [await suite([cases[0]!]), await suite([cases[1]!])]
    const all = ends.flatMap(({ samples }) => samples)
    return cases.map((one) => {
      const own = all.filter((sample) => caseId(sample.case) === caseId(one))
      return own.reduce((sum, sample) => sum + sample.latenciesMs[0]!, 0) / own.length
    }) as [number, number]
  }

  it('cancels a drift that is even in time, which would make one of two equal cases the slower one', async () => {
    const [first, second] = await meansOf('interleaved')
    expect(second / first).toBeCloseTo(1, 12)
    const [before, behind] = await meansOf('one after the other')
    expect(behind / before).toBeGreaterThan(1.05)
  })
})

describe('the journal', () => {
  it('gives back what was written, failures too', () => {
    const entries: Entry[] = [madeSample(), { case: madeCase(), round: 1, problem: 'line\nbreak' }]
    const read = readJournal(entries.map(journalLine).join(''))
    expect(read).toEqual(entries)
    expect(read.map(isFailure)).toEqual([false, true])
  })

  it('goes on behind half a line', () => {
    const text = journalLine(madeSample()).slice(0, 100) + journalLine(madeSample({ round: 1 }))
    expect(readJournal(text)).toEqual([madeSample({ round: 1 })])
  })

  it('refuses a file that is something else', () => {
    expect(() => readJournal('{"some":"thing"}')).toThrow()
  })
})

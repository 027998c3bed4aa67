import { describe, expect, it } from 'vitest'
import { type Comparison, changeText, compareResults, regressionsOf } from '../../bench/compare.ts'
import { comparisonText } from '../../bench/compare-text.ts'
import type { Case, Results, Sample } from '../../bench/results.ts'
import { closedLoop, RULES } from '../../bench/scenarios.ts'
import { runSuite, type Visit } from '../../bench/suite.ts'
import { seededNormal } from './made-noise.ts'
import { madeCase, madeModel, madeResults, madeSample } from './made-results.ts'

/** Twelve rows: six models, each in single-stream (median and p90, of so many queries) and offline. */
const MODELS = ['a', 'b', 'c', 'd', 'e', 'f']
const CASES: Case[] = MODELS.flatMap((model) => [
  madeCase({ model }),
  madeCase({ model, scenario: 'offline', batch: 16 }),
])

interface Noise {
  /** Between processes, and between queries of one. */
  between: number
  within: number
  rounds: number
  /** Some processes are slower for no reason. */
  hiccups?: boolean
}

/** What the whole harness measures, loop and suite, on a made-up machine that gets slower by 1 % on the way, by a clock that
 *  nothing but the queries move.   @param slower  how much slower a case is than it was */
async function measured(
  normal: () => number,
  { between, within, rounds, hiccups = false }: Noise,
  slower: (one: Case) => number = () => 1,
): Promise<Results> {
  let time = 0
  let visits = 0
  const visit = async ({ case: one, round }: Visit): Promise<Sample> => {
    const hiccup = hiccups && normal() > 1.3 ? 1 + 0.03 * Math.abs(normal()) : 1
    const drift = 1 + (0.01 * visits++) / (rounds * CASES.length)
    const level = 20 * one.batch * slower(one) * hiccup * drift * Math.exp(between * normal())
    // A batch is the sum of its films.
    const share = within / Math.sqrt(one.batch)
    const query = (): void => {
      time += level * Math.exp(share * normal())
    }
    const minQueries = one.batch === 1 ? 64 : 12
    return madeSample({
      ...{ case: one, round },
      ...(await closedLoop(query, { minDurationMs: 0, minQueries }, () => time)),
    })
  }
  const { samples } = await runSuite({
    ...{ cases: CASES, rounds, seed: 1 },
    ...{ visit, write: () => undefined, now: () => time },
  })
  return madeResults({ models: MODELS.map((name) => madeModel({ name })), samples })
}

/** Old results, and new ones of the same machine. */
async function comparedOnce(
  normal: () => number,
  noise: Noise,
  slower?: (one: Case) => number,
): Promise<Comparison> {
  return compareResults(await measured(normal, noise), await measured(normal, noise, slower))
}

const changed = ({ rows }: Comparison) =>
  rows.filter(({ verdict }) => verdict === 'slower' || verdict === 'faster')

describe('of 200 seeded comparisons without a change', () => {
  const NOISES: [name: string, noise: Noise][] = [
    ['six rounds, a quiet machine', { between: 0.01, within: 0.05, rounds: RULES.normal.rounds }],
    ['six rounds, a noisy one', { between: 0.05, within: 0.2, rounds: RULES.normal.rounds }],
    ['six rounds, with hiccups', { between: 0.01, within: 0.05, rounds: RULES.normal.rounds, hiccups: true }],
    ['two rounds, as with --quick', { between: 0.02, within: 0.05, rounds: RULES.quick.rounds }],
    ['three rounds', { between: 0.02, within: 0.05, rounds: 3 }],
  ]
  for (const [name, noise] of NOISES) {
    it(`at most 5 % show one in any of their 18 rows: ${name}`, async () => {
      const normal = seededNormal(1405)
      let alarms = 0
      for (let trial = 0; trial < 200; trial++) {
        const comparison = await comparedOnce(normal, noise)
        expect(comparison.rows).toHaveLength(18)
        if (changed(comparison).length > 0) alarms++
      }
      console.info(`false alarms, ${name}: ${alarms} of 200 comparisons`)
      expect(alarms).toBeLessThanOrEqual(10)
    })
  }
})

describe('a planted slowdown of 5 %', () => {
  it('is found in 95 % of 200 seeded comparisons of six rounds, and nothing else is', async () => {
    const normal = seededNormal(1406)
    const noise: Noise = { between: 0.01, within: 0.05, rounds: RULES.normal.rounds }
    let [found, others] = [0, 0]
    for (let trial = 0; trial < 200; trial++) {
      const slower = (one: Case): number => (one.model === 'c' && one.batch === 16 ? 1.05 : 1)
      const comparison = await comparedOnce(normal, noise, slower)
      const rows = changed(comparison)
      const planted = rows.filter((row) => row.case.model === 'c' && row.case.batch === 16)
      if (planted.some(({ verdict }) => verdict === 'slower')) found++
      if (rows.length > planted.length) others++
    }
    console.info(`a planted 5 % in one of 18 rows: found in ${found} of 200, beside it alarms in ${others}`)
    expect(found).toBeGreaterThanOrEqual(190)
    expect(others).toBeLessThanOrEqual(10)
  })

  it('has a ratio whose interval holds 1.05 in 95 % of the rows', async () => {
    const normal = seededNormal(1407)
    const noise: Noise = { between: 0.01, within: 0.05, rounds: RULES.normal.rounds }
    let [rows, holds] = [0, 0]
    for (let trial = 0; trial < 50; trial++)
      for (const { ratio } of (await comparedOnce(normal, noise, () => 1.05)).rows) {
        rows++
        if (ratio.low! <= 1.05 && ratio.high! >= 1.05) holds++
      }
    expect(rows).toBe(900)
    expect(holds / rows).toBeGreaterThan(0.935)
  })
})

it('two rounds find a case that takes twice the time in 85 % of 200 seeded comparisons, 5 % in hardly any', async () => {
  const normal = seededNormal(1408)
  const noise: Noise = { between: 0.005, within: 0.03, rounds: RULES.quick.rounds }
  const foundOf = async (ratio: number): Promise<number> => {
    const slower = ({ model }: Case): number => (model === 'c' ? ratio : 1)
    let found = 0
    for (let trial = 0; trial < 200; trial++) {
      const rows = changed(await comparedOnce(normal, noise, slower))
      if (rows.some((row) => row.case.model === 'c')) found++
    }
    return found
  }
  const [twice, little] = [await foundOf(2), await foundOf(1.05)]
  console.info(`two rounds: twice the time found in ${twice} of 200, 5 % more in ${little}`)
  expect(twice).toBeGreaterThanOrEqual(170)
  expect(little).toBeLessThan(40)
})

/** Two equal processes a side, of 40 queries. */
function pair(ms: number, change: Partial<Sample> = {}): Sample[] {
  return [0, 1].map((round) =>
    madeSample({ round, latenciesMs: Array(40).fill(ms * (1 + 0.001 * round)), ...change }),
  )
}

const results = (samples: Sample[], change: Partial<Results> = {}): Results =>
  madeResults({ samples, ...change })

describe('a comparison', () => {
  it('tells milliseconds, and new over old: above 1 is slower', () => {
    const [median, p90] = compareResults(results(pair(10)), results(pair(12))).rows
    expect(median).toMatchObject({ metric: 'median', processes: [2, 2], verdict: 'slower' })
    expect(median?.oldMs).toBeCloseTo(10, 1)
    expect(median?.newMs).toBeCloseTo(12, 1)
    expect(median?.ratio.value).toBeCloseTo(1.2, 9)
    expect(p90?.metric).toBe('p90 of a process')
    const [back] = compareResults(results(pair(12)), results(pair(10))).rows
    expect(back?.verdict).toBe('faster')
  })

  it('compares what a film took where throughput is the figure, with the time between queries', () => {
    const offline = madeCase({ scenario: 'offline', batch: 4 })
    const [row, ...more] = compareResults(
      results(pair(40, { case: offline, wallMs: 1600 })),
      results(pair(40, { case: offline, wallMs: 1760 })),
    ).rows
    expect(more).toEqual([])
    expect(row).toMatchObject({ metric: 'time a film', verdict: 'slower' })
    expect(row?.oldMs).toBeCloseTo(10, 9)
    expect(row?.newMs).toBeCloseTo(11, 9)
  })

  it('leaves p90 out where it may not be printed', () => {
    const few = pair(10, { latenciesMs: Array(31).fill(10) })
    expect(compareResults(results(few), results(pair(10))).rows.map(({ metric }) => metric)).toEqual([
      'median',
    ])
  })

  it('gives no interval and no verdict where a side has one process', () => {
    const [row] = compareResults(results(pair(10)), results(pair(20).slice(0, 1))).rows
    expect(row).toMatchObject({ p: null, verdict: 'too few processes', processes: [2, 1] })
    expect(row?.ratio).toEqual({ value: expect.closeTo(1.999, 2), low: null, high: null })
  })

  it('of a result and itself shows nothing', () => {
    const same = results([
      ...pair(10),
      ...pair(10, { latenciesMs: Array(40).fill(10), case: madeCase({ threads: 1 }) }),
    ])
    const { rows, differences, lost, added } = compareResults(same, same)
    expect(rows.map(({ ratio: { value }, verdict }) => [value, verdict])).toEqual(
      Array(4).fill([1, 'no difference shown']),
    )
    expect([differences, lost, added]).toEqual([[], [], []])
  })

  it('names cases of one side, with the reason where there is one', () => {
    const cuda = madeCase({ provider: 'cuda' })
    const webgpu = madeCase({ provider: 'webgpu' })
    const offline = madeCase({ scenario: 'offline' })
    const { lost, added, rows } = compareResults(
      results([...pair(10), ...pair(10, { case: cuda }), ...pair(10, { case: webgpu })]),
      results([...pair(10), ...pair(10, { case: offline })], {
        failures: [{ case: cuda, round: 0, problem: 'no device' }],
      }),
    )
    expect(lost).toEqual([
      { id: 'mobilenet single-stream cuda fp32 b1 t2', problem: 'no device' },
      { id: 'mobilenet single-stream webgpu fp32 b1 t2', problem: null },
    ])
    expect(added).toEqual(['mobilenet offline cpu fp32 b1 t2'])
    expect(rows).toHaveLength(2)
  })

  it('has its rows in the order of the report, whatever the order of the visits', () => {
    const offline = madeCase({ scenario: 'offline', batch: 4 })
    const [first, second] = [pair(40, { case: offline }), pair(10)]
    const now = results([...second, ...first])
    const { rows } = compareResults(results([...first, ...second]), now)
    expect(rows.map((row) => row.case.scenario)).toEqual(['single-stream', 'single-stream', 'offline'])
  })

  it('says what the sides were not made alike in', () => {
    const old = results([...pair(10), ...pair(10, { case: madeCase({ precision: 'fp16' }) })])
    const now: Results = {
      ...old,
      quick: true,
      machine: { ...old.machine, cpu: 'another', gpu: 'a GPU' },
      versions: { ...old.versions, onnxruntime: '1.31.0' },
      rules: { ...old.rules, rounds: 2 },
      models: [madeModel({ digests: { fp32: 'b'.repeat(64), fp16: 'c'.repeat(64) } })],
      samples: pair(10, { provider: { name: 'web', version: '1.30.0', passedOver: [], share: null } }),
    }
    expect(compareResults(old, now).differences).toEqual([
      'cpu: made up, now another',
      'GPU: none, now a GPU',
      'version of onnxruntime: 1.30.0, now 1.31.0',
      'rule rounds: 5, now 2',
      'quick run: no, now yes',
      'SHA-256 of mobilenet fp32: aaaaaaaaaaaa, now bbbbbbbbbbbb',
      'provider of mobilenet single-stream cpu fp32 b1 t2: cpu 1.30.0, now web 1.30.0',
    ])
    const endToEnd = results(pair(10, { case: madeCase({ scenario: 'end-to-end' }) }))
    const filmsOf = (bytes: number) => ({ ...endToEnd, films: { run: 60, bytes, unreadable: 0 } })
    expect(compareResults(filmsOf(100), filmsOf(200)).differences).toEqual([
      'films: 60 of 100 bytes together, now 60 of 200 bytes together',
    ])
  })
})

describe('a check', () => {
  const compared = (ms: number) => compareResults(results(pair(10)), results(pair(ms)))

  it('fails where a case is slower by as much, and not below', () => {
    expect(regressionsOf(compared(11.5), 0.1)).toEqual([
      'mobilenet single-stream cpu fp32 b1 t2: median +15.0 %',
      'mobilenet single-stream cpu fp32 b1 t2: p90 of a process +15.0 %',
    ])
    expect(regressionsOf(compared(10.8), 0.1)).toEqual([])
    expect(regressionsOf(compared(5), 0.1)).toEqual([])
  })

  it('does not fail for a difference that chance would make', () => {
    const noisy = [10, 16].map((ms, round) => madeSample({ round, latenciesMs: Array(40).fill(ms) }))
    const comparison = compareResults(results(pair(10)), results(noisy))
    expect(comparison.rows[0]?.ratio.value).toBeGreaterThan(1.2)
    expect(regressionsOf(comparison, 0.1)).toEqual([])
  })

  it('fails for a case that does not run any more, not for one that was left out', () => {
    const other = madeCase({ threads: 1 })
    const old = results([...pair(10), ...pair(10, { case: other })])
    const failures = [{ case: other, round: 0, problem: 'killed' }]
    expect(regressionsOf(compareResults(old, results(pair(10), { failures })), 0.1)).toEqual([
      'mobilenet single-stream cpu fp32 b1 t1: does not run any more (killed)',
    ])
    expect(regressionsOf(compareResults(old, results(pair(10))), 0.1)).toEqual([])
  })

  it('fails for a case that fails now and then, and did not before', () => {
    const failures = [{ case: madeCase(), round: 2, problem: 'out of memory' }]
    const now = results(pair(10), { failures })
    const said = 'mobilenet single-stream cpu fp32 b1 t2: 1 of 3 visits failed (out of memory)'
    expect(regressionsOf(compareResults(results(pair(10)), now), 0.1)).toEqual([said])
    expect(comparisonText(compareResults(results(pair(10)), now))).toContain(`fails now: ${said}`)
    expect(regressionsOf(compareResults(now, now), 0.1)).toEqual([])
  })

  it('fails for a case that an interrupted suite did not come to', () => {
    const other = madeCase({ threads: 1 })
    const unfinished = { done: 2, of: 4, unvisited: [other] }
    const now = results(pair(10), { unfinished })
    const comparison = compareResults(results([...pair(10), ...pair(10, { case: other })]), now)
    expect(regressionsOf(comparison, 0.1)).toEqual([
      'mobilenet single-stream cpu fp32 b1 t1: does not run any more (interrupted before it was visited)',
    ])
    expect(comparison.differences).toEqual(['unfinished: no, now 2 of 4 visits'])
  })

  it('fails where it could not have shown anything', () => {
    const nothing = ['nothing was checked: no case has two processes or more in both results']
    expect(regressionsOf(compareResults(results(pair(10)), results([])), 0.1)).toEqual(nothing)
    const one = results(pair(10).slice(0, 1))
    expect(regressionsOf(compareResults(one, one), 0.1)).toEqual(nothing)
  })

  it('prints changes of time with their sign', () => {
    expect([1.052, 0.9, 1, 9.9, 31.06].map(changeText)).toEqual([
      '+5.2 %',
      '-10.0 %',
      '+0.0 %',
      '+890.0 %',
      'x 31.1',
    ])
  })
})

it('a comparison is text', () => {
  const lostCase = madeCase({ threads: 1 })
  const old = results([...pair(10), ...pair(10, { case: lostCase })])
  const now: Results = {
    ...results([...pair(11), madeSample({ case: madeCase({ scenario: 'offline' }) })]),
    failures: [{ case: lostCase, round: 0, problem: 'killed' }],
    versions: { ...old.versions, node: '22.0.0' },
  }
  expect(comparisonText(compareResults(old, now))).toMatchInlineSnapshot(`
    "case                                    figure            old ms  new ms  change (95 %)                processes
    mobilenet single-stream cpu fp32 b1 t2  median            10.0    11.0    +10.0 % (+9.7 % to +10.3 %)  2 and 2    slower
    mobilenet single-stream cpu fp32 b1 t2  p90 of a process  10.0    11.0    +10.0 % (+9.7 % to +10.3 %)  2 and 2    slower
    only in the old results: mobilenet single-stream cpu fp32 b1 t1 (now: killed)
    only in the new results: mobilenet offline cpu fp32 b1 t2
    not alike: version of node: 20.19.0, now 22.0.0
    Times; above 0 % is slower. Intervals are each figure's own; the verdict heeds how many there are (Holm), so that chance alone hardly ever gives one. What differs between two days is in neither.
    "
  `)
  expect(comparisonText(compareResults(old, results([])))).toMatch(/^No case is in both results\./)
})

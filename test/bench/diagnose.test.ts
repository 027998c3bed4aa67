import { describe, expect, it } from 'vitest'
import { type DiagnosisKind, diagnose, diagnosisText, notesOf } from '../../bench/diagnose.ts'
import type { Results, Sample } from '../../bench/results.ts'
import { madeCase, madeModel, madeResults, madeSample } from './made-results.ts'

/** Five processes of 20 queries each, equal in all that is not changed. */
const five = (change: Partial<Sample> = {}): Sample[] =>
  [0, 1, 2, 3, 4].map((round) => madeSample({ latenciesMs: Array(20).fill(10), ...change, round }))

const slower = (share: number): number[] => Array.from({ length: 20 }, (_, i) => 500 * (1 + (share * i) / 19))

const endToEnd = (decodeMs: number): Sample[] =>
  five({
    case: madeCase({ scenario: 'end-to-end' }),
    parts: { decodeMs, preprocessMs: 1, inferMs: 4, writeMs: 0.2 },
  })

const provider = (change: Partial<Sample['provider']>, asked = 'cuda'): Sample[] =>
  five({
    case: madeCase({ provider: asked }),
    provider: { name: 'cuda', version: '1.30.0', passedOver: [], share: 1, ...change },
  })

const gpu = (throttled: boolean): Sample['gpu'] => ({ watts: 200, bytes: 2 ** 30, clockMHz: 1500, throttled })

const ROWS: [kind: DiagnosisKind, fires: Sample[], found: string, stays: Sample[]][] = [
  ['provider fell back', provider({ name: 'cpu' }), 'cuda was asked for, cpu ran', provider({})],
  [
    'provider fell back',
    provider({ name: 'cpu', passedOver: ['cuda: no device'] }, 'auto'),
    'cpu ran: cuda: no device',
    provider({ name: 'cpu' }, 'auto'),
  ],
  [
    'provider fell back',
    provider({ share: 0.62 }),
    '62 % of the operators on cuda, the rest on cpu',
    provider({ share: null }),
  ],
  [
    'threads oversubscribed',
    five({ case: madeCase({ threads: 3 }) }),
    '3 threads on 2 cores',
    five({ case: madeCase({ threads: 2 }) }),
  ],
  ['threads idle', five({ cpuMs: 260 }), '1.3 of 2 threads were busy', five({ cpuMs: 300 })],
  [
    'threads idle',
    five({ case: madeCase({ threads: 1 }), cpuMs: 100 }),
    '0.5 of 1 threads were busy',
    // A GPU's threads wait for it.
    provider({}).map((sample) => ({ ...sample, cpuMs: 100 })),
  ],
  ['decode-bound', endToEnd(6), 'decoding takes 54 % of the CPU time of a film', endToEnd(5)],
  [
    'throttled',
    five({ gpu: gpu(true) }),
    'the GPU says that it lowered its clock',
    five({ gpu: gpu(false) }),
  ],
  [
    'throttled',
    five({ latenciesMs: slower(0.2) }),
    'the last queries took 15 % longer than the first',
    five({ latenciesMs: slower(0.05) }),
  ],
  [
    'throttled',
    five({ latenciesMs: slower(0.2) }),
    'the last queries took 15 % longer than the first',
    // One process did not slow down.
    five({ latenciesMs: slower(0.2) }).map((sample) =>
      sample.round === 3 ? { ...sample, latenciesMs: slower(0) } : sample,
    ),
  ],
  [
    'throttled',
    five({ latenciesMs: slower(0.2) }),
    'the last queries took 15 % longer than the first',
    // A second does not heat a machine.
    five({ latenciesMs: slower(0.2).map((ms) => ms / 10) }),
  ],
  [
    'noisy',
    five().map((sample) => (sample.round === 3 ? { ...sample, latenciesMs: Array(20).fill(11.5) } : sample)),
    'its processes differ by 15 %',
    five().map((sample) => (sample.round === 3 ? { ...sample, latenciesMs: Array(20).fill(10.5) } : sample)),
  ],
  ['noisy', five({ loadBefore: 3.4 }), 'the load was 3.4 before it began', five({ loadBefore: 2.9 })],
  [
    'noisy',
    five({ loadBefore: 3.4 }),
    'the load was 3.4 before it began',
    // Films were decoded before it, by threads of their own.
    [...five({ loadBefore: 3.4 }), ...endToEnd(1)],
  ],
  [
    'too short',
    five({ latenciesMs: Array(12).fill(10) }),
    '60 queries, a p90 takes 64',
    five({ latenciesMs: Array(13).fill(10) }),
  ],
  [
    'too short',
    five({ case: madeCase({ scenario: 'offline', batch: 16 }), latenciesMs: [300, 300] }),
    '10 queries, a median takes 11',
    five({ case: madeCase({ scenario: 'offline', batch: 16 }), latenciesMs: [300, 300, 300] }),
  ],
  ['too short', five().slice(0, 1), 'one process: no interval', five()],
]

describe('a diagnosis', () => {
  for (const [kind, fires, found, stays] of ROWS) {
    it(`${kind}: ${found}`, () => {
      const said = diagnose(madeResults({ samples: fires })).find((one) => one.kind === kind)
      expect(said?.cases.map((one) => one.found)).toEqual([found])
    })

    it(`not ${kind}, where it nearly is: ${found}`, () => {
      expect(diagnose(madeResults({ samples: stays })).map((one) => one.kind)).not.toContain(kind)
    })
  }

  it('says nothing of a suite in which nothing is wrong', () => {
    expect(diagnose(madeResults({ samples: five() }))).toEqual([])
  })

  it('is one sentence of all its cases, of which three are named', () => {
    const batches = [1, 2, 4, 8, 16]
    const samples = batches.flatMap((batch) =>
      five({ case: madeCase({ scenario: 'offline', batch, threads: 4 }) }),
    )
    const [said] = diagnose(madeResults({ samples }))
    expect(diagnosisText(said!)).toBe(
      'threads oversubscribed: mobilenet offline cpu fp32 b1 t4 (4 threads on 2 cores), mobilenet offline cpu fp32 b2 t4 (4 threads on 2 cores), mobilenet offline cpu fp32 b4 t4 (4 threads on 2 cores), and 2 more; give no more threads than cores',
    )
  })
})

describe('notes of a suite', () => {
  const given = madeModel({ weights: 'given' })
  const rules = { warmUpMs: 2000, minDurationMs: 600_000, minQueries: 64, rounds: 5 }
  const CASES: [change: Partial<Results>, notes: RegExp[]][] = [
    [{ models: [given], rules }, []],
    [{ models: [given] }, [/^A counted part lasted 10 s or more; MLPerf Inference asks 600 s\.$/]],
    [{ models: [given], rules, quick: true }, [/^A quick run/]],
    [{ rules }, [/weights of 1 of 1 models are random/]],
    [{ rules, models: [given, madeModel()] }, [/weights of 1 of 2 models are random/]],
    [
      { models: [given], rules, failures: [{ case: madeCase(), round: 0, problem: 'no' }] },
      [/^Visits that failed: 1;/],
    ],
    [
      { models: [given], rules, unfinished: { done: 3, of: 8, unvisited: [] } },
      [/^Unfinished: 3 of 8 visits are made/],
    ],
  ]
  for (const [change, expected] of CASES) {
    it(`${expected.map(String).join() || 'none where all is as MLPerf asks'}`, () => {
      const notes = notesOf(madeResults(change))
      expect(notes).toHaveLength(expected.length)
      notes.forEach((note, i) => {
        expect(note).toMatch(expected[i]!)
      })
    })
  }
})

import { describe, expect, it } from 'vitest'
import { csvRowsOf } from '../../bench/csv.ts'
import { markdownOf } from '../../bench/markdown.ts'
import type { Results, Sample } from '../../bench/results.ts'
import { closedLoop } from '../../bench/scenarios.ts'
import { runSuite } from '../../bench/suite.ts'
import { tableOf } from '../../bench/table.ts'
import { digits, estimateText, figureText } from '../../bench/text.ts'
import { madeCase, madeModel, madeResults, madeSample } from './made-results.ts'

/** The loop of a whole suite on a clock that nothing but the queries move: 1, 2, …, 100 ms in a mixed order, the second
 *  round 1.21 times as slow. */
async function knownDelays(): Promise<Sample[]> {
  let time = 0
  const { samples } = await runSuite({
    cases: [madeCase()],
    rounds: 2,
    seed: 1,
    write: () => undefined,
    now: () => time,
    visit: async (visit) => {
      let query = 0
      const loop = await closedLoop(
        () => {
          time += (((query++ * 37) % 100) + 1) * (visit.round === 0 ? 1 : 1.21)
        },
        { minDurationMs: 0, minQueries: 100 },
        () => time,
      )
      return madeSample({ ...visit, ...loop })
    },
  })
  return samples
}

describe('a row of the table', () => {
  it('has the figures of known delays', async () => {
    const samples = await knownDelays()
    const [row] = tableOf(madeResults({ samples }))
    // 100 queries in 5,050 ms, and in 1.21 times that; their geometric mean is 1.1 times the first.
    expect(row?.throughput.value).toBeCloseTo(100 / 5.05 / 1.1, 9)
    expect(row?.median.value).toBeCloseTo(50.5 * 1.1, 9)
    // Student's t with one degree of freedom; ln 1.21 / 2 is the standard error.
    const reach = Math.exp((12.70620473617 * Math.log(1.21)) / 2)
    expect(row!.median.high! / row!.median.value).toBeCloseTo(reach, 6)
    expect(row!.throughput.value / row!.throughput.low!).toBeCloseTo(reach, 6)
    // Of 200 queries 10 may lie at or above the estimate of p90 (scipy.stats.binom).
    const highest = samples.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => b - a)
    expect(row?.latency.p90).toEqual({ enough: true, ms: highest[10 - 1], discarded: 10 - 1, queries: 200 })
    expect(row?.latency.p99).toEqual({ enough: false, queries: 200, needs: 662 })
    expect(row?.latency.p999).toEqual({ enough: false, queries: 200, needs: 6636 })
  })

  it('counts CPU time and films, takes the highest memory and medians of the cold start', () => {
    const offline = madeCase({ scenario: 'end-to-end', batch: 4 })
    const one = (round: number, change: Partial<Sample>): Sample =>
      madeSample({ case: offline, round, latenciesMs: [40, 40], cpuMs: 160, ...change })
    const parts = { decodeMs: 4, preprocessMs: 1, inferMs: 10, writeMs: 0.5 }
    const samples = [
      one(0, { peakBytes: 100, parts, cold: { loadMs: 1, optimiseMs: 2, firstRunMs: 3 } }),
      one(1, {
        peakBytes: 300,
        parts: { ...parts, decodeMs: 6 },
        cold: { loadMs: 3, optimiseMs: 8, firstRunMs: 3 },
      }),
      one(2, {
        peakBytes: 200,
        parts: { ...parts, decodeMs: 5 },
        cold: { loadMs: 2, optimiseMs: 2, firstRunMs: 9 },
      }),
    ]
    const [row] = tableOf(madeResults({ samples }))
    expect(row).toMatchObject({
      cpuMsPerFilm: 20,
      peakBytes: 300,
      parts: { decodeMs: 5, preprocessMs: 1, inferMs: 10, writeMs: 0.5 },
      cold: { loadMs: 2, optimiseMs: 2, firstRunMs: 3, wholeMs: 13 },
      providers: ['cpu'],
      gpu: null,
    })
    expect(row?.throughput.value).toBeCloseTo(100, 9)
  })

  it('says what a film costs in joules where watts are known', () => {
    const gpu = { watts: 200, bytes: 2 ** 30, clockMHz: 1500, throttled: false }
    const [row] = tableOf(madeResults({ samples: [madeSample({ gpu })] }))
    expect(row?.gpu).toEqual({ watts: 200, bytes: 2 ** 30, joulesPerFilm: expect.closeTo(2, 9) })
  })

  it('stands where its model stands, and no case is lost', () => {
    const models = ['b', 'a'].map((name) => madeModel({ name }))
    const samples = ['a', 'b', 'a'].map((model, i) =>
      madeSample({
        case: madeCase({ model, batch: i === 2 ? 8 : 1, scenario: i === 2 ? 'offline' : 'single-stream' }),
      }),
    )
    const rows = tableOf(madeResults({ models, samples }))
    expect(rows.map(({ case: { model, batch } }) => [model, batch])).toEqual([
      ['b', 1],
      ['a', 1],
      ['a', 8],
    ])
  })
})

describe('text of figures', () => {
  const DIGITS: [number, string][] = [
    [0, '0'],
    [0.012345, '0.0123'],
    [1.2345, '1.23'],
    [12.345, '12.3'],
    [123.45, '123'],
    [1234.5, '1235'],
    [-4.321, '-4.32'],
  ]
  for (const [value, text] of DIGITS) it(`${value} is ${text}`, () => expect(digits(value)).toBe(text))

  it('tells an interval, or that there is none', () => {
    expect(figureText({ value: 100, low: 95.25, high: 105, processes: 3 })).toBe('100 (95.3 to 105)')
    expect(figureText({ value: 100, low: null, high: null, processes: 1 })).toBe('100 (one process)')
  })

  it('prints a percentile only with enough queries behind it', () => {
    expect(estimateText({ enough: true, ms: 12.34, discarded: 0, queries: 64 })).toBe('12.3')
    expect(estimateText({ enough: false, queries: 40, needs: 64 })).toBe('n too small (40 of 64)')
  })
})

/** Two models in three scenarios, of round numbers that nobody measured. */
function whole() {
  const latenciesMs = Array.from({ length: 40 }, (_, i) => 10 + (i % 4))
  const of = (model: string, scenario: 'single-stream' | 'offline' | 'end-to-end', batch: number) =>
    [0, 1].map((round) =>
      madeSample({
        case: madeCase({ model, scenario, batch }),
        round,
        latenciesMs: latenciesMs.map((ms) => ms * batch * (1 + 0.01 * round)),
        parts: scenario === 'end-to-end' ? { decodeMs: 12, preprocessMs: 1, inferMs: 8, writeMs: 0.1 } : null,
      }),
    )
  const auc = { label: 'covid', value: 0.9, low: 0.85, high: 0.94, films: 66, copies: 0 }
  return madeResults({
    quick: true,
    models: [
      madeModel(),
      madeModel({ name: 'mine | "old".onnx', source: 'file', weights: 'given', parity: null, auc }),
    ],
    samples: [
      ...of('mobilenet', 'single-stream', 1),
      ...of('mobilenet', 'offline', 16),
      ...of('mine | "old".onnx', 'end-to-end', 16),
    ],
    failures: [{ case: madeCase({ provider: 'cuda' }), round: 0, problem: 'ROE_PROVIDER: no\nGPU' }],
  })
}

it('the report is Markdown', () => {
  expect(markdownOf(whole())).toMatchInlineSnapshot(`
    "# Benchmark

    A quick run: few queries in a short time, for a first look; leave out --quick for figures to keep. A counted part lasted 10 s or more; MLPerf Inference asks 600 s. The weights of 1 of 2 models are random: speed is that of the network, accuracy means nothing. Visits that failed: 1; they are listed.

    - began: 2026-11-23T12:00:00+00:00
    - command: \`roentgen bench --backbone mobilenet\`
    - machine: made up, 2 cores, 8.00 GiB, Linux
    - versions: roentgen 0.1.0, node 20.19.0, onnxruntime 1.30.0
    - rules: warm-up 2 s, then at least 10 s and 64 queries (films, where throughput is asked for), 5 rounds of a process each

    ## single-stream

    Timed: one run of the model on one film, from pixels in memory to scores in memory; decoding, preprocessing and writing are outside.

    | model | provider | precision | batch | threads | p90 ms | median ms | p50 ms | p99 ms | p99.9 ms | cold ms | load + optimise + first | CPU ms a film | peak MiB |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | mobilenet | cpu | fp32 | 1 | 2 | 13.1 | 11.6 (10.8 to 12.3) | 12.1 | n too small (80 of 662) | n too small (80 of 6636) | 100 | 50.0 + 20.0 + 30.0 | 23.1 | 200 |

    ## offline

    Timed: one run of the model on a batch, from pixels in memory to scores in memory; decoding, preprocessing and writing are outside.

    | model | provider | precision | batch | threads | films a second | CPU ms a film | peak MiB |
    | --- | --- | --- | --- | --- | --- | --- | --- |
    | mobilenet | cpu | fp32 | 16 | 2 | 86.5 (81.2 to 92.2) | 23.1 | 200 |

    ## end-to-end

    Timed: a batch of films from files to rows, in one worker process: reading, decoding, preprocessing, the model and writing.

    | model | provider | precision | batch | threads | films a second | decode | preprocess | infer | write (CPU ms a film) | CPU ms a film | peak MiB |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | mine \\| "old".onnx | cpu | fp32 | 16 | 2 | 86.5 (81.2 to 92.2) | 12.0 | 1.00 | 8.00 | 0.100 | 23.1 | 200 |

    ## Models

    | model | weights | input | parameters | GMACs | MB | parity | AUC (95 %) | SHA-256 |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | mobilenet | random | 224 × 224 × 3 | 3,230,914 | 0.569 | 13.0 | 1.0e-7 | – | fp32 aaaaaaaaaaaa |
    | mine \\| "old".onnx | given | 224 × 224 × 3 | 3,230,914 | 0.569 | 13.0 | – | 0.900 (0.850 to 0.940; covid, 66 films) | fp32 aaaaaaaaaaaa |

    ## Did not run

    - mobilenet single-stream cuda fp32 b1 t2, round 0: ROE_PROVIDER: no GPU

    ## To keep in mind

    - decode-bound: mine \\| "old".onnx end-to-end cpu fp32 b16 t2 (decoding takes 57 % of the CPU time of a film); a faster provider or network changes little; smaller films or more cores do

    Intervals are of 95 %, by Student's t on the logarithms of the processes' figures. Percentiles are MLPerf Inference's early-stopping estimates, at 99 % confidence, of the queries of all processes; where too few were counted none is printed. For research, not for diagnosis.
    "
  `)
})

it('the CSV begins with the names of timm and has a row a case', () => {
  const [head, ...rows] = csvRowsOf(whole())
  // The columns of timm's results/benchmark-infer-*.csv, but infer_macts, the activations, which are not counted here.
  expect(head?.slice(0, 7)).toEqual([
    'model',
    'infer_img_size',
    'infer_samples_per_sec',
    'infer_step_time',
    'infer_batch_size',
    'param_count',
    'infer_gmacs',
  ])
  expect(rows).toHaveLength(3)
  for (const row of rows) expect(row).toHaveLength(head!.length)
  expect(Object.fromEntries(head!.map((name, i) => [name, rows[1]![i]]))).toMatchInlineSnapshot(`
    {
      "auc": null,
      "auc_films": null,
      "auc_high": null,
      "auc_low": null,
      "cold_first_run_ms": 30,
      "cold_load_ms": 50,
      "cold_optimise_ms": 20,
      "cpu_ms_per_sample": 23.115,
      "decode_cpu_ms": null,
      "file_bytes": 13000000,
      "gpu_mib": null,
      "gpu_watts": null,
      "infer_batch_size": 16,
      "infer_cpu_ms": null,
      "infer_gmacs": 0.57,
      "infer_img_size": 224,
      "infer_samples_per_sec": 86.52,
      "infer_step_time": 184.918,
      "median_ms": 184.918,
      "median_ms_high": 196.985,
      "median_ms_low": 173.59,
      "model": "mobilenet",
      "p50_ms": 193.92,
      "p90_ms": 210.08,
      "p999_ms": null,
      "p99_ms": null,
      "param_count": 3.23,
      "parity": 1e-7,
      "peak_mib": 200,
      "precision": "fp32",
      "preprocess_cpu_ms": null,
      "processes": 2,
      "provider": "cpu",
      "provider_asked": "cpu",
      "queries": 80,
      "samples_per_sec_high": 92.17,
      "samples_per_sec_low": 81.22,
      "scenario": "offline",
      "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "threads": 2,
      "weights": "random",
      "write_cpu_ms": null,
    }
  `)
})

/** @returns the cells of the only row, by their heads */
function onlyRow(results: Results) {
  const [head, row] = csvRowsOf(results)
  return Object.fromEntries(head!.map((name, i) => [name, row![i]]))
}

it('a median takes 11 queries, those of all processes together', () => {
  const offline = madeCase({ scenario: 'offline', batch: 16 })
  const of = (latenciesMs: number[]) =>
    [0, 1].map((round) => madeSample({ case: offline, round, latenciesMs }))
  expect(onlyRow(madeResults({ samples: of([300, 300]) }))).toMatchObject({
    ...{ queries: 4, median_ms: null, median_ms_low: null, median_ms_high: null },
    infer_samples_per_sec: expect.any(Number),
  })
  expect(onlyRow(madeResults({ samples: of(Array(6).fill(300)) })).median_ms).toBe(300)
})

it('each precision has the size and the parity of its own file', () => {
  const digests = { fp32: 'a'.repeat(64), fp16: 'b'.repeat(64) }
  const models = [
    madeModel({ digests, others: { fp16: { bytes: 6_500_000, parity: 0.001, saturated: false } } }),
  ]
  const samples = [madeSample({ case: madeCase({ precision: 'fp16' }) })]
  const results = madeResults({ models, samples })
  expect(onlyRow(results)).toMatchObject({ file_bytes: 6_500_000, parity: 0.001, sha256: 'b'.repeat(64) })
  expect(markdownOf(results)).toContain('| fp32 13.0, fp16 6.50 | fp32 1.0e-7, fp16 0.0010 |')
})

it('a parity of outputs that are all near 0 or 1 is no figure', () => {
  const models = [madeModel({ parity: 0, saturated: true })]
  const results = madeResults({ models, samples: [madeSample()] })
  expect(markdownOf(results)).toContain('| 13.0 | shows little | – |')
  expect(onlyRow(results).parity).toBeNull()
})

it('the command is printed as a shell takes it', () => {
  const command = ['roentgen', 'bench', 'my films', '-m', "it's.onnx", '-o', 'out']
  expect(markdownOf(madeResults({ command }))).toContain(
    "`roentgen bench 'my films' -m 'it'\\''s.onnx' -o out`",
  )
})

it('what is unfinished says so, and names what was not visited', () => {
  const unvisited = [madeCase({ model: 'vgg16' })]
  const text = markdownOf(madeResults({ samples: [madeSample()], unfinished: { done: 1, of: 4, unvisited } }))
  expect(text).toMatch(/^# Benchmark\n\nUnfinished: 1 of 4 visits are made/)
  expect(text).toContain('- vgg16 single-stream cpu fp32 b1 t2: not visited yet')
})

it('an AUC tells its films, and those that were left out', () => {
  const auc = { label: 'covid', value: 0.9, low: 0.85, high: 0.94, films: 58, copies: 8 }
  const results = madeResults({ models: [madeModel({ auc })], samples: [madeSample()] })
  expect(markdownOf(results)).toContain('covid, 58 films without 8 copies of training films)')
  expect(onlyRow(results).auc_films).toBe(58)
})

it('rows stand in the order of the models and of their settings, not in that of the visits', () => {
  const cases = [
    madeCase({ model: 'b', scenario: 'offline', batch: 16 }),
    madeCase({ model: 'b', scenario: 'offline', batch: 2, threads: 4 }),
    madeCase({ model: 'a', precision: 'fp32' }),
    madeCase({ model: 'b', scenario: 'offline', batch: 2 }),
    madeCase({ model: 'b' }),
    madeCase({ model: 'a', precision: 'fp16' }),
  ]
  const models = [madeModel({ name: 'b' }), madeModel({ name: 'a' })]
  const rows = tableOf(madeResults({ models, samples: cases.map((one) => madeSample({ case: one })) }))
  expect(rows.map((row) => cases.indexOf(row.case))).toEqual([4, 3, 0, 1, 5, 2])
})

/** What a suite writes down: `bench.json`, and the lines of its journal. Everything else (intervals, tables, plots,
 *  sentences) is computed from it and can be computed again. Milliseconds, bytes and films; times are monotonic. */
import { z } from 'zod'

/** Of a closed loop, one query after the other, as MLPerf Inference names them: `single-stream` is one film a query and
 *  asks for its latency, `offline` is a batch a query and asks for films a second. `end-to-end` is offline from file to
 *  row: decoding, preprocessing, inference and writing, as `roentgen score` does them in one worker. */
export const SCENARIOS = ['single-stream', 'offline', 'end-to-end'] as const

export type Scenario = (typeof SCENARIOS)[number]

export const CASE = z.strictObject({
  /** Name of a row of `models`. */
  model: z.string(),
  scenario: z.enum(SCENARIOS),
  /** That was asked for; what ran is in the samples. */
  provider: z.string(),
  precision: z.enum(['fp32', 'fp16']),
  /** Films a query; 1 in `single-stream`. */
  batch: z.int().positive(),
  threads: z.int().positive(),
})

export type Case = z.infer<typeof CASE>

/** Names a case in journals, errors and tables. */
export const caseId = ({ model, scenario, provider, precision, batch, threads }: Case): string =>
  `${model} ${scenario} ${provider} ${precision} b${batch} t${threads}`

const MS = z.number().nonnegative()

/** One process that ran one case, from its start to its end. */
export const SAMPLE = z.strictObject({
  case: CASE,
  /** 0, 1, …: each round visits every case once, in an order of its own. */
  round: z.int().nonnegative(),
  /** Since the suite began (for a resumed one, since its first part began): shows drift. */
  startedMs: MS,
  /** Load average of the machine before it began; null where the system does not tell. */
  loadBefore: z.number().nullable(),
  /** Start of the process to the first result. `loadMs`: reading and parsing without optimising; `optimiseMs`: what
   *  optimising adds; `firstRunMs`: the first query. */
  cold: z.strictObject({ loadMs: MS, optimiseMs: MS, firstRunMs: MS }),
  /** Each counted query, in order. */
  latenciesMs: z.array(MS).min(1),
  /** Films of a query. */
  films: z.int().positive(),
  /** Of the counted part, on the clock and in all threads of the process. */
  wallMs: MS,
  cpuMs: MS,
  /** Resident set at its highest. */
  peakBytes: z.int().nonnegative(),
  /** What ran the model, and which version; `passedOver` says in words what was asked for and could not. */
  provider: z.strictObject({
    name: z.string(),
    version: z.string(),
    passedOver: z.array(z.string()),
    /** Share of the operators that it ran itself; null where it is not known. */
    share: z.number().min(0).max(1).nullable(),
  }),
  /** CPU-milliseconds a film of each part, in `end-to-end`. */
  parts: z.strictObject({ decodeMs: MS, preprocessMs: MS, inferMs: MS, writeMs: MS }).nullable(),
  /** Means while it ran, where nvidia-smi is. */
  gpu: z
    .strictObject({ watts: MS, bytes: z.number(), clockMHz: z.number(), throttled: z.boolean() })
    .nullable(),
})

export type Sample = z.infer<typeof SAMPLE>

/** A case that could not run: every case that was asked for is in the results, as samples or as this. */
export const FAILURE = z.strictObject({ case: CASE, round: z.int().nonnegative(), problem: z.string() })

export type Failure = z.infer<typeof FAILURE>

const PARITY = z.number().nonnegative().nullable()
/** Whether all outputs compared were near 0 or 1, so that the difference shows little. */
const SATURATED = z.boolean().default(false)

export const MODEL = z.strictObject({
  name: z.string(),
  /** A backbone of the table, or a file. */
  source: z.enum(['backbone', 'file']),
  weights: z.enum(['random', 'given']),
  /** SHA-256 of the ONNX file of each precision that was run. */
  digests: z.record(z.string(), z.string()),
  parameters: z.int().nonnegative(),
  /** Multiply-accumulates of one film, in 10⁹; null where operators have them that are not counted. */
  gmacs: z.number().nonnegative().nullable(),
  /** Of the file of the first precision. */
  bytes: z.int().positive(),
  input: z.strictObject({ height: z.int(), width: z.int(), channels: z.int() }),
  /** Largest difference from the original that the conversion measured; null where the file does not say. */
  parity: PARITY,
  saturated: SATURATED,
  /** The files of further precisions. */
  others: z
    .record(z.string(), z.strictObject({ bytes: z.int().positive(), parity: PARITY, saturated: SATURATED }))
    .default({}),
  /** On labelled films: area under the ROC curve with its 95 % interval. */
  auc: z
    .strictObject({
      label: z.string(),
      value: z.number(),
      low: z.number(),
      high: z.number(),
      films: z.int(),
      /** Films that are copies of the model's training films, and are not among the others. */
      copies: z.int().nonnegative().default(0),
    })
    .nullable(),
})

export type Model = z.infer<typeof MODEL>

/** Bytes, parity and what that is worth of the file of one precision. */
export const fileOf = ({ others, bytes, parity, saturated }: Model, precision: string) =>
  others[precision] ?? { bytes, parity, saturated }

export const RESULTS = z.strictObject({
  format: z.literal(1),
  /** When it began, as ISO 8601 with the zone. */
  began: z.string(),
  /** The command, as it can be given again. */
  command: z.array(z.string()),
  /** A quick one has too few queries and too short a time for what MLPerf asks. */
  quick: z.boolean(),
  /** What ends a counted part: both are reached. */
  rules: z.strictObject({
    warmUpMs: MS,
    minDurationMs: MS,
    minQueries: z.int().positive(),
    rounds: z.int().positive(),
  }),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int(),
    memoryBytes: z.int(),
    os: z.string(),
    gpu: z.string().nullable(),
  }),
  /** roentgen, node, onnxruntime. */
  versions: z.record(z.string(), z.string()),
  models: z.array(MODEL),
  /** What `end-to-end` takes in turn, with the sum of its files, and how many others of the sample cannot be read; null
   *  without films. */
  films: z
    .strictObject({
      run: z.int().positive(),
      bytes: z.int().nonnegative(),
      unreadable: z.int().nonnegative(),
    })
    .nullable()
    .default(null),
  samples: z.array(SAMPLE),
  failures: z.array(FAILURE),
  /** Of a suite that was interrupted: visits that are made, of how many, and cases that none was of. Else null. */
  unfinished: z
    .strictObject({ done: z.int().nonnegative(), of: z.int().positive(), unvisited: z.array(CASE) })
    .nullable()
    .default(null),
})

export type Results = z.infer<typeof RESULTS>

/** Made-up cases, samples and results, with values that a test may replace. No figure in here was measured. */
import type { Case, Model, Results, Sample } from '../../bench/results.ts'

export const madeCase = (change: Partial<Case> = {}): Case => ({
  model: 'mobilenet',
  scenario: 'single-stream',
  provider: 'cpu',
  precision: 'fp32',
  batch: 1,
  threads: 2,
  ...change,
})

/** One process: its queries one after the other on both of two threads, unless changed. */
export function madeSample(change: Partial<Sample> = {}): Sample {
  const { latenciesMs = [10, 10, 10] } = change
  const wallMs = latenciesMs.reduce((sum, ms) => sum + ms, 0)
  const { batch, threads, provider } = change.case ?? madeCase()
  return {
    case: madeCase(),
    round: 0,
    startedMs: 0,
    loadBefore: 0.5,
    cold: { loadMs: 50, optimiseMs: 20, firstRunMs: 30 },
    latenciesMs,
    films: batch,
    wallMs,
    cpuMs: wallMs * threads,
    peakBytes: 200 * 2 ** 20,
    provider: { name: provider, version: '1.30.0', passedOver: [], share: 1 },
    parts: null,
    gpu: null,
    ...change,
  }
}

export const madeModel = (change: Partial<Model> = {}): Model => ({
  name: 'mobilenet',
  source: 'backbone',
  weights: 'random',
  digests: { fp32: 'a'.repeat(64) },
  parameters: 3_230_914,
  gmacs: 0.569,
  bytes: 13_000_000,
  input: { height: 224, width: 224, channels: 3 },
  parity: 1e-7,
  saturated: false,
  others: {},
  auc: null,
  ...change,
})

export const madeResults = (change: Partial<Results> = {}): Results => ({
  format: 1,
  began: '2026-11-23T12:00:00+00:00',
  command: ['roentgen', 'bench', '--backbone', 'mobilenet'],
  quick: false,
  rules: { warmUpMs: 2000, minDurationMs: 10_000, minQueries: 64, rounds: 5 },
  machine: { cpu: 'made up', cores: 2, memoryBytes: 8 * 2 ** 30, os: 'Linux', gpu: null },
  versions: { roentgen: '0.1.0', node: '20.19.0', onnxruntime: '1.30.0' },
  models: [madeModel()],
  films: null,
  samples: [],
  failures: [],
  unfinished: null,
  ...change,
})

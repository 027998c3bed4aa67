/** The rows of a suite as the columns of a CSV. The first ones have the names that timm gives them, so that its results and
 *  ours are read by the same program. Cells only: writing them as text is for the caller. */
import type { Estimate } from './early-stopping.ts'
import { fileOf, type Results } from './results.ts'
import type { Figure } from './statistics.ts'
import { type TableRow, tableOf } from './table.ts'

type Cell = string | number | null

/** Head → cell. @source timm's results/benchmark-infer-*.csv: parameters in millions, GMACs in 10⁹, milliseconds a step */
const COLUMNS: Readonly<Record<string, (row: TableRow) => Cell>> = {
  model: ({ case: { model } }) => model,
  infer_img_size: ({ model: { input } }) =>
    input.height === input.width ? input.height : `${input.height}x${input.width}`,
  infer_samples_per_sec: ({ throughput }) => round(throughput.value, 2),
  infer_step_time: ({ throughput, case: { batch } }) => round((1000 * batch) / throughput.value, 3),
  infer_batch_size: ({ case: { batch } }) => batch,
  param_count: ({ model: { parameters } }) => round(parameters / 1e6, 2),
  infer_gmacs: ({ model: { gmacs } }) => rounded(gmacs, 2),
  // Ours.
  scenario: ({ case: { scenario } }) => scenario,
  provider_asked: ({ case: { provider } }) => provider,
  provider: ({ providers }) => providers.join(' '),
  precision: ({ case: { precision } }) => precision,
  threads: ({ case: { threads } }) => threads,
  processes: ({ samples }) => samples.length,
  queries: ({ latency }) => latency.p50.queries,
  samples_per_sec_low: ({ throughput }) => rounded(throughput.low, 2),
  samples_per_sec_high: ({ throughput }) => rounded(throughput.high, 2),
  median_ms: (row) => rounded(medianIn(row)?.value, 3),
  median_ms_low: (row) => rounded(medianIn(row)?.low, 3),
  median_ms_high: (row) => rounded(medianIn(row)?.high, 3),
  p50_ms: ({ latency }) => estimated(latency.p50),
  p90_ms: ({ latency }) => estimated(latency.p90),
  p99_ms: ({ latency }) => estimated(latency.p99),
  p999_ms: ({ latency }) => estimated(latency.p999),
  cold_load_ms: ({ cold }) => round(cold.loadMs, 1),
  cold_optimise_ms: ({ cold }) => round(cold.optimiseMs, 1),
  cold_first_run_ms: ({ cold }) => round(cold.firstRunMs, 1),
  cpu_ms_per_sample: ({ cpuMsPerFilm }) => round(cpuMsPerFilm, 3),
  decode_cpu_ms: ({ parts }) => rounded(parts?.decodeMs, 3),
  preprocess_cpu_ms: ({ parts }) => rounded(parts?.preprocessMs, 3),
  infer_cpu_ms: ({ parts }) => rounded(parts?.inferMs, 3),
  write_cpu_ms: ({ parts }) => rounded(parts?.writeMs, 3),
  peak_mib: ({ peakBytes }) => round(peakBytes / 2 ** 20, 1),
  gpu_watts: ({ gpu }) => rounded(gpu?.watts, 1),
  gpu_mib: ({ gpu }) => (gpu === null ? null : round(gpu.bytes / 2 ** 20, 1)),
  file_bytes: ({ model, case: { precision } }) => fileOf(model, precision).bytes,
  weights: ({ model: { weights } }) => weights,
  parity: ({ model, case: { precision } }) => {
    const { parity, saturated } = fileOf(model, precision)
    return saturated ? null : parity
  },
  auc: ({ model: { auc } }) => rounded(auc?.value, 4),
  auc_low: ({ model: { auc } }) => rounded(auc?.low, 4),
  auc_high: ({ model: { auc } }) => rounded(auc?.high, 4),
  auc_films: ({ model: { auc } }) => auc?.films ?? null,
  sha256: ({ model: { digests }, case: { precision } }) => digests[precision] ?? null,
}

/** A head, and a row a case that ran; null is an unknown number, and a percentile that too few queries stand behind. */
export const csvRowsOf = (results: Results): Cell[][] => [
  Object.keys(COLUMNS),
  ...tableOf(results).map((row) => Object.values(COLUMNS).map((cell) => cell(row))),
]

/** A median takes as many queries as a p50. */
const medianIn = ({ median, latency }: TableRow): Figure | null => (latency.p50.enough ? median : null)

const round = (value: number, places: number): number => Number(value.toFixed(places))

const rounded = (value: number | null | undefined, places: number): number | null =>
  value === null || value === undefined ? null : round(value, places)

const estimated = (estimate: Estimate): number | null => (estimate.enough ? round(estimate.ms, 3) : null)

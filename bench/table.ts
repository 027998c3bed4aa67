/** The one place that turns samples into figures: a row a case, from which tables, plots and sentences are made. */
import { strict as assert } from 'node:assert'
import { type Estimate, estimatePercentile, PERCENTILES, type PercentileName } from './early-stopping.ts'
import { type Case, caseId, type Model, type Results, type Sample, SCENARIOS } from './results.ts'
import { type Figure, overProcesses, quantile } from './statistics.ts'

export interface TableRow {
  case: Case
  model: Model
  /** At least one, in rounds' order. */
  samples: Sample[]
  /** Films a second of the counted part. */
  throughput: Figure
  /** Milliseconds: the median query of each process. */
  median: Figure
  /** Of the queries of all processes together. */
  latency: Record<PercentileName, Estimate>
  /** Milliseconds, medians over processes. */
  cold: { loadMs: number; optimiseMs: number; firstRunMs: number; wholeMs: number }
  cpuMsPerFilm: number
  /** Of the process that took most. */
  peakBytes: number
  /** CPU-milliseconds a film, means over processes; null but in end-to-end. */
  parts: NonNullable<Sample['parts']> | null
  /** What ran it; several where processes differ. */
  providers: string[]
  /** Means over processes; null without one. */
  gpu: { watts: number; bytes: number; joulesPerFilm: number } | null
}

/** Rows of all cases that ran, in the order of `samplesByCase`; not in that of the visits, which is drawn.
 *  @throws AssertionError when a sample names a model that is not there */
export function tableOf(results: Results): TableRow[] {
  const models = new Map(results.models.map((model) => [model.name, model]))
  return [...samplesByCase(results).values()].map((samples) => {
    const model = models.get(samples[0]!.case.model)
    assert(model, `no model '${samples[0]!.case.model}' in the results`)
    return rowOf(samples, model)
  })
}

const compareCases = (a: Case, b: Case): number =>
  SCENARIOS.indexOf(a.scenario) - SCENARIOS.indexOf(b.scenario) ||
  a.provider.localeCompare(b.provider, 'en') ||
  a.precision.localeCompare(b.precision, 'en') ||
  a.threads - b.threads ||
  a.batch - b.batch

/** Samples of each case in rounds' order, by the name of the case: in the order of the models, then of scenario, provider,
 *  precision, threads and batch. */
export function samplesByCase({
  samples,
  models,
}: Pick<Results, 'samples' | 'models'>): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples.toSorted((a, b) => a.round - b.round)) {
    const group = groups.get(caseId(sample.case))
    if (group === undefined) groups.set(caseId(sample.case), [sample])
    else group.push(sample)
  }
  const places = new Map(models.map(({ name }, place) => [name, place]))
  const placeOf = (one: Case): number => places.get(one.model) ?? models.length
  return new Map(
    [...groups].sort(
      ([, [a]], [, [b]]) => placeOf(a!.case) - placeOf(b!.case) || compareCases(a!.case, b!.case),
    ),
  )
}

function rowOf(samples: Sample[], model: Model): TableRow {
  const all = samples.flatMap(({ latenciesMs }) => latenciesMs)
  const throughput = overProcesses(samples.map(throughputOf))
  return {
    case: samples[0]!.case,
    model,
    samples,
    throughput,
    median: overProcesses(samples.map(medianOf)),
    latency: percentilesOf(all),
    cold: coldOf(samples),
    cpuMsPerFilm: meanOf(samples, ({ cpuMs, films, latenciesMs }) => cpuMs / (films * latenciesMs.length)),
    peakBytes: Math.max(...samples.map(({ peakBytes }) => peakBytes)),
    parts: partsOf(samples),
    providers: [...new Set(samples.map(({ provider }) => provider.name))],
    gpu: gpuOf(samples, throughput.value),
  }
}

/** Films a second of one process. */
export const throughputOf = ({ films, latenciesMs, wallMs }: Sample): number =>
  (1000 * films * latenciesMs.length) / wallMs

/** Milliseconds of the median query of one process. */
export const medianOf = ({ latenciesMs }: Sample): number => quantile(latenciesMs, 0.5)

const meanOf = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0) / items.length

function percentilesOf(latenciesMs: readonly number[]): Record<PercentileName, Estimate> {
  const estimate = (name: PercentileName) => estimatePercentile(latenciesMs, PERCENTILES[name])
  return { p50: estimate('p50'), p90: estimate('p90'), p99: estimate('p99'), p999: estimate('p999') }
}

function coldOf(samples: readonly Sample[]): TableRow['cold'] {
  const median = (of: (cold: Sample['cold']) => number) =>
    quantile(
      samples.map(({ cold }) => of(cold)),
      0.5,
    )
  return {
    loadMs: median(({ loadMs }) => loadMs),
    optimiseMs: median(({ optimiseMs }) => optimiseMs),
    firstRunMs: median(({ firstRunMs }) => firstRunMs),
    wholeMs: median(({ loadMs, optimiseMs, firstRunMs }) => loadMs + optimiseMs + firstRunMs),
  }
}

function partsOf(samples: readonly Sample[]): TableRow['parts'] {
  const all = samples.flatMap(({ parts }) => parts ?? [])
  if (all.length === 0) return null
  return {
    decodeMs: meanOf(all, ({ decodeMs }) => decodeMs),
    preprocessMs: meanOf(all, ({ preprocessMs }) => preprocessMs),
    inferMs: meanOf(all, ({ inferMs }) => inferMs),
    writeMs: meanOf(all, ({ writeMs }) => writeMs),
  }
}

function gpuOf(samples: readonly Sample[], filmsPerSecond: number): TableRow['gpu'] {
  const all = samples.flatMap(({ gpu }) => gpu ?? [])
  if (all.length === 0) return null
  const watts = meanOf(all, (gpu) => gpu.watts)
  return { watts, bytes: meanOf(all, ({ bytes }) => bytes), joulesPerFilm: watts / filmsPerSecond }
}

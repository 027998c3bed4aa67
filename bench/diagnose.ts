/** What stands in the way of a figure, or in the way of believing it, in sentences from the results alone. A table: a row
 *  looks at one case and says what it found, and what to do about it. */
import { caseId, type Results } from './results.ts'
import { MLPERF_DURATION_MS } from './scenarios.ts'
import { quantile } from './statistics.ts'
import { medianOf, type TableRow, tableOf } from './table.ts'

interface DiagnosisRow {
  /** What was found in a case, without its name; null when nothing was. */
  find: (row: TableRow, results: Results) => string | null
  advice: string
}

/** Decoding is what a film waits for when it takes this share of its CPU time. */
const DECODE_SHARE = 0.5
/** Threads are idle when so little of their time is CPU time. */
const BUSY_SHARE = 0.7
/** Slowed down by so much from the first quarter of the queries to the last, in most processes, and by half of it in each. */
const DRIFT = 0.1
/** Fewer queries in less time say nothing about heat. */
const DRIFT_QUERIES = 20
const DRIFT_MS = 5000
/** Processes that differ by so much, or others that keep so many cores busy, make a figure doubtful. */
const SPREAD = 0.1
const OTHERS_LOAD = 1

/** Kind → what to look for. In the order of the report. */
const DIAGNOSES = {
  'provider fell back': {
    find: fellBack,
    advice: 'the figure is that of the provider named here; roentgen doctor says what another one lacks',
  },
  'threads oversubscribed': {
    find: ({ case: { threads } }, { machine: { cores } }) =>
      threads > cores ? `${threads} threads on ${cores} cores` : null,
    advice: 'give no more threads than cores',
  },
  'threads idle': {
    find: threadsIdle,
    advice: 'fewer threads, or a larger batch, or other programs held the cores',
  },
  'decode-bound': {
    find: decodeBound,
    advice: 'a faster provider or network changes little; smaller films or more cores do',
  },
  throttled: {
    find: throttled,
    advice: 'let the machine cool, or fix its clock, and measure again',
  },
  noisy: {
    find: noisy,
    advice: 'end other programs, add --rounds, and believe the interval, not the figure',
  },
  'too short': {
    find: tooShort,
    advice: 'leave out --quick, or add --rounds or --duration',
  },
} as const satisfies Record<string, DiagnosisRow>

export type DiagnosisKind = keyof typeof DIAGNOSES

export interface Diagnosis {
  kind: DiagnosisKind
  /** Names of cases (`caseId`) and what was found in each. */
  cases: { id: string; found: string }[]
  advice: string
}

/** All that was found, a diagnosis a kind.   @param rows  `tableOf(results)`, where it is there already */
export function diagnose(results: Results, rows: readonly TableRow[] = tableOf(results)): Diagnosis[] {
  return (Object.entries(DIAGNOSES) as [DiagnosisKind, DiagnosisRow][]).flatMap(
    ([kind, { find, advice }]) => {
      const cases = rows.flatMap((row) => {
        const found = find(row, results)
        return found === null ? [] : [{ id: caseId(row.case), found }]
      })
      return cases.length === 0 ? [] : [{ kind, cases, advice }]
    },
  )
}

/** A diagnosis as one sentence. @param most  cases that are named */
export function diagnosisText({ kind, cases, advice }: Diagnosis, most = 3): string {
  const named = cases.slice(0, most).map(({ id, found }) => `${id} (${found})`)
  const more = cases.length > most ? `, and ${cases.length - most} more` : ''
  return `${kind}: ${named.join(', ')}${more}; ${advice}`
}

function fellBack({ samples, providers, case: { provider } }: TableRow): string | null {
  const passedOver = samples.flatMap((sample) => sample.provider.passedOver)[0]
  const other = provider === 'auto' ? undefined : providers.find((name) => name !== provider)
  if (other !== undefined)
    return `${provider} was asked for, ${other} ran${passedOver ? `: ${passedOver}` : ''}`
  if (passedOver !== undefined) return `${providers.join(' and ')} ran: ${passedOver}`
  const shares = samples.flatMap(({ provider: { share } }) => share ?? [])
  const share = Math.min(1, ...shares)
  return share < 1
    ? `${percent(share)} of the operators on ${providers.join(' and ')}, the rest on cpu`
    : null
}

/** Threads of a cpu only: with another provider they wait for it. */
function threadsIdle(
  { samples, providers, case: { threads } }: TableRow,
  { machine }: Results,
): string | null {
  if (threads > machine.cores || providers.some((name) => name !== 'cpu')) return null
  const busy = quantile(
    samples.map(({ cpuMs, wallMs }) => cpuMs / wallMs),
    0.5,
  )
  return busy < BUSY_SHARE * threads ? `${busy.toFixed(1)} of ${threads} threads were busy` : null
}

function decodeBound({ parts }: TableRow): string | null {
  if (parts === null) return null
  const whole = parts.decodeMs + parts.preprocessMs + parts.inferMs + parts.writeMs
  const share = parts.decodeMs / whole
  return share >= DECODE_SHARE ? `decoding takes ${percent(share)} of the CPU time of a film` : null
}

function throttled({ samples }: TableRow): string | null {
  if (samples.some(({ gpu }) => gpu?.throttled)) return 'the GPU says that it lowered its clock'
  const long = samples.filter(
    ({ latenciesMs, wallMs }) => latenciesMs.length >= DRIFT_QUERIES && wallMs >= DRIFT_MS,
  )
  if (long.length === 0) return null
  const drifts = long.map(({ latenciesMs }) => driftOf(latenciesMs))
  const drift = quantile(drifts, 0.5)
  return drift > DRIFT && Math.min(...drifts) > DRIFT / 2
    ? `the last queries took ${percent(drift)} longer than the first`
    : null
}

/** By what share the median of the last quarter lies above that of the first. */
function driftOf(latenciesMs: readonly number[]): number {
  const quarter = Math.floor(latenciesMs.length / 4)
  return quantile(latenciesMs.slice(-quarter), 0.5) / quantile(latenciesMs.slice(0, quarter), 0.5) - 1
}

/** The load before a visit is at most that of the visit before it, unless others work; where that one may have decoded
 *  films, which keeps more threads busy than its case says, the load tells nothing. */
function noisy({ samples }: TableRow, results: Results): string | null {
  const medians = samples.map(medianOf)
  const spread = Math.max(...medians) / Math.min(...medians) - 1
  if (spread > SPREAD) return `its processes differ by ${percent(spread)}`
  if (results.samples.some((sample) => sample.case.scenario === 'end-to-end')) return null
  const own = Math.max(...results.samples.map((sample) => sample.case.threads))
  const load = Math.max(0, ...samples.flatMap(({ loadBefore }) => loadBefore ?? []))
  return load > own + OTHERS_LOAD ? `the load was ${load.toFixed(1)} before it began` : null
}

function tooShort({ case: { scenario }, latency, samples }: TableRow): string | null {
  if (samples.length === 1) return 'one process: no interval'
  const [name, estimate] =
    scenario === 'single-stream' ? (['p90', latency.p90] as const) : (['median', latency.p50] as const)
  return estimate.enough ? null : `${estimate.queries} queries, a ${name} takes ${estimate.needs}`
}

const percent = (share: number): string => `${Math.round(100 * share)} %`

/** What holds for the results as a whole, in sentences: what was cut short, whose weights, and what is missing. */
export function notesOf({ quick, rules, models, failures, unfinished }: Results): string[] {
  const seconds = rules.minDurationMs / 1000
  const random = models.filter(({ weights }) => weights === 'random').length
  return [
    unfinished === null
      ? null
      : `Unfinished: ${unfinished.done} of ${unfinished.of} visits are made; the same command goes on behind them.`,
    quick
      ? 'A quick run: few queries in a short time, for a first look; leave out --quick for figures to keep.'
      : null,
    rules.minDurationMs < MLPERF_DURATION_MS
      ? `A counted part lasted ${seconds} s or more; MLPerf Inference asks ${MLPERF_DURATION_MS / 1000} s.`
      : null,
    random > 0
      ? `The weights of ${random} of ${models.length} models are random: speed is that of the network, accuracy means nothing.`
      : null,
    failures.length > 0 ? `Visits that failed: ${failures.length}; they are listed.` : null,
  ].filter((note) => note !== null)
}

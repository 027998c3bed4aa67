/** The closed loop of all scenarios: one query after the other, each timed, until enough time has passed and enough were
 *  counted. It calls any function; what a query is, and what is measured around the loop, is for the caller to say. */
import type { Case, Results, Scenario } from './results.ts'

export type Rules = Results['rules']

/** What a run keeps to. Rounds are even, since each second one goes backwards. Six find a slowdown of 5 % of one case among
 *  18 figures where processes differ by 1 %; two find little less than twice the time (test/bench/compare.test.ts). */
export const RULES = {
  normal: { warmUpMs: 2000, minDurationMs: 10_000, minQueries: 64, rounds: 6 },
  /** Enough queries for a median, and two processes: for a first look. */
  quick: { warmUpMs: 500, minDurationMs: 1500, minQueries: 11, rounds: 2 },
} as const satisfies Record<string, Rules>

/** What MLPerf Inference asks of a run. @source mlcommons/inference_policies, inference_rules.adoc, "Scenarios" */
export const MLPERF_DURATION_MS = 600_000

/** Fewest queries of a case. Where throughput is asked for, films count, as MLPerf's offline scenario counts samples: a
 *  batch of 16 need not run 64 times. */
export const fewestQueriesOf = (
  rules: Pick<Rules, 'minQueries'>,
  { scenario, batch }: Pick<Case, 'scenario' | 'batch'>,
): number => (scenario === 'single-stream' ? rules.minQueries : Math.ceil(rules.minQueries / batch))

/** Scenario → what is inside the timer of a query, and what is not; reports print it. */
export const INSIDE_TIMER: Readonly<Record<Scenario, string>> = {
  'single-stream':
    'one run of the model on one film, from pixels in memory to scores in memory; decoding, preprocessing and writing are outside',
  offline:
    'one run of the model on a batch, from pixels in memory to scores in memory; decoding, preprocessing and writing are outside',
  'end-to-end':
    'a batch of films from files to rows, in one worker process: reading, decoding, preprocessing, the model and writing',
}

export interface Loop {
  /** Of each query, in order. */
  latenciesMs: number[]
  /** From the start of the first query to the end of the last. */
  wallMs: number
}

/** Runs queries until both minima are reached, each as soon as the one before it is done.
 *  @param query  one query; a promise is waited for, anything else is not made to wait for the event loop
 *  @param now  milliseconds since some moment, monotonic
 *  @throws what the query throws */
export async function closedLoop(
  query: () => unknown,
  { minDurationMs, minQueries }: { minDurationMs: number; minQueries: number },
  now: () => number = () => performance.now(),
): Promise<Loop> {
  const latenciesMs: number[] = []
  const began = now()
  let ended = began
  while (latenciesMs.length < minQueries || ended - began < minDurationMs) {
    const start = now()
    const result = query()
    if (result instanceof Promise) await result
    ended = now()
    latenciesMs.push(ended - start)
  }
  return { latenciesMs, wallMs: ended - began }
}

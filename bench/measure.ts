/** Times a number of runs of any function: the closed loop of `scenarios.ts`, ended by a count. */
import { strict as assert } from 'node:assert'
import { closedLoop } from './scenarios.ts'

export interface MeasureOptions {
  /** Runs before the first that counts: caches fill, code is compiled. */
  warmUp: number
  /** Runs that count, at least one. */
  runs: number
  /** Milliseconds since some moment; for tests. */
  now?: () => number
}

/** Times each run of `job`, one after the other.
 *  @returns milliseconds of each counted run, in order: every raw time is kept
 *  @throws what the job throws */
export async function measure(job: () => unknown, options: MeasureOptions): Promise<number[]> {
  const { warmUp, runs, now } = options
  assert(runs >= 1 && warmUp >= 0, 'at least one run must count')
  await closedLoop(job, { minDurationMs: 0, minQueries: warmUp }, now)
  return (await closedLoop(job, { minDurationMs: 0, minQueries: runs }, now)).latenciesMs
}

/** Measures any function by running it again and again. Scenarios, suites and comparison are not here yet. */
import { strict as assert } from 'node:assert'

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
  const { warmUp, runs, now = () => performance.now() } = options
  assert(runs >= 1 && warmUp >= 0, 'at least one run must count')
  for (let run = 0; run < warmUp; run++) await job()
  const timesMs: number[] = []
  for (let run = 0; run < runs; run++) {
    const start = now()
    const result = job()
    // A job that is done at once is not made to wait for the event loop.
    if (result instanceof Promise) await result
    timesMs.push(now() - start)
  }
  return timesMs
}

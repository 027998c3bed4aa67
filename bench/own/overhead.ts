/** What the closed loop costs a query beside the query itself: `node dist/bench/own/overhead.js`. Fails at 50 µs. Counted
 *  from the clock outside, over queries that do nothing: at once, and behind a promise. */
import { closedLoop } from '../scenarios.ts'
import { quantile } from '../statistics.ts'

const QUERIES = 200_000
const ROUNDS = 9
const BAR_US = 50

async function microsecondsOf(query: () => unknown): Promise<number> {
  const start = performance.now()
  await closedLoop(query, { minDurationMs: 0, minQueries: QUERIES })
  return (1000 * (performance.now() - start)) / QUERIES
}

let worst = 0
for (const [name, query] of [
  ['at once', () => undefined],
  ['behind a promise', () => Promise.resolve()],
] as const) {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await microsecondsOf(query))
  const [median, most] = [quantile(rounds, 0.5), quantile(rounds, 1)]
  worst = Math.max(worst, most)
  console.info(
    `a query that answers ${name}: ${median.toFixed(3)} µs of overhead, at most ${most.toFixed(3)} µs (${ROUNDS} rounds of ${QUERIES})`,
  )
}
process.exitCode = worst < BAR_US ? 0 : 1

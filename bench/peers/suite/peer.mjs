/** What the programs in Node share: pixels of a file in, batches until the time is up, one line of JSON out. Run with one
 *  argument, the JSON that `visit.ts` writes. Timed is what a caller waits for: from bytes in memory to numbers in memory. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const WARM_UP_MS = 1000
/** Of a turn: the first one fetches again what the other program's turn drove out of the caches. */
const LEAST_BATCHES = 3

/** Of all threads of this process. */
const cpuMsSince = (before) => {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

export const task = JSON.parse(process.argv[2])
const { batch, height, width, channels, seconds, slow } = task
const pixels = new Uint8Array(readFileSync(task.pixels)).subarray(0, batch * height * width * channels)

/** Runs whole batches, first until a second is over, then until `seconds` are. Of a slow peer a first batch that takes longer
 *  than that is what counts.
 *  @param version  of the library that computes   @param threads  that it computes with; null where it does not tell
 *  @param run  bytes of a batch, NHWC → probabilities, row-major */
export async function report({ version, threads }, run) {
  const [begun, cpuBegun] = [performance.now(), process.cpuUsage()]
  const outputs = Array.from(await run(pixels))
  const firstMs = performance.now() - begun
  const firstCpuMs = cpuMsSince(cpuBegun)
  while (performance.now() - begun < WARM_UP_MS) await run(pixels)
  if (task.turns) return await takeTurns(run)
  const isEnough = slow && firstMs > 1000 * seconds
  const timed = isEnough
    ? { films: batch, seconds: firstMs / 1000, cpuSeconds: firstCpuMs / 1000 }
    : await timedBatches(run)
  // Some libraries have threads that would not end.
  process.stdout.write(`\n${JSON.stringify({ ...timed, version, threads, outputs })}\n`, () => process.exit())
}

/** Whole batches until `seconds` are over, and at least so many. */
async function timedBatches(run, least = 1) {
  const [start, cpuStart] = [performance.now(), process.cpuUsage()]
  let [films, elapsedMs] = [0, 0]
  while (elapsedMs < 1000 * seconds || films < least * batch) {
    await run(pixels)
    films += batch
    elapsedMs = performance.now() - start
  }
  return { films, seconds: elapsedMs / 1000, cpuSeconds: cpuMsSince(cpuStart) / 1000 }
}

/** Says that it is ready, and is timed at each line that it is given (`beside.ts`). */
async function takeTurns(run) {
  process.stdout.write('{"ready":true}\n')
  for await (const _ of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await timedBatches(run, LEAST_BATCHES))}\n`)
  process.exit()
}

/** Runs `roentgen score` and watches the peak memory of its processes, from /proc (Linux only). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { largestOf, watchMemory } from './films/watch-memory.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

export interface Peaks {
  status: number | null
  /** KiB, resident. */
  conductor: number
  /** Of the largest worker. */
  worker: number
  /** Of the conductor and all workers. */
  all: number
  workers: number
  seconds: number
}

/** @param args  behind `roentgen score` */
export async function scorePeaks(args: readonly string[]): Promise<Peaks> {
  const begun = Date.now()
  const child = spawn(process.execPath, [MAIN, 'score', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text).slice(-2000)
  })
  const memory = watchMemory(child.pid)
  const [status] = await once(child, 'close')
  const [conductor = 0, ...workers] = memory.stop()
  if (status !== 0 && status !== 3) console.error(said)
  const all = workers.reduce((sum, peak) => sum + peak, conductor)
  const peaks = { conductor, worker: largestOf(workers), all, workers: workers.length }
  return { status, ...peaks, seconds: (Date.now() - begun) / 1000 }
}

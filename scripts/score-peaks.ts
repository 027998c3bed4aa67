/** Runs `roentgen score` and watches the peak memory of its processes, from /proc (Linux only). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

export interface Peaks {
  status: number | null
  /** KiB, resident. */
  conductor: number
  /** Of the largest worker. */
  worker: number
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
  const peaks = { conductor: 0, worker: 0 }
  const timer = setInterval(async () => {
    peaks.conductor = Math.max(peaks.conductor, await peakKib(child.pid))
    for (const pid of await childrenOf(child.pid)) peaks.worker = Math.max(peaks.worker, await peakKib(pid))
  }, 50)
  const [status] = await once(child, 'close')
  clearInterval(timer)
  if (status !== 0 && status !== 3) console.error(said)
  return { status, ...peaks, seconds: (Date.now() - begun) / 1000 }
}

async function peakKib(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
}

async function childrenOf(pid: number | undefined): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list.split(' ').filter(Boolean).map(Number)
}

/** What nvidia-smi says of the first GPU: its name, and power, memory and clock while something runs. Where it is not
 *  there, or says nothing that can be read, there is null. */
import { execFile, spawn } from 'node:child_process'
import type { Sample } from '../../../bench/results.ts'

const EVERY_MS = 200

/** In this order on each line. The reasons are bits. @source nvidia-smi --help-query-gpu */
const ASKED = ['power.draw', 'memory.used', 'clocks.sm', 'clocks_throttle_reasons.active'] as const

/** Reasons that slow a GPU down against its will: power cap, hardware slowdown, heat of two kinds, power brake.
 *  @source nvml.h, nvmlClocksThrottleReason* */
const THROTTLED = 0x04 | 0x08 | 0x20 | 0x40 | 0x80

const FORM = 'csv,noheader,nounits'
const MIB = 1 << 20

/** `NVIDIA H100 80GB HBM3`; null without nvidia-smi. */
export const gpuName = (): Promise<string | null> =>
  new Promise((resolve) => {
    execFile('nvidia-smi', ['--query-gpu=name', `--format=${FORM}`, '--id=0'], (error, stdout) => {
      resolve(error === null ? stdout.trim().split('\n')[0] || null : null)
    })
  })

/** Looks at the GPU until it is told to end. @returns what gives the means of all looks */
export function watchGpu(): () => Sample['gpu'] {
  let said = ''
  const asked = [`--query-gpu=${ASKED.join()}`, `--format=${FORM}`, '--id=0', `--loop-ms=${EVERY_MS}`]
  const child = spawn('nvidia-smi', asked, { stdio: ['ignore', 'pipe', 'ignore'] })
  // There is none.
  child.on('error', () => {})
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return () => {
    child.kill()
    return gpuMeans(said)
  }
}

/** @param said  lines of nvidia-smi; what is no number in them (`[N/A]`) makes all of it unknown */
export function gpuMeans(said: string): Sample['gpu'] {
  const looks = said
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(',').map(Number))
    .filter((look) => look.length === ASKED.length && look.every(Number.isFinite))
  if (looks.length === 0) return null
  const mean = (column: number) => looks.reduce((sum, look) => sum + look[column]!, 0) / looks.length
  const throttled = looks.some((look) => (look[3]! & THROTTLED) !== 0)
  return { watts: mean(0), bytes: mean(1) * MIB, clockMHz: mean(2), throttled }
}

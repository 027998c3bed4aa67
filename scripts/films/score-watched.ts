/** Runs `roentgen score` on a folder that is hard to score, watches its memory and its time, and says what is not as it must
 *  be: a row for each input, in order; a line in the ledger for each that failed; no crash, no hang. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { largestOf, watchMemory } from './watch-memory.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

export interface Watched {
  status: number | null
  /** Path → code of its failure, or `ok`; in the order of the rows. */
  rows: ReadonlyMap<string, string>
  faults: string[]
  /** The most memory of one process. */
  peakKib: number
  seconds: number
}

export interface Limits {
  mostKib: number
  mostSeconds: number
  /** Called once when the run is under way: some rows are written, others not. */
  onUnderWay?: () => void
}

/** Codes that say that we were wrong, or that the film took its process along. */
const OURS = ['ROE_INTERNAL', 'ROE_WORKER_DIED', 'ROE_INFERENCE']

/** @param inputs  paths below `folder` that must have a row, sorted   @param place  gets the scores */
export async function scoreWatched(
  {
    folder,
    model,
    place,
    inputs,
  }: { folder: string; model: string; place: string; inputs: readonly string[] },
  { mostKib, mostSeconds, onUnderWay }: Limits,
): Promise<Watched> {
  const out = join(place, 'scores.jsonl')
  const begun = performance.now()
  const child = spawn(process.execPath, [MAIN, 'score', folder, '-m', model, '-o', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said === '') onUnderWay?.()
    said = (said + text).slice(-2000)
  })
  const memory = watchMemory(child.pid)
  const late = setTimeout(() => child.kill('SIGKILL'), 1000 * mostSeconds)
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
  clearTimeout(late)
  const peakKib = largestOf(memory.stop())
  const seconds = (performance.now() - begun) / 1000
  const rows = status === 0 || status === 3 ? rowsOf(out) : new Map<string, string>()
  const faults = [
    ...(status === 0 || status === 3 ? faultsOf(rows, inputs) : [`ended with ${signal ?? status}: ${said}`]),
    ...(peakKib > mostKib ? [`${peakKib} KiB of memory, more than ${mostKib}`] : []),
  ]
  return { status, rows, faults, peakKib, seconds }
}

function rowsOf(out: string): Map<string, string> {
  const rows = linesOf(out).map(({ path, status }) => [String(path), String(status)] as const)
  const codes = new Map(linesOf(`${out}.errors.jsonl`).map(({ path, code }) => [String(path), String(code)]))
  return new Map(
    rows.map(([path, status]) => [path, status === 'ok' ? 'ok' : (codes.get(path) ?? 'not in the ledger')]),
  )
}

const linesOf = (path: string): Record<string, unknown>[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : []

function faultsOf(rows: ReadonlyMap<string, string>, inputs: readonly string[]): string[] {
  const paths = [...rows.keys()]
  const missing = inputs.filter((path) => !rows.has(path))
  const bad = [...rows].filter(([, code]) => OURS.includes(code) || !/^(ok$|ROE_)/.test(code))
  return [
    ...(missing.length > 0 ? [`${missing.length} without a row: ${missing.slice(0, 3).join(', ')}`] : []),
    ...(paths.join('\n') === inputs.join('\n') || missing.length > 0
      ? []
      : ['rows in another order than inputs']),
    ...bad.slice(0, 10).map(([path, code]) => `${path}: ${code}`),
  ]
}

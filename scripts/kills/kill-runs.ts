/** Kills `roentgen score` at random moments, again and again, and lets it go on: what it writes in the end must have the
 *  bytes of a run that nobody disturbed. Linux: workers are found in /proc. */
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../random.ts'

// The built command, also when this file itself is not built.
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url)
const MAIN = fileURLToPath(new URL('src/cli/main.js', ROOT))

/** Which process is killed. */
type Victim = 'conductor' | 'worker'

export interface KillOptions {
  /** Of `roentgen score`, without -o and --resume. */
  args: readonly string[]
  /** Folder for outputs. */
  place: string
  victim: Victim
  kills: number
  seed: number
  onKill?: (kills: number) => void
}

/** @returns how often it was killed, in how many runs, and what was wrong: nothing, if all is well */
export async function killRuns(
  options: KillOptions,
): Promise<{ kills: number; runs: number; faults: string[] }> {
  const { args, place, victim, seed, onKill } = options
  const random = seededRandom(seed)
  const calm = join(place, 'calm.csv')
  const begun = Date.now()
  const { status, said } = await ended(score(args, calm))
  assert((status === 0 || status === 3) && existsSync(calm), `the calm run ended with ${status}: ${said}`)
  // The first one is the slowest: nothing is in any cache.
  let lastsMs = Date.now() - begun
  const expected = bytesOf(calm)
  const out = join(place, 'killed.csv')
  const done = { kills: 0, runs: 0, faults: [] as string[] }
  while (done.kills < options.kills && done.runs < MOST_RUNS * options.kills) {
    for (const path of [out, ...BESIDE.map((end) => out + end)]) rmSync(path, { force: true })
    done.runs += 1
    for (;;) {
      const started = Date.now()
      const child = score(args, out, '--resume')
      const exit = ended(child)
      const isKilled =
        done.kills < options.kills && (await killAfter(child, victim, (0.2 + 0.8 * random()) * lastsMs))
      if (isKilled) done.kills += 1
      if (isKilled) onKill?.(done.kills)
      const found = await exit
      if (!isKilled) lastsMs = Math.min(lastsMs, Date.now() - started)
      if (found.status === status) break
      if (found.signal === 'SIGKILL') continue
      done.faults.push(`run ${done.runs} ended with ${found.status ?? found.signal}: ${found.said}`)
      break
    }
    if (bytesOf(out) !== expected) done.faults.push(`run ${done.runs} wrote other bytes`)
    const left = ['.journal'].filter((end) => existsSync(out + end))
    if (left.length > 0) done.faults.push(`run ${done.runs} left ${left}`)
  }
  return done
}

/** Runs for each kill, at most: where runs end before they can be killed, that is what is told. */
const MOST_RUNS = 10

const BESIDE = ['.errors.jsonl', '.run.json', '.journal']

const score = (args: readonly string[], out: string, ...more: string[]): ChildProcess =>
  spawn(process.execPath, [MAIN, 'score', ...args, '-o', out, ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })

async function ended(child: ChildProcess) {
  let said = ''
  child.stderr?.on('data', (text) => {
    said = `${said}${text}`.slice(-1000)
  })
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { status, signal, said }
}

/** @returns false where there was nobody to kill any more */
async function killAfter(child: ChildProcess, victim: Victim, ms: number): Promise<boolean> {
  await sleep(ms)
  if (child.exitCode !== null || child.signalCode !== null) return false
  if (victim === 'conductor') return child.kill('SIGKILL')
  for (const pid of childrenOf(child.pid)) {
    try {
      return process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return false
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const bytesOf = (out: string): string =>
  [out, `${out}.errors.jsonl`].map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')).join('\0')

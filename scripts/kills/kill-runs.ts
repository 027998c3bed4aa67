/** Kills `roentgen score` or `roentgen train` at random moments, again and again, and lets it go on: what it writes in the
 *  end must have the bytes of a run that nobody disturbed. Linux: workers are found in /proc. */
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../random.ts'

// The built command, also when this file itself is not built.
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url)
const MAIN = fileURLToPath(new URL('src/cli/main.js', ROOT))

/** Which process is killed. */
type Victim = 'conductor' | 'worker'

/** A command that can go on where it was killed, and its files by the ends of their names, behind -o. */
interface Job {
  /** What -o must end with. */
  end: string
  /** Files that must be the same in the end. */
  whole: readonly string[]
  /** Files that must be gone in the end. */
  gone: readonly string[]
  /** What else there may be. */
  beside: readonly string[]
}

/** History has the time that each epoch took; all its figures are in the plot. */
const TRAINED = ['model.onnx', 'run.json', 'plot.svg', 'accuracy.svg', 'curves.svg'].map((name) => `/${name}`)

const JOBS = {
  score: {
    end: '.csv',
    whole: ['', '.errors.jsonl'],
    gone: ['.journal'],
    beside: ['.run.json'],
  },
  train: { end: '', whole: TRAINED, gone: ['/checkpoint', '/lock'], beside: [''] },
} as const satisfies Record<string, Job>

export interface KillOptions {
  /** What is killed; `score` unless given. */
  job?: keyof typeof JOBS
  /** Of the command, without -o and --resume. */
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
  const { job: name = 'score', args, place, victim, seed, onKill } = options
  const job: Job = JOBS[name]
  const start = (out: string, ...more: string[]) => startJob([name, ...args, '-o', out, ...more])
  const random = seededRandom(seed)
  const calm = join(place, `calm${job.end}`)
  const begun = Date.now()
  const { status, said } = await ended(start(calm))
  assert(
    (status === 0 || status === 3) && existsSync(calm + job.whole[0]),
    `the calm run ended with ${status}: ${said}`,
  )
  // The first one is the slowest: nothing is in any cache.
  let lastsMs = Date.now() - begun
  const expected = bytesOf(job, calm)
  const out = join(place, `killed${job.end}`)
  const done = { kills: 0, runs: 0, faults: [] as string[] }
  while (done.kills < options.kills && done.runs < MOST_RUNS * options.kills) {
    for (const end of [...job.whole, ...job.gone, ...job.beside])
      rmSync(out + end, { recursive: true, force: true })
    done.runs += 1
    for (;;) {
      const started = Date.now()
      const child = start(out, '--resume')
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
    if (bytesOf(job, out) !== expected) done.faults.push(`run ${done.runs} wrote other bytes`)
    const left = [...job.gone.filter((end) => existsSync(out + end)), ...unfinishedIn(out)]
    if (left.length > 0) done.faults.push(`run ${done.runs} left ${left}`)
  }
  if (done.kills < options.kills)
    done.faults.push(`no more than ${done.kills} could be killed before they ended`)
  return done
}

/** Runs for each kill, at most: where runs end before they can be killed, that is what is told. */
const MOST_RUNS = 10

const startJob = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })

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

/** What was half-written in a folder. */
const unfinishedIn = (out: string): string[] =>
  existsSync(out) && statSync(out).isDirectory()
    ? readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.tmp'))
    : []

const bytesOf = (job: Job, out: string): string =>
  job.whole.map((end) => (existsSync(out + end) ? readFileSync(out + end, 'latin1') : '')).join('\0')

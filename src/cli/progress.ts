/** Progress on stderr: one line that is written over on a terminal, plain lines every few seconds elsewhere, or events
 *  as JSON lines for machines. */
import type { WorkerState } from '../infer/conductor.ts'

/** Least time between two signs of life, in milliseconds. */
const EVERY_MS = { terminal: 200, plain: 5000, json: 1000 } as const

/** The rate is that of this time, in milliseconds: what the machine does now, without jumping. */
const RATE_MS = 10_000

export interface Progress {
  /** @param done  of the total   @param failed  of those done
   *  @param leftMs  what the rest takes, where somebody knows it better than the rate tells; null: not yet known */
  update: (done: number, failed?: number, leftMs?: number | null) => void
  /** What else is told of where it stands, e.g. `loss: 0.5312`. */
  tell: (words: string) => void
  /** What each worker is about. */
  tellWorkers: (workers: readonly WorkerState[]) => void
  /** Takes the line of a terminal away, so that what follows stands alone. */
  end: () => void
}

interface ProgressOptions {
  /** Events as JSON lines instead of words. */
  json?: boolean
  stream?: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>
  now?: () => number
}

/** How far it is: a JSON line is this with `event: 'progress'`. Unknown is null. */
interface Standing {
  done: number
  total: number | null
  failed: number
  perSecond: number | null
  secondsLeft: number | null
  workers: readonly WorkerState[]
  words: string
}

/** @param total  how many there are; null when that is not known   @param what  their plural, e.g. films */
export function progress(total: number | null, what: string, options: ProgressOptions = {}): Progress {
  const { json = false, stream = process.stderr, now = Date.now } = options
  const form = json ? 'json' : stream.isTTY === true ? 'terminal' : 'plain'
  const rate = new Rate()
  let last = now()
  let workers: readonly WorkerState[] = []
  let words = ''
  return {
    update(done, failed = 0, leftMs) {
      const time = now()
      rate.begin(time, done)
      if (time - last < EVERY_MS[form]) return
      last = time
      const perSecond = rate.at(time, done)
      const byRate = total === null || perSecond === null ? null : (total - done) / perSecond
      const left = leftMs === undefined ? byRate : leftMs === null ? null : leftMs / 1000
      const secondsLeft = left === null ? null : Math.ceil(left)
      stream.write(FORMS[form]({ done, total, failed, perSecond, secondsLeft, workers, words }, what))
    },
    tell(text) {
      words = text
    },
    tellWorkers(states) {
      workers = states
    },
    end() {
      if (form === 'terminal') stream.write('\r\x1b[K')
    },
  }
}

/** How many a second over the last RATE_MS, from the first that is told on: neither what was done before nor the opening
 *  of a model counts. */
class Rate {
  #seen: { time: number; done: number }[] = []

  begin(time: number, done: number): void {
    if (this.#seen.length === 0) this.#seen.push({ time, done })
  }

  at(time: number, done: number): number | null {
    this.#seen.push({ time, done })
    while (this.#seen.length > 2 && time - this.#seen[1]!.time >= RATE_MS) this.#seen.shift()
    const first = this.#seen[0]!
    return done > first.done && time > first.time ? (1000 * (done - first.done)) / (time - first.time) : null
  }
}

const FORMS = {
  terminal: (standing: Standing, what: string) => `\r\x1b[K${barOf(standing)}${wordsOf(standing, what)}`,
  plain: (standing: Standing, what: string) => `${wordsOf(standing, what)}\n`,
  json: ({ words: _, ...standing }: Standing) => `${JSON.stringify({ event: 'progress', ...standing })}\n`,
}

/** Cells of the bar. */
const CELLS = 20

function barOf({ done, total }: Standing): string {
  if (total === null || total === 0) return ''
  const full = Math.min(CELLS, Math.floor((CELLS * done) / total))
  return `[${'#'.repeat(full)}${'-'.repeat(CELLS - full)}] `
}

function wordsOf(
  { done, total, failed, perSecond, secondsLeft, workers, words }: Standing,
  what: string,
): string {
  const parts = [
    total === null ? `${done} ${what}` : `${done} of ${total} ${what}`,
    perSecond === null ? 'none in the last seconds' : `${perSecond.toFixed(1)} a second`,
    ...(secondsLeft === null ? [] : [`${timeText(secondsLeft)} left`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...workersText(workers),
    ...(words === '' ? [] : [words]),
  ]
  return parts.join(', ')
}

/** Told only where a worker does not simply run: `1 of 4 workers starting, 2 restarts`. */
function workersText(workers: readonly WorkerState[]): string[] {
  const busy = workers.filter(({ state }) => state === 'starting' || state === 'given up')
  const states = [...new Set(busy.map(({ state }) => state))]
  const restarts = workers.reduce((sum, worker) => sum + worker.restarts, 0)
  return [
    ...states.map(
      (state) =>
        `${busy.filter((worker) => worker.state === state).length} of ${workers.length} workers ${state}`,
    ),
    ...(restarts === 0 ? [] : [`${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`]),
  ]
}

/** `42 s`, `12 min`, `3 h 20 min`. */
function timeText(seconds: number): string {
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

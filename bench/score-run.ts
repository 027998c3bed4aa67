/** One run of `roentgen score`, as a user would start it, over a folder of links to films, watched from outside: the
 *  seconds of the whole command, and the rate of the rows once it is under way. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

/** Seconds of rows that do not count: workers start, and are tuned, in the first of them. */
const WARM_UP_SECONDS = 5
const WATCH_MS = 100

export interface ScoreRun {
  films: number
  /** From the start of the command to its end. */
  wallSeconds: number
  /** Films a second of the whole command, and of the rows behind the warm-up; the latter null where there were none. */
  whole: number
  steady: number | null
  /** CPU-seconds a film of the conductor and its workers, in the same time; null where /proc does not tell. */
  cpuSeconds: number | null
  status: number | null
}

/** Regular files below a folder, hidden ones left out, sorted. */
export function filmsBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
  return files.map(({ parentPath, name }) => resolve(parentPath, name)).sort()
}

/** Fills a new folder with `count` links to the films in turn. */
export function linkFilms(folder: string, films: readonly string[], count: number): void {
  mkdirSync(folder, { recursive: true })
  for (let i = 0; i < count; i++)
    symlinkSync(films[i % films.length]!, join(folder, `${String(i).padStart(8, '0')}.film`))
}

/** @param place  an empty folder for what the command writes   @param count  films in `folder`
 *  @param seconds  after so many seconds behind the warm-up the run is ended, if it lasts longer */
export async function runScore(
  {
    folder,
    models,
    place,
    count,
  }: { folder: string; models: readonly string[]; place: string; count: number },
  seconds = Number.POSITIVE_INFINITY,
): Promise<ScoreRun> {
  mkdirSync(place, { recursive: true })
  const begun = performance.now()
  const out = join(place, 'scores.csv')
  const given = models.flatMap((model) => ['-m', model])
  const child = spawn(process.execPath, [MAIN, 'score', folder, ...given, '-o', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  const [rows, cpu] = [new Rows(place), new Cpu(child.pid ?? 0)]
  const timer = setInterval(() => {
    rows.look()
    cpu.look()
    if (rows.seconds() >= seconds) child.kill('SIGKILL')
  }, WATCH_MS)
  const [status] = (await once(child as ChildProcess, 'close')) as [number | null]
  const wallSeconds = (performance.now() - begun) / 1000
  clearInterval(timer)
  if (status !== 0 && !child.killed) process.stderr.write(said)
  const steady = rows.steady()
  const used = steady === null ? null : cpu.between(steady.from, steady.to)
  return {
    films: count,
    wallSeconds,
    whole: count / wallSeconds,
    steady: steady && (1000 * steady.rows) / (steady.to - steady.from),
    cpuSeconds: steady && used && used / steady.rows,
    status,
  }
}

/** How the rows grew. What the command writes while it runs has a name of its own and goes in the end; so every file of
 *  the folder is held open, and the one that had the most bytes before the end is it. */
class Rows {
  readonly #place: string
  readonly #files = new Map<string, Growth>()

  constructor(place: string) {
    this.#place = place
  }

  look(): void {
    for (const name of readdirSync(this.#place))
      if (!this.#files.has(name)) {
        try {
          this.#files.set(name, { file: openSync(join(this.#place, name), 'r'), sizes: [] })
        } catch {} // gone since
      }
    const now = performance.now()
    for (const { file, sizes } of this.#files.values()) {
      const { size } = fstatSync(file)
      if (size !== sizes.at(-1)?.[1]) sizes.push([now, size])
    }
  }

  /** How long rows have come, behind the warm-up. */
  seconds(): number {
    const begun = begunOf(this.#grown())
    return begun === undefined ? 0 : (performance.now() - begun) / 1000 - WARM_UP_SECONDS
  }

  /** From the first change behind the warm-up to the last one: how many rows, and when, in milliseconds. */
  steady(): { rows: number; from: number; to: number } | null {
    const grown = this.#grown()
    const begun = begunOf(grown)
    const counted = grown?.sizes.filter(([ms]) => ms >= (begun ?? 0) + 1000 * WARM_UP_SECONDS) ?? []
    const [first, last] = [counted[0], counted.at(-1)]
    const isSteady = grown !== undefined && first !== undefined && last !== undefined && last[0] > first[0]
    const steady = isSteady
      ? { rows: linesBetween(grown.file, first[1], last[1]), from: first[0], to: last[0] }
      : null
    for (const { file } of this.#files.values()) closeSync(file)
    return steady
  }

  #grown(): Growth | undefined {
    return [...this.#files.values()].sort((a, b) => b.sizes.length - a.sizes.length)[0]
  }
}

interface Growth {
  /** Descriptor. */
  file: number
  sizes: [ms: number, bytes: number][]
}

/** When the first rows were there: a file with a head alone has not grown. */
const begunOf = (growth: Growth | undefined): number | undefined =>
  growth?.sizes.filter(([, bytes]) => bytes > 0)[1]?.[0]

function linesBetween(file: number, from: number, to: number): number {
  const bytes = Buffer.alloc(to - from)
  readSync(file, bytes, 0, bytes.length, from)
  return bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)
}

/** Linux' clock ticks, in which /proc counts. */
const TICKS_A_SECOND = 100

/** The CPU time of a process and its children, as it grew. */
class Cpu {
  readonly #pid: number
  /** The most that was seen of each process; some are gone before the others. */
  readonly #ticks = new Map<number, number>()
  readonly #sums: [ms: number, ticks: number][] = []

  constructor(pid: number) {
    this.#pid = pid
  }

  look(): void {
    const children = readProc(`${this.#pid}/task/${this.#pid}/children`).split(' ').filter(Boolean)
    for (const pid of [this.#pid, ...children.map(Number)]) {
      // Behind the name, which may hold anything, fields 14 and 15 are user and system time.
      const fields = readProc(`${pid}/stat`).split(') ')[1]?.split(' ')
      if (fields !== undefined) this.#ticks.set(pid, Number(fields[11]) + Number(fields[12]))
    }
    this.#sums.push([performance.now(), [...this.#ticks.values()].reduce((sum, ticks) => sum + ticks, 0)])
  }

  /** CPU-seconds between two moments. */
  between(from: number, to: number): number | null {
    const at = (moment: number) => this.#sums.find(([ms]) => ms >= moment) ?? this.#sums.at(-1)
    const [first, last] = [at(from), at(to)]
    return first && last && last[1] > first[1] ? (last[1] - first[1]) / TICKS_A_SECOND : null
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return ''
  }
}

/** The calls that read a film's file: on a thread of the pool, or on this one, which costs less where the file is in memory, but
 *  holds the thread where a disk or a network is waited for. So that is done as long as files are quick. */
import { open, openSync, read, readSync, type Stats, stat, statSync } from 'node:fs'
import { promisify } from 'node:util'

export interface FileCalls {
  stat: (path: string | Buffer) => Promise<Stats>
  open: (path: string | Buffer) => Promise<number>
  /** @returns bytes that were read */
  read: (file: number, bytes: Buffer, from: number, position: number) => Promise<number>
}

const readAside = promisify(read)

/** The older calls: the newer ones make an object for each file, at twice the cost. */
export const ASIDE: FileCalls = {
  stat: promisify(stat),
  open: promisify(open) as (path: string | Buffer) => Promise<number>,
  read: async (file, bytes, from, position) =>
    (await readAside(file, bytes, from, bytes.length - from, position)).bytesRead,
}

const HERE: FileCalls = {
  stat: async (path) => statSync(path),
  open: async (path) => openSync(path, 'r'),
  read: async (file, bytes, from, position) => readSync(file, bytes, from, bytes.length - from, position),
}

/** Milliseconds that a call may hold the thread, as the mean of the last ones: of a file in memory it takes far less. */
const QUICK_MS = 0.2
/** How much of that mean the newest call is: a thread that waits for its core now and then makes no disk slow. */
const NEWEST = 0.02
/** Films that are read aside once calls were slow, before it is tried again. */
const FILMS_ASIDE = 100

/** Reads on this thread while files are quick. */
export class QuickFiles {
  readonly #here: FileCalls
  readonly #aside: FileCalls
  #meanMs = 0
  #filmsAside = 0

  /** @param clock  in milliseconds */
  constructor(here = HERE, aside = ASIDE, clock: () => number = () => performance.now()) {
    const timed = <Result>(call: () => Promise<Result>): Promise<Result> => {
      const begun = clock()
      const result = call()
      this.#add(clock() - begun)
      return result
    }
    this.#here = {
      stat: (path) => timed(() => here.stat(path)),
      open: (path) => timed(() => here.open(path)),
      read: (...asked) => timed(() => here.read(...asked)),
    }
    this.#aside = aside
  }

  /** The calls for the next film. */
  next(): FileCalls {
    if (this.#filmsAside === 0) return this.#here
    this.#filmsAside -= 1
    return this.#aside
  }

  #add(ms: number): void {
    this.#meanMs += NEWEST * (ms - this.#meanMs)
    if (this.#meanMs <= QUICK_MS) return
    this.#meanMs = 0
    this.#filmsAside = FILMS_ASIDE
  }
}

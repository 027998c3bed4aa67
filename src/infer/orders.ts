/** Which jobs are with which worker, and which wait. A job that was with a worker when it died is a suspect: suspects
 *  go alone, since only then a death tells whose it is, and are halved until the film that kills stands alone. Knows
 *  nothing of processes. */
import { strict as assert } from 'node:assert'
import type { Failure } from './failure.ts'
import type { FilmResult, Job } from './pipeline.ts'
import type { Died } from './worker-process.ts'

/** Jobs with a worker at a time: one that it runs, two that it decodes ahead, one on its way. */
export const IN_FLIGHT = 4

/** How often a film stands alone with a worker that dies before it is given up: the first time it may have been the
 *  system that was short of memory. A hang is waited out once. */
const DEATHS = { died: 2, hung: 1 } as const

interface Order {
  job: Job
  /** Times that its worker died while it had nothing else. */
  deaths: number
}
interface Held {
  orders: Order[]
  /** A suspect, which has the worker for itself. */
  isAlone: boolean
}

export class Orders<Worker> {
  #fresh: Job[] = []
  #suspects: Order[] = []
  #held = new Map<Worker, Held>()

  add(job: Job): void {
    this.#fresh.push(job)
  }

  /** Jobs that no worker has had yet. */
  get fresh(): number {
    return this.#fresh.length
  }

  get isEmpty(): boolean {
    return this.#fresh.length + this.#suspects.length === 0 && this.#held.size === 0
  }

  /** Whether the worker may be given a job, should there be one. */
  hasRoom(worker: Worker): boolean {
    const held = this.#held.get(worker)
    return held === undefined || (!held.isAlone && held.orders.length < IN_FLIGHT)
  }

  /** How many jobs a worker holds. */
  heldBy = (worker: Worker): number => this.#held.get(worker)?.orders.length ?? 0

  /** @returns the next job for a worker that has room; undefined when there is none for it */
  next(worker: Worker): Job | undefined {
    const held = this.#held.get(worker)
    // Suspects wait for a worker that has nothing; a worker that has something takes what is no suspect.
    const suspect = held === undefined ? this.#suspects.shift() : undefined
    const job = suspect?.job ?? this.#fresh.shift()
    if (job === undefined) return undefined
    const order = suspect ?? { job, deaths: 0 }
    if (held === undefined) this.#held.set(worker, { orders: [order], isAlone: suspect !== undefined })
    else held.orders.push(order)
    return job
  }

  /** The oldest job of a worker has its results. */
  done(worker: Worker): void {
    const held = this.#held.get(worker)
    assert(held !== undefined, 'results belong to a job')
    held.orders.shift()
    if (held.orders.length === 0) this.#held.delete(worker)
  }

  /** A worker died. @returns the film that killed it, once it is found */
  died(worker: Worker, { problem, hungMs }: Pick<Died, 'problem' | 'hungMs'>): FilmResult | null {
    const orders = this.#held.get(worker)?.orders ?? []
    this.#held.delete(worker)
    const [order] = orders
    if (order === undefined) return null
    if (orders.length > 1) {
      this.#suspects.push(...orders)
      return null
    }
    order.deaths += 1
    const { job, deaths } = order
    const [path] = job.paths
    if (job.paths.length > 1) this.#suspects.unshift(...(hungMs === null ? halves(job) : singles(job)))
    else if (path !== undefined && deaths >= DEATHS[hungMs === null ? 'died' : 'hung'])
      return { index: job.start, path, file: null, failure: failureOf(path, problem, hungMs) }
    else this.#suspects.unshift(order)
    return null
  }
}

const failureOf = (path: string, problem: string, hungMs: number | null): Failure =>
  hungMs === null
    ? { stage: 'worker', code: 'ROE_WORKER_DIED', data: { where: path, problem } }
    : { stage: 'worker', code: 'ROE_WORKER_HUNG', data: { where: path, seconds: hungMs / 1000 } }

/** Parts keep the indices, and with them the places in the batch: results stay the same bytes. */
const partOf = ({ start, paths }: Job, from: number, to: number): Order => ({
  job: { start: start + from, paths: paths.slice(from, to) },
  deaths: 0,
})

function halves(job: Job): Order[] {
  const middle = Math.ceil(job.paths.length / 2)
  return [partOf(job, 0, middle), partOf(job, middle, job.paths.length)]
}

/** A hang costs the whole patience, a run of a batch little beside it. */
const singles = (job: Job): Order[] => job.paths.map((_, i) => partOf(job, i, i + 1))

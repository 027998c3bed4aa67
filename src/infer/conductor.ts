/** Hands jobs to worker processes and outlives them: when one dies or hangs, it alone is replaced, and its films are
 *  tried again. Results come out in the order of the films; a few jobs a worker are under way at a time, whatever the
 *  number of films and however slow one of them is. */
import { strict as assert } from 'node:assert'
import { availableParallelism } from 'node:os'
import { Crew, isGivenUp, type Place, stoppedError } from './crew.ts'
import { InOrder } from './in-order.ts'
import type { FromWorker, Setup } from './messages.ts'
import { IN_FLIGHT, Orders } from './orders.ts'
import { cutJobs, type FilmResult, type Job } from './pipeline.ts'
import { Queue } from './queue.ts'
import { type Died, OPENING_MS } from './worker-process.ts'

export interface ConductOptions {
  /** Worker processes; 1 unless given. Never changes a result. */
  workers?: number | undefined
  /** Numbers of the devices that the workers run on, in turns; the provider's default where there are none. */
  devices?: readonly number[] | undefined
  /** Index of the first path, for a run that goes on: films keep their places in their batches. 0 unless given. */
  start?: number | undefined
  /** Seconds after which a worker that holds films is taken for hung when it has given no result, neither of the first
   *  batch that it was given nor since its last one; for each model of the pass; 120 unless given. Opening models has a
   *  longer limit of its own. */
  timeout?: number | undefined
  /** Called when the first worker's models are open, before the first film. */
  onReady?: (() => void) | undefined
  /** Called whenever a worker's state changes. */
  onWorkers?: ((workers: readonly WorkerState[]) => void) | undefined
}

export interface WorkerState {
  /** Of the process; undefined where it could not be started. */
  pid: number | undefined
  /** `decoding`: it holds films and has given no result since it was idle; `given up`: its processes died again and
   *  again before their model was open. */
  state: 'starting' | 'idle' | 'decoding' | 'running' | 'given up'
  /** Processes that died or hung and were replaced. */
  restarts: number
}

type Event =
  | { is: 'job'; job: Job }
  | { is: 'noMoreJobs' }
  | { is: 'failed'; error: unknown }
  | { is: 'said'; place: Place; message: FromWorker | Died }

/** Seconds for a batch and a model: generous on a slow machine. */
const TIMEOUT = 120

/** Jobs under way for each worker, those included that have their results and wait for an earlier film. */
const UNDER_WAY = 2 * IN_FLIGHT

/** Runs films through models in processes of their own.
 *  @param setup  jobs are cut by its `batch`
 *  @returns one result for each path, in their order; a film on which workers die fails with ROE_WORKER_DIED, one on
 *    which they hang with ROE_WORKER_HUNG
 *  @throws what opening the session throws; ROE_WORKER_START when workers die again and again before that is done */
export async function* conduct(
  paths: Iterable<string> | AsyncIterable<string>,
  setup: Setup & { batch: number },
  options: ConductOptions = {},
): AsyncGenerator<FilmResult> {
  const run = new Run(cutJobs(paths, setup.batch, options.start), setup, options)
  try {
    yield* run.results()
  } finally {
    run.end()
  }
}

class Run {
  readonly #jobs: AsyncGenerator<Job>
  readonly #options: ConductOptions
  readonly #events = new Queue<Event>()
  readonly #orders = new Orders<Place>()
  readonly #inOrder: InOrder<FilmResult>
  readonly #crew: Crew
  /** Most films that are under way. */
  readonly #window: number
  /** One more than the index of the last film that is under way. */
  #asked: number
  #isAsking = false
  #isAllAsked = false
  #isReady = false
  /** Workers that have given a result since they were idle. */
  readonly #running = new Set<Place>()

  constructor(jobs: AsyncGenerator<Job>, setup: Setup & { batch: number }, options: ConductOptions) {
    const { workers = 1, start = 0, timeout = TIMEOUT } = options
    this.#jobs = jobs
    this.#options = options
    this.#inOrder = new InOrder(start)
    this.#asked = start
    this.#window = UNDER_WAY * workers * setup.batch
    const patience = { openMs: OPENING_MS, jobMs: 1000 * timeout * setup.models.length }
    const setups = setupsFor(setup, workers, options.devices ?? [])
    const where = setup.models.map(({ model }) => (typeof model === 'string' ? model : 'model')).join(' and ')
    this.#crew = new Crew(setups, patience, where, (place, message) =>
      this.#events.push({ is: 'said', place, message }),
    )
  }

  async *results(): AsyncGenerator<FilmResult> {
    this.#crew.grow()
    for (;;) {
      // Taken out before more films are asked for: those that wait no longer make room, and nothing else may happen after.
      const ready = [...this.#inOrder.take()]
      this.#handOut()
      this.#ask()
      this.#tellStates()
      yield* ready
      if (this.#isAllAsked && this.#orders.isEmpty && this.#isReady) return
      const { value } = await this.#events.next()
      assert(value !== undefined, 'there are events as long as anything is under way')
      this.#handle(value)
    }
  }

  end(): void {
    this.#crew.stop()
    // Not waited for: a list on stdin may not say when it goes on.
    this.#jobs.return(undefined).catch(() => {})
  }

  #handle(event: Event): void {
    if (event.is === 'job') {
      this.#isAsking = false
      this.#asked = event.job.start + event.job.paths.length
      this.#orders.add(event.job)
    } else if (event.is === 'noMoreJobs') this.#isAllAsked = true
    else if (event.is === 'said') this.#hear(event.place, event.message)
    else throw event.error
  }

  #hear(place: Place, message: FromWorker | Died): void {
    if (message.is === 'stopped') throw stoppedError(message)
    if (message.is === 'ready') {
      if (!this.#isReady) this.#options.onReady?.()
      this.#isReady = true
    } else if (message.is === 'results') {
      this.#orders.done(place)
      this.#inOrder.put(message.results)
      this.#running.add(place)
    } else {
      const killer = this.#orders.died(place, message)
      if (killer !== null) this.#inOrder.put([killer])
      this.#running.delete(place)
      this.#crew.replace(place, message)
    }
  }

  /** Gives each job to the worker that holds the fewest; starts another worker where jobs are left. */
  #handOut(): void {
    const ready = this.#crew.places.filter(({ isReady }) => isReady)
    for (;;) {
      const free = ready.filter((place) => this.#orders.hasRoom(place))
      free.sort((a, b) => this.#orders.heldBy(a) - this.#orders.heldBy(b))
      const isGiven = free.some((place) => {
        const job = this.#orders.next(place)
        if (job !== undefined) place.worker.send({ is: 'job', job })
        return job !== undefined
      })
      if (!isGiven) break
    }
    for (const place of ready) if (this.#orders.heldBy(place) === 0) this.#running.delete(place)
    if (this.#crew.canGrow && this.#orders.fresh > this.#starting) this.#crew.grow()
  }

  /** Places whose worker will take a job as soon as it can. */
  get #starting(): number {
    return this.#crew.places.filter((place) => !place.isReady && !isGivenUp(place)).length
  }

  /** Asks for another job where a worker will take it, unless too many films wait for a slow one. */
  #ask(): void {
    const free = this.#crew.places.filter((place) => place.isReady && this.#orders.hasRoom(place)).length
    const hungry = this.#starting + free + (this.#crew.canGrow ? 1 : 0)
    const isFull = this.#asked - this.#inOrder.next >= this.#window
    if (this.#isAsking || this.#isAllAsked || isFull || this.#orders.fresh >= hungry) return
    this.#isAsking = true
    this.#jobs.next().then(
      ({ done, value }) =>
        this.#events.push(done === true ? { is: 'noMoreJobs' } : { is: 'job', job: value }),
      (error: unknown) => this.#events.push({ is: 'failed', error }),
    )
  }

  #tellStates(): void {
    this.#options.onWorkers?.(
      this.#crew.places.map((place) => ({
        pid: place.worker.pid,
        state: this.#stateOf(place),
        restarts: place.restarts,
      })),
    )
  }

  #stateOf(place: Place): WorkerState['state'] {
    if (isGivenUp(place)) return 'given up'
    if (!place.isReady) return 'starting'
    if (this.#orders.heldBy(place) === 0) return 'idle'
    return this.#running.has(place) ? 'running' : 'decoding'
  }
}

/** What each worker is told: the devices are dealt out in turns. */
export function setupsFor(
  setup: Setup,
  workers: number,
  devices: readonly number[],
  cores = availableParallelism(),
): Setup[] {
  const { provider = 'cpu', threads } = setup
  const ownCore = provider === 'cpu' && threads === 1 && workers >= cores
  return Array.from({ length: workers }, (_, i) => {
    const device = devices[i % devices.length]
    return { ...setup, ownCore, ...(device === undefined ? {} : { device }) }
  })
}

/** The worker processes of a run: started when there is work for them, replaced when they die, and told apart by their
 *  place. Knows nothing of which job is with whom. */
import { strict as assert } from 'node:assert'
import { RoentgenError } from '../../errors.ts'
import { errorOf } from './failure.ts'
import type { FromWorker, Setup } from './messages.ts'
import { type Died, type Patience, WorkerProcess } from './worker-process.ts'

/** Openings in a row that may fail before a place in the crew stays empty. */
const OPENINGS = 3

/** A place in the crew, whoever fills it. */
export interface Place {
  worker: WorkerProcess
  isReady: boolean
  restarts: number
  failedOpenings: number
}

type Hear = (place: Place, message: FromWorker | Died) => void

export class Crew {
  readonly places: Place[] = []
  readonly #setups: readonly Setup[]
  readonly #patience: Patience
  readonly #where: string
  readonly #hear: Hear
  #isStopped = false

  /** @param setups  one for each worker that may be started   @param where  the model, for errors
   *  @param hear  is told all that workers say; a worker that died says nothing more */
  constructor(setups: readonly Setup[], patience: Patience, where: string, hear: Hear) {
    this.#setups = setups
    this.#patience = patience
    this.#where = where
    this.#hear = hear
  }

  get canGrow(): boolean {
    return this.places.length < this.#setups.length
  }

  /** Fills the next place. */
  grow(): void {
    assert(this.canGrow, 'a crew has as many workers as setups')
    const worker = this.#start(this.places.length)
    this.places.push({ worker, isReady: false, restarts: 0, failedOpenings: 0 })
    this.#listen(this.places.at(-1)!)
  }

  /** Starts another worker in the place of one that died. A place whose workers die again and again before they are
   *  ready stays empty; the others do its work.
   *  @throws ROE_WORKER_START when all places are */
  replace(place: Place, died: Died): void {
    place.failedOpenings = place.isReady ? 0 : place.failedOpenings + 1
    place.isReady = false
    if (place.failedOpenings < OPENINGS) {
      place.restarts += 1
      place.worker = this.#start(this.places.indexOf(place))
      this.#listen(place)
    } else if (this.places.every(isGivenUp)) throw startError(this.#where, died)
  }

  stop(): void {
    this.#isStopped = true
    for (const { worker } of this.places) worker.stop()
  }

  #start(index: number): WorkerProcess {
    const setup = this.#setups[index]
    assert(setup !== undefined, 'a place has a setup')
    return new WorkerProcess(setup, this.#patience)
  }

  async #listen(place: Place): Promise<void> {
    const { worker } = place
    for (;;) {
      const message = await worker.next()
      if (this.#isStopped) return
      if (message.is === 'ready') place.isReady = true
      this.#hear(place, message)
      if (message.is === 'died') return
    }
  }
}

export const isGivenUp = ({ failedOpenings }: Place): boolean => failedOpenings >= OPENINGS

const startError = (where: string, { problem, said, hungMs }: Died): RoentgenError =>
  new RoentgenError(
    'ROE_WORKER_START',
    { where, problem: hungMs === null ? problem : `ended after ${hungMs / 1000} s without an answer` },
    { cause: new Error(said) },
  )

/** What stopped a worker, as the error that it was there. */
export function stoppedError(message: FromWorker & { is: 'stopped' }): RoentgenError {
  const error = errorOf(message.error)
  error.cause = Object.assign(new Error('in the worker process'), { stack: message.stack })
  return error
}

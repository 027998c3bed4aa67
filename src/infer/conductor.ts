/** Hands jobs to a worker process and outlives it: when the process dies, its films are tried again in a new one,
 *  halved until the film that kills it stands alone. Holds a few jobs at a time, whatever the number of films. */
import { strict as assert } from 'node:assert'
import { RoentgenError } from '../../errors.ts'
import { errorOf, type Failure } from './failure.ts'
import type { FromWorker, Setup } from './messages.ts'
import { cutJobs, type FilmResult, type Job } from './pipeline.ts'
import { type Died, WorkerProcess } from './worker-process.ts'

/** Jobs with the worker at a time: one that it runs, two that it decodes ahead, one on its way. */
const IN_FLIGHT = 4

/** Runs films through a model in a process of its own.
 *  @param setup  jobs are cut by its `batch`   @param onReady  called when the model is open, before the first film
 *  @returns one result for each path, in their order; a film on which the worker dies fails with ROE_WORKER_DIED
 *  @throws what opening the session throws; ROE_WORKER_START when a worker dies before that is done */
export async function* conduct(
  paths: Iterable<string> | AsyncIterable<string>,
  setup: Setup & { model: string; batch: number },
  onReady?: () => void,
): AsyncGenerator<FilmResult> {
  const orders = new Orders(cutJobs(paths, setup.batch))
  let worker = await open(setup)
  onReady?.()
  try {
    while (await orders.sendTo(worker)) {
      const message = await worker.next()
      if (message.is === 'results') {
        orders.done()
        yield* message.results
      } else if (message.is === 'died') {
        const found = orders.died(message)
        if (found !== null) yield found
        worker = await open(setup)
      } else throw unexpected(message, setup.model)
    }
  } finally {
    worker.stop()
  }
}

async function open(setup: Setup & { model: string }): Promise<WorkerProcess> {
  const worker = new WorkerProcess(setup)
  const message = await worker.next()
  if (message.is === 'ready') return worker
  worker.stop()
  throw unexpected(message, setup.model)
}

function unexpected(message: FromWorker | Died, model: string): RoentgenError {
  if (message.is === 'stopped') {
    const error = errorOf(message.error)
    error.cause = Object.assign(new Error('in the worker process'), { stack: message.stack })
    return error
  }
  assert(message.is === 'died', `a worker that is not ready says '${message.is}'`)
  const { problem, said } = message
  return new RoentgenError('ROE_WORKER_START', { where: model, problem }, { cause: new Error(said) })
}

/** Which jobs are with the worker, and which wait. A job that was with a worker when it died is a suspect: suspects
 *  go alone, since only then a death tells whose it is. */
class Orders {
  readonly #fresh: AsyncGenerator<Job>
  #suspects: Job[] = []
  #sent: Job[] = []
  #alone = false

  constructor(fresh: AsyncGenerator<Job>) {
    this.#fresh = fresh
  }

  /** @returns false when everything is done */
  async sendTo(worker: WorkerProcess): Promise<boolean> {
    while (!this.#alone && this.#sent.length < IN_FLIGHT) {
      if (this.#suspects.length > 0 && this.#sent.length > 0) break
      const job = this.#suspects.shift()
      this.#alone = job !== undefined
      const next = job ?? (await this.#fresh.next()).value
      if (next === undefined) break
      this.#sent.push(next)
      worker.send({ is: 'job', job: next })
    }
    return this.#sent.length > 0
  }

  /** The oldest job has its results. */
  done(): void {
    this.#sent.shift()
    this.#alone = false
  }

  /** The worker died. @returns the film that killed it, once it is found */
  died({ problem }: Died): FilmResult | null {
    const [job, ...others] = this.#sent.splice(0)
    const wasAlone = this.#alone || others.length === 0
    this.#alone = false
    if (job === undefined) return null
    const [path] = job.paths
    if (wasAlone && path !== undefined && job.paths.length === 1)
      return { index: job.start, path, failure: deathOf(path, problem) }
    this.#suspects.unshift(...(wasAlone ? halves(job) : [job, ...others]))
    return null
  }
}

const deathOf = (path: string, problem: string): Failure => ({
  stage: 'worker',
  code: 'ROE_WORKER_DIED',
  data: { where: path, problem },
})

/** The two keep the indices, and with them the places in the batch: results stay the same bytes. */
function halves({ start, paths }: Job): Job[] {
  const middle = Math.ceil(paths.length / 2)
  return [
    { start, paths: paths.slice(0, middle) },
    { start: start + middle, paths: paths.slice(middle) },
  ]
}

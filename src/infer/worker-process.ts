/** A worker process seen from its parent: what is sent to it, what comes back, and how it ended. One that says nothing
 *  for too long is ended. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { builtFile } from '../../converters/apart.ts'
import { sessionEnvironment } from '../../converters/onnx/session-environment.ts'
import { problemOf } from '../../errors.ts'
import type { FromWorker, Setup, ToWorker } from './messages.ts'
import { Queue } from './queue.ts'

/** The process is gone; `problem` is its signal or exit status, `said` the end of what it wrote on stderr. */
export interface Died {
  is: 'died'
  problem: string
  said: string
  /** How long it had said nothing when it was ended for that; null when it ended otherwise. */
  hungMs: number | null
}

/** How long a worker may say nothing, in milliseconds. */
export interface Patience {
  /** From its start until its model is open: providers may compile the model for their device. */
  openMs: number
  /** From the first job that it is given to its results, and from then on between results, while it holds jobs. */
  jobMs: number
}

/** Compiling a model for a device may take minutes. */
export const OPENING_MS = 15 * 60_000

/** A timer can wait no longer. */
const LONGEST_MS = 2 ** 31 - 1

const ENTRY = builtFile('worker', import.meta.url, 2)

/** How much of a worker's stderr is kept, in characters; ONNX Runtime can be talkative. */
const STDERR_KEPT = 2000

export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #events = new Queue<FromWorker | Died>()
  readonly #patience: Patience
  #timer: NodeJS.Timeout | undefined
  #jobs = 0
  #hungMs: number | null = null
  #said = ''

  constructor(setup: Setup, patience: Patience) {
    this.#patience = patience
    this.#child = fork(ENTRY, {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: sessionEnvironment(process.env, {
        UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())),
      }),
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-STDERR_KEPT)
    })
    this.#child.on('message', (message: FromWorker) => this.#heard(message))
    this.#child.once('error', (error) => this.#died(problemOf(error)))
    // Both: messages that it sent before its end may arrive after 'exit', but not after 'disconnect'.
    void Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')]).then(
      ([[status, signal]]) => this.#died(signal === null ? `exit status ${status}` : `signal ${signal}`),
      () => {},
    )
    this.#waitFor(patience.openMs)
    this.send({ is: 'setup', setup })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Never throws: that the process is gone, `next` tells. */
  send(message: ToWorker): void {
    if (message.is === 'job' && ++this.#jobs === 1) this.#waitFor(this.#patience.jobMs)
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  async next(): Promise<FromWorker | Died> {
    const { value } = await this.#events.next()
    return value ?? { is: 'died', problem: 'it was stopped', said: '', hungMs: null }
  }

  /** Ends the process without asking; nothing of it is needed any more. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#child.kill('SIGKILL')
  }

  #heard(message: FromWorker): void {
    if (message.is === 'results') this.#jobs -= 1
    clearTimeout(this.#timer)
    if (this.#jobs > 0) this.#waitFor(this.#patience.jobMs)
    this.#events.push(message)
  }

  #waitFor(ms: number): void {
    clearTimeout(this.#timer)
    const timer = setTimeout(
      () => {
        // What it said may lie unread where this process was busy itself: one turn more to read it.
        setImmediate(() => {
          if (this.#timer !== timer) return
          this.#hungMs = ms
          this.#child.kill('SIGKILL')
        })
      },
      Math.min(ms, LONGEST_MS),
    )
    this.#timer = timer
  }

  #died(problem: string): void {
    clearTimeout(this.#timer)
    this.#events.push({ is: 'died', problem, said: this.#said, hungMs: this.#hungMs })
    this.#events.close()
  }
}

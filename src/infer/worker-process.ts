/** A worker process seen from its parent: what is sent to it, what comes back, and how it ended. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { builtFile } from '../../converters/apart.ts'
import { problemOf } from '../../errors.ts'
import type { FromWorker, Setup, ToWorker } from './messages.ts'
import { Queue } from './queue.ts'

/** The process is gone; `problem` is its signal or exit status, `said` the end of what it wrote on stderr. */
export interface Died {
  is: 'died'
  problem: string
  said: string
}

const ENTRY = builtFile('worker', import.meta.url, 2)

/** How much of a worker's stderr is kept, in characters; ONNX Runtime can be talkative. */
const STDERR_KEPT = 2000

export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #events = new Queue<FromWorker | Died>()
  #said = ''

  constructor(setup: Setup) {
    this.#child = fork(ENTRY, {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())), ...process.env },
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-STDERR_KEPT)
    })
    this.#child.on('message', (message: FromWorker) => this.#events.push(message))
    this.#child.once('error', (error) => this.#died(problemOf(error)))
    // Both: messages that it sent before its end may arrive after 'exit', but not after 'disconnect'.
    void Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')]).then(
      ([[status, signal]]) => this.#died(signal === null ? `exit status ${status}` : `signal ${signal}`),
      () => {},
    )
    this.send({ is: 'setup', setup })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Never throws: that the process is gone, `next` tells. */
  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  async next(): Promise<FromWorker | Died> {
    const { value } = await this.#events.next()
    return value ?? { is: 'died', problem: 'it was stopped', said: '' }
  }

  /** Ends the process without asking; nothing of it is needed any more. */
  stop(): void {
    this.#child.kill('SIGKILL')
  }

  #died(problem: string): void {
    this.#events.push({ is: 'died', problem, said: this.#said })
    this.#events.close()
  }
}

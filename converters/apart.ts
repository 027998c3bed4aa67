/** Work in a process of its own, that a native abort or a large model takes nothing else along: a built file is started,
 *  asked one thing at a time, and ends with its parent. `answerRequests` is what such a file calls. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type ErrorCode, type ErrorData, problemOf, RoentgenError } from '../errors.ts'
import { endWithParent } from './end-with-parent.ts'

type Reply =
  | { is: 'done'; value: unknown }
  | { is: 'failed'; code: ErrorCode; data: ErrorData<ErrorCode>; stack: string }

/** The process ended without an answer. */
export class DiedApart extends Error {}

export class Apart {
  readonly #child: ChildProcess
  #said = ''

  /** @param entry  a built file (Node 20 runs no TypeScript) that calls `answerRequests`
   *  @param env  of the process [as it is here] */
  constructor(entry: URL, env: NodeJS.ProcessEnv = process.env) {
    this.#child = fork(entry, {
      env,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-STDERR_KEPT)
    })
    // Whoever waits hears of it; nobody else needs to.
    this.#child.on('error', () => {})
    this.rest()
  }

  /** @returns what the process answers   @throws what it throws, by code and data; DiedApart */
  ask<Answer>(request: unknown): Promise<Answer> {
    this.#keepAlive(true)
    return new Promise<Answer>((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#child.off('message', onMessage).off('exit', onExit).off('error', onError)
        this.rest()
        settle()
      }
      const onMessage = (reply: Reply): void =>
        end(() => (reply.is === 'done' ? resolve(reply.value as Answer) : reject(errorOf(reply))))
      const died = (problem: string): void =>
        end(() => reject(new DiedApart(problem, { cause: new Error(this.#said) })))
      const onExit = (status: number | null, signal: string | null): void =>
        died(`its process ended with ${signal === null ? `exit status ${status}` : `signal ${signal}`}`)
      const onError = (error: unknown): void => died(problemOf(error))
      this.#child.on('message', onMessage).on('exit', onExit).on('error', onError)
      if (this.isAlive) this.#child.send(request as object, (error) => error !== null && onError(error))
      else onExit(this.#child.exitCode, this.#child.signalCode)
    })
  }

  get isAlive(): boolean {
    return this.#child.connected && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** It no longer keeps this process alive. */
  rest(): void {
    this.#keepAlive(false)
  }

  /** Tells it to go, with its temporary files; it is stopped where it does not hear of that, in a long computation. */
  dismiss(): void {
    this.#child.kill('SIGTERM')
    setTimeout(() => this.stop(), PATIENCE_MS).unref()
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  /** Stops it. @returns the end of all that it wrote on stderr */
  async end(): Promise<string> {
    const { stderr } = this.#child
    this.#keepAlive(true)
    this.stop()
    if (stderr !== null && !stderr.closed) await once(stderr, 'close')
    return this.#said
  }

  #keepAlive(isNeeded: boolean): void {
    const how = isNeeded ? 'ref' : 'unref'
    const { stderr } = this.#child as unknown as { stderr: { ref(): void; unref(): void } | null }
    for (const handle of [this.#child, this.#child.channel, stderr]) handle?.[how]()
  }
}

/** How much of its stderr is kept, in characters. */
const STDERR_KEPT = 2000

/** How long a process may take to hear that it is to go. */
const PATIENCE_MS = 2000

const errorOf = ({ code, data, stack }: Reply & { is: 'failed' }): RoentgenError =>
  new RoentgenError(code, data, {
    cause: Object.assign(new Error('in a process of its own'), { stack }),
  })

/** The built file of a source; from the sources (under vitest) it is taken out of dist/.
 *  @param url  `import.meta.url` of the asking file   @param depth  how far that lies below the root */
export const builtFile = (name: string, url: string, depth: number): URL => {
  if (!url.endsWith('.ts')) return new URL(`./${name}.js`, url)
  const root = new URL('../'.repeat(depth), url)
  const folder = new URL('.', url).href.slice(root.href.length)
  return new URL(`dist/${folder}${name}.js`, root)
}

/** In the started file: answers each request, and ends with the parent. */
export function answerRequests<Request>(answer: (request: Request) => Promise<unknown>): void {
  endWithParent()
  // What it has among the temporary files goes with it.
  process.on('SIGTERM', () => process.exit())
  process.on('message', async (request: Request) => {
    process.send?.(await answer(request).then((value): Reply => ({ is: 'done', value }), failed))
  })
}

const failed = (error: unknown): Reply => {
  const known =
    error instanceof RoentgenError
      ? error
      : new RoentgenError('ROE_INTERNAL', { where: 'roentgen', problem: problemOf(error) })
  const { stack = '' } = error instanceof Error ? error : known
  return { is: 'failed', code: known.code, data: known.data as ErrorData<ErrorCode>, stack }
}

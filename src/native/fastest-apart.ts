/** A process in which tfjs computes with the fastest backend there is. A TensorFlow that was damaged may end the process that
 *  loads it; then another one is started, which does without. */
import { Apart, DiedApart } from '../../converters/apart.ts'
import { findNative } from './find.ts'
import { passedOverText } from './passed-over.ts'

/** What the process is asked first; it gives `withNative` to `useFastest`. */
export interface Opening {
  is: 'open'
  withNative: boolean
}

/** What it answers then. */
export interface Opened {
  /** What `useFastest` returned. */
  problem: string | null
}

/** A library that was damaged ends the process that loads it: it is not loaded again. */
let isNativeBroken = false

export class FastestApart {
  readonly #entry: URL
  #apart: Apart

  /** @param entry  a built file that calls `answerRequests` */
  constructor(entry: URL) {
    this.#entry = entry
    this.#apart = new Apart(entry)
  }

  get isAlive(): boolean {
    return this.#apart.isAlive
  }

  /** The first request. @param note  told where TensorFlow is installed and does not work
   *  @throws what `ask` throws */
  async open<Answer extends Opened>(
    request: { is: 'open' },
    note: (line: string) => void,
  ): Promise<Omit<Answer, 'problem'>> {
    const withNative = !isNativeBroken
    const first = this.ask<Answer>({ ...request, withNative } satisfies Opening)
    const { problem, ...shown } = await first.catch(async (error: unknown): Promise<Answer> => {
      if (!withNative || !(error instanceof DiedApart) || 'missing' in (await findNative('tensorflow')))
        throw error
      this.#apart = new Apart(this.#entry)
      const second = await this.ask<Answer>({ ...request, withNative: false } satisfies Opening)
      return { ...second, problem: error.message }
    })
    if (problem === null) return shown
    isNativeBroken = true
    note(passedOverText(problem))
    return shown
  }

  /** @returns what the process answers   @throws what it throws, by code and data; DiedApart */
  ask<Answer>(request: unknown): Promise<Answer> {
    return this.#apart.ask<Answer>(request)
  }

  dismiss(): void {
    this.#apart.dismiss()
  }
}

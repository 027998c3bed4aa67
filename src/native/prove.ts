/** A native part, or an engine, is tried in a process of its own: a library that does not fit ends its process. */
import { setTimeout } from 'node:timers/promises'
import { Apart, answerRequests, DiedApart } from '../../converters/apart.ts'

/** Libraries of a GPU compile for minutes when they are loaded for the first time. */
const LIMIT_MS = 300_000

/** @param entry  a built file that calls `answerProof`   @param limitMs  of its answer
 *  @returns what takes the folder of a part, or a name, and gives what it says of itself   @throws Error with one line */
export const proveApart =
  (entry: URL, limitMs = LIMIT_MS) =>
  async (folder: string): Promise<string> => {
    const apart = new Apart(entry)
    const limit = new AbortController()
    const late = setTimeout(limitMs, LATE, { signal: limit.signal })
    try {
      const answer = await Promise.race([apart.ask<Answer>(folder), late])
      if (answer === LATE) throw new Error(`it gave no answer in ${limitMs / 1000} s`)
      if ('problem' in answer) throw new Error(answer.problem)
      return answer.says
    } catch (error) {
      if (!(error instanceof DiedApart)) throw error
      const said = error.cause instanceof Error ? error.cause.message.trim().split('\n').at(-1) : ''
      throw new Error(said === '' ? error.message : `${error.message}: ${said}`, { cause: error })
    } finally {
      limit.abort()
      apart.stop()
    }
  }

/** Of the limit. */
const LATE = Symbol('late')

/** What is wrong is an answer, too: the asking process has words for it. */
type Answer = { says: string } | { problem: string }

/** In the started file. */
export const answerProof = (prove: (folder: string) => Promise<string>): void =>
  answerRequests<string>(
    (folder): Promise<Answer> =>
      prove(folder).then(
        (says) => ({ says }),
        (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
      ),
  )

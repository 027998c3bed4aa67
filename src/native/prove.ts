/** A native part, or an engine, is tried in a process of its own: a library that does not fit ends its process. */
import { Apart, answerRequests, DiedApart } from '../../converters/apart.ts'

/** @param entry  a built file that calls `answerProof`
 *  @returns what takes the folder of a part, or a name, and gives what it says of itself   @throws Error with one line */
export const proveApart =
  (entry: URL) =>
  async (folder: string): Promise<string> => {
    const apart = new Apart(entry)
    try {
      const answer = await apart.ask<Answer>(folder)
      if ('problem' in answer) throw new Error(answer.problem)
      return answer.says
    } catch (error) {
      if (!(error instanceof DiedApart)) throw error
      const said = error.cause instanceof Error ? error.cause.message.trim().split('\n').at(-1) : ''
      throw new Error(said === '' ? error.message : `${error.message}: ${said}`, { cause: error })
    } finally {
      apart.stop()
    }
  }

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

/** The original of a conversion, in a process of its own: tfjs holds the weights two more times while it computes, and
 *  the converter should not. It reads the model while the converter does. */
import { Apart, builtFile, DiedApart } from '../../converters/apart.ts'
import type { Feed, Reference } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import type { SaidFacts } from './convert-facts.ts'

export type ReferenceRequest =
  | { is: 'open'; path: string; facts: SaidFacts }
  | { is: 'run'; feeds: readonly Feed[]; doubted: readonly string[] | undefined; isPair: boolean }

const ENTRY = builtFile('convert-reference-worker', import.meta.url, 2)

export interface ReferenceApart {
  /** @param isPair  whether the file gives both classes of a model that gives one */
  of: (isPair: boolean) => Reference
  stop: () => void
}

/** @param facts  as plain data */
export function referenceApart(path: string, facts: SaidFacts): ReferenceApart {
  const apart = new Apart(ENTRY)
  const ask = <Answer>(request: ReferenceRequest): Promise<Answer> =>
    apart.ask<Answer>(request).catch((error: unknown) => {
      if (!(error instanceof DiedApart)) throw error
      const problem = `tfjs, which computes the reference: ${error.message}`
      throw new RoentgenError('ROE_INTERNAL', { where: path, problem }, { cause: error })
    })
  const opened = ask({ is: 'open', path, facts })
  // Whoever converts fails of the same; only who waits for the reference hears of this one.
  opened.catch(() => {})
  return {
    of: (isPair) => async (feeds, doubted) => {
      await opened
      return await ask({ is: 'run', feeds, doubted, isPair })
    },
    stop: () => apart.stop(),
  }
}

/** The original of a conversion, in a process of its own: tfjs holds the weights two more times while it computes, and
 *  the converter should not. It reads the model while the converter does. */
import { Apart, builtFile, DiedApart } from '../../converters/apart.ts'
import type { Feed, Reference } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import { findNative } from '../native/find.ts'
import type { SaidFacts } from './convert-facts.ts'
import { passedOverText } from './passed-over.ts'

export type ReferenceRequest =
  | { is: 'open'; path: string; facts: SaidFacts; withNative: boolean }
  | { is: 'run'; feeds: readonly Feed[]; doubted: readonly string[] | undefined; isPair: boolean }

const ENTRY = builtFile('convert-reference-worker', import.meta.url, 2)

export interface ReferenceApart {
  /** @param isPair  whether the file gives both classes of a model that gives one */
  of: (isPair: boolean) => Reference
  stop: () => void
}

/** A library that was damaged ends the process that loads it: it is not loaded again. */
let isNativeBroken = false

/** @param facts  as plain data   @param note  told where TensorFlow is installed and does not work */
export function referenceApart(path: string, facts: SaidFacts, note: (line: string) => void): ReferenceApart {
  let apart = new Apart(ENTRY)
  const ask = <Answer>(request: ReferenceRequest): Promise<Answer> => apart.ask<Answer>(request)
  const open = async (): Promise<void> => {
    const withNative = !isNativeBroken
    const problem = await ask<string | null>({ is: 'open', path, facts, withNative }).catch(async (error) => {
      if (!withNative || !(error instanceof DiedApart) || 'missing' in (await findNative('tensorflow')))
        throw error
      apart = new Apart(ENTRY)
      await ask({ is: 'open', path, facts, withNative: false })
      return error.message
    })
    if (problem === null) return
    isNativeBroken = true
    note(passedOverText(problem))
  }
  const opened = open().catch((error: unknown) => {
    throw internal(path, error)
  })
  // Whoever converts fails of the same; only who waits for the reference hears of this one.
  opened.catch(() => {})
  return {
    of: (isPair) => async (feeds, doubted) => {
      await opened
      return await ask<Awaited<ReturnType<Reference>>>({ is: 'run', feeds, doubted, isPair }).catch(
        (error: unknown) => {
          throw internal(path, error)
        },
      )
    },
    stop: () => apart.dismiss(),
  }
}

function internal(path: string, error: unknown): unknown {
  if (!(error instanceof DiedApart)) return error
  const problem = `tfjs, which computes the reference: ${error.message}`
  return new RoentgenError('ROE_INTERNAL', { where: path, problem }, { cause: error })
}

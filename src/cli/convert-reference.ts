/** The original of a conversion, or a model of tfjs or Keras that `verify` compares, in a process of its own: tfjs holds the
 *  weights two more times while it computes, and who asks should not; a damaged TensorFlow may end it. It reads the model
 *  while the converter does. */
import { Apart, builtFile, DiedApart } from '../../converters/apart.ts'
import type { Feed, RecordInput, Reference } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import { findNative } from '../native/find.ts'
import type { SaidFacts } from './convert-facts.ts'
import { passedOverText } from './passed-over.ts'

export type ReferenceRequest =
  | { is: 'open'; path: string; facts: SaidFacts; withNative: boolean }
  | { is: 'columns' }
  | { is: 'behind'; facts: SaidFacts }
  | { is: 'run'; feeds: readonly Feed[]; doubted: readonly string[] | undefined; isPair: boolean }

const ENTRY = builtFile('convert-reference-worker', import.meta.url, 2)

/** The model as it is compared. */
export interface ShownModel {
  format: string
  inputs: readonly RecordInput[]
  outputs: readonly string[]
}

/** @property problem  why TensorFlow is passed over, where it is installed and does not load */
export interface OpenedModel extends ShownModel {
  problem: string | null
}

export interface ReferenceApart {
  /** Rejects with what reading throws. */
  opened: Promise<ShownModel>
  /** How many numbers the one output gives a film; undefined where there are several outputs, or more axes. */
  columns: () => Promise<number | undefined>
  /** Puts it behind another input than it was opened with. @throws ROE_OPTION for what it cannot be given */
  behind: (facts: SaidFacts) => Promise<ShownModel>
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
  const open = async (): Promise<ShownModel> => {
    const withNative = !isNativeBroken
    const first = ask<OpenedModel>({ is: 'open', path, facts, withNative })
    const { problem, ...shown } = await first.catch(async (error): Promise<OpenedModel> => {
      if (!withNative || !(error instanceof DiedApart) || 'missing' in (await findNative('tensorflow')))
        throw error
      apart = new Apart(ENTRY)
      const second = await ask<OpenedModel>({ is: 'open', path, facts, withNative: false })
      return { ...second, problem: error.message }
    })
    if (problem === null) return shown
    isNativeBroken = true
    note(passedOverText(problem))
    return shown
  }
  const told = async <Answer>(work: Promise<Answer>): Promise<Answer> =>
    work.catch((error: unknown) => {
      throw internal(path, error)
    })
  const opened = told(open())
  // Whoever converts fails of the same; only who waits for the reference hears of this one.
  opened.catch(() => {})
  return {
    opened,
    columns: () => told(ask({ is: 'columns' })),
    behind: (facts) => told(ask({ is: 'behind', facts })),
    of: (isPair) => async (feeds, doubted) => {
      await opened
      return await told(ask<Awaited<ReturnType<Reference>>>({ is: 'run', feeds, doubted, isPair }))
    },
    stop: () => apart.dismiss(),
  }
}

function internal(path: string, error: unknown): unknown {
  if (!(error instanceof DiedApart)) return error
  const problem = `tfjs, which computes the reference: ${error.message}`
  return new RoentgenError('ROE_INTERNAL', { where: path, problem }, { cause: error })
}

/** The original of a conversion, or a model of tfjs or Keras that `verify` compares, in a process of its own: tfjs holds the
 *  weights two more times while it computes, and who asks should not; a damaged TensorFlow may end it. It reads the model
 *  while the converter does. */
import { builtFile, DiedApart } from '../../converters/apart.ts'
import type { Feed, RecordInput, Reference } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import { FastestApart, type Opened, type Opening } from '../native/fastest-apart.ts'
import type { SaidFacts } from './convert-facts.ts'

interface OpenRequest {
  is: 'open'
  path: string
  facts: SaidFacts
}

export type ReferenceRequest =
  | (OpenRequest & Opening)
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

export type OpenedModel = ShownModel & Opened

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

/** @param facts  as plain data   @param note  told where TensorFlow is installed and does not work */
export function referenceApart(path: string, facts: SaidFacts, note: (line: string) => void): ReferenceApart {
  const apart = new FastestApart(ENTRY)
  const ask = <Answer>(request: ReferenceRequest): Promise<Answer> => told(apart.ask<Answer>(request))
  const told = async <Answer>(work: Promise<Answer>): Promise<Answer> =>
    work.catch((error: unknown) => {
      throw internal(path, error)
    })
  const request: OpenRequest = { is: 'open', path, facts }
  const opened: Promise<ShownModel> = told(apart.open<OpenedModel>(request, note))
  // Whoever converts fails of the same; only who waits for the reference hears of this one.
  opened.catch(() => {})
  return {
    opened,
    columns: () => ask({ is: 'columns' }),
    behind: (facts) => ask({ is: 'behind', facts }),
    of: (isPair) => async (feeds, doubted) => {
      await opened
      return await ask<Awaited<ReturnType<Reference>>>({ is: 'run', feeds, doubted, isPair })
    },
    stop: () => apart.dismiss(),
  }
}

function internal(path: string, error: unknown): unknown {
  if (!(error instanceof DiedApart)) return error
  const problem = `tfjs, which computes the reference: ${error.message}`
  return new RoentgenError('ROE_INTERNAL', { where: path, problem }, { cause: error })
}

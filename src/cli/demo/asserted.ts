/** What the demo asserts of its figures. */
import { RoentgenError } from '../../../errors.ts'

const LEAST = 0.95
const CHANCE = 0.5
const WITHIN = 0.15

/** The same in words, for the report. */
export const MUST_BE = { true: `at least ${LEAST}`, shuffled: `${CHANCE} ± ${WITHIN}` } as const

/** Areas under the ROC curve over the test films, 0..1. */
export interface Aucs {
  /** After training on the true labels. */
  true: number
  /** After training on shuffled ones; the mean of some such trainings. */
  shuffled: number
}

/** @param where  folder of the demo   @throws ROE_DEMO when one is not what it must be, or is no number */
export function assertAucs(where: string, aucs: Aucs): void {
  const isRight = { true: aucs.true >= LEAST, shuffled: Math.abs(aucs.shuffled - CHANCE) <= WITHIN }
  for (const labels of ['true', 'shuffled'] as const) {
    if (isRight[labels]) continue
    const problem = `the test AUC with ${labels} labels is ${aucs[labels].toFixed(3)}, it must be ${MUST_BE[labels]}`
    throw new RoentgenError('ROE_DEMO', { where, problem })
  }
}

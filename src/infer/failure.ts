/** What became of an input that has no result, as data: it crosses a process border and ends in the ledger. */
import { type ErrorCode, type ErrorData, problemOf, RoentgenError } from '../../errors.ts'

/** Where on its way a film failed. */
export type Stage = 'decode' | 'preprocess' | 'infer' | 'worker'

export interface Failure {
  stage: Stage
  code: ErrorCode
  /** What the words of `code` are made of (errors.ts). */
  data: object
}

/** Any thrown value as the failure of one film; what is no RoentgenError is a fault of ours, and says so. */
export function failureOf(stage: Stage, path: string, error: unknown): Failure {
  return { stage, ...factsOf(error, path) }
}

/** What crosses a process border of any thrown value. */
export const factsOf = (error: unknown, where: string): Pick<Failure, 'code' | 'data'> =>
  error instanceof RoentgenError
    ? { code: error.code, data: error.data as object }
    : { code: 'ROE_INTERNAL', data: { where, problem: problemOf(error) } }

/** The error that a failure was made of. */
export const errorOf = ({ code, data }: Pick<Failure, 'code' | 'data'>): RoentgenError =>
  new RoentgenError(code, data as ErrorData<ErrorCode>)

/** What a row of the table of TensorFlow's operators is: on values of which rank and type, and which nodes it writes. */
import type { GraphBuilder, Value } from './graph-builder.ts'

export interface OperatorCase {
  ranks: readonly number[]
  dtype: Value['dtype']
  /** In random models it stands on inputs of its own: what it makes of others a last digit decides. */
  isAlone?: boolean
  /** @returns the outputs, by name: `Split_3:1` is the second of Split_3 */
  write: (to: GraphBuilder, x: Value) => string | string[]
}

type Write = OperatorCase['write']

/** On floats of these ranks; each writer is a case. */
export const on = (ranks: readonly number[], ...all: Write[]): OperatorCase[] =>
  all.map((write) => ({ ranks, dtype: 'float32', write }))

export const wholesOn = (ranks: readonly number[], ...all: Write[]): OperatorCase[] =>
  all.map((write) => ({ ranks, dtype: 'int32', write }))

export const discrete = (cases: readonly OperatorCase[]): OperatorCase[] =>
  cases.map((one) => ({ ...one, isAlone: true }))

export const ANY = [2, 3, 4, 5]
/** An input of each rank, without its batch. */
export const FILMS: Readonly<Record<number, readonly number[]>> = {
  2: [6],
  3: [5, 4],
  4: [6, 5, 4],
  5: [4, 4, 3, 2],
}

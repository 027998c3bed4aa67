/** Options of `roentgen score` that say how fast, never what: no result depends on them. */
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'

export const speedOptions = <T>(yargs: Argv<T>) =>
  yargs.option('threads', { type: 'number', describe: 'threads of the model [as many as cores]' })

/** @throws ROE_OPTION unless it is a whole number from 1 */
export function wholeFrom1(option: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value
  const facts = { where: option, expected: 'a whole number from 1', received: String(value) }
  throw new RoentgenError('ROE_OPTION', facts)
}

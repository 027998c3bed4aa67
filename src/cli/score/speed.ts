/** Options of `roentgen score` that say how fast, never what: no result depends on them. */
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import type { Shape } from '../../infer/shapes.ts'

export const speedOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('workers', {
      type: 'number',
      describe: 'worker processes [as many as cores and memory allow; measured where a run is long]',
    })
    .option('threads', { type: 'number', describe: 'threads of the model in each worker [as above]' })
    .option('decoders', { type: 'number', describe: 'films decoded at once in each worker [as above]' })
    .option('timeout', {
      type: 'number',
      describe: 'seconds without a result, for each model, after which a worker is taken for hung',
      default: 120,
    })

interface SpeedArgs {
  workers: number | undefined
  threads: number | undefined
  decoders: number | undefined
  timeout: number
}

/** What the user fixed of a run's shape, checked.
 *  @throws ROE_OPTION */
export function fixedShape(args: SpeedArgs): Partial<Shape> {
  const { timeout } = args
  if (!(timeout >= 1))
    throw new RoentgenError('ROE_OPTION', {
      where: '--timeout',
      expected: 'a number of seconds from 1',
      received: String(timeout),
    })
  const names = ['workers', 'threads', 'decoders'] as const
  const given = names.map((name) => [name, wholeFrom1(`--${name}`, args[name])] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

/** @throws ROE_OPTION unless it is a whole number from 1 */
function wholeFrom1(option: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value
  const facts = { where: option, expected: 'a whole number from 1', received: String(value) }
  throw new RoentgenError('ROE_OPTION', facts)
}

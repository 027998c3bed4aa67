/** Options of `roentgen score` that say how fast, never what: no result depends on them. */
import { availableParallelism } from 'node:os'
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import type { Shape } from '../../infer/shapes.ts'
import { requireWhole } from '../require-whole.ts'

/** Workers, threads and decoders: more of them than this only take memory from each other. */
const MOST = Math.max(64, 8 * availableParallelism())

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
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = args[name]
      return value === undefined ? [] : [[name, requireWhole(`--${name}`, value, 1, MOST)]]
    }),
  )
}

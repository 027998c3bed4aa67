/** Options of a training that are about the fit: what counts, what is watched, which epoch is kept, and what becomes of a
 *  training that was interrupted. */
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import type { Found } from '../../infer/run/run.ts'
import { MONITOR_NAMES, type MonitorName, NO_WATCH, REDUCE, type Watch } from '../../train/fit/watchers.ts'
import type { Recipe, TrainingPlan } from '../../train/recipes.ts'
import { requireWhole } from '../require-whole.ts'

/** What the user gave. */
export interface FitGiven {
  classWeights?: string | undefined
  labelSmoothing?: number | undefined
  keep?: Watch['keep'] | undefined
  monitor?: MonitorName | undefined
  patience?: number | undefined
  minDelta?: number | undefined
  reducePatience?: number | undefined
  reduceFactor?: number | undefined
}

export const fitOptions = <Given>(yargs: Argv<Given>) =>
  yargs
    .option('class-weights', {
      type: 'string',
      describe:
        '`balanced`: each class as a whole weighs the same (with --multi-label: films that have a label as those that have not); or of some labels, e.g. covid=2,normal=0.5 [1]',
    })
    .option('label-smoothing', {
      type: 'number',
      describe: 'how far the classes of a film are drawn towards each other, below 1 [0]',
    })
    .option('keep', {
      choices: ['last', 'best'] as const,
      describe: "the epoch that is exported [the recipe's; best with --patience]",
    })
    .option('monitor', {
      choices: MONITOR_NAMES,
      describe: `the figure that --keep best, --patience and --reduce-patience watch [${NO_WATCH.monitor}]`,
    })
    .option('patience', {
      type: 'number',
      describe: 'stop after so many epochs that are not better [never]',
    })
    .option('min-delta', {
      type: 'number',
      describe: 'what --patience takes for better is better by more [0]',
    })
    .option('reduce-patience', {
      type: 'number',
      describe: `reduce the learning rate after so many epochs that are not better by more than ${REDUCE.minDelta} [never]`,
    })
    .option('reduce-factor', {
      type: 'number',
      describe: `what --reduce-patience multiplies the rate by [${REDUCE.factor}]`,
    })
    .option('resume', {
      type: 'boolean',
      conflicts: 'restart',
      describe: 'go on behind the last whole epoch of a training that was interrupted',
    })
    .option('restart', {
      type: 'boolean',
      describe: 'begin anew where a training was interrupted',
    })

export const foundOf = ({
  resume,
  restart,
}: {
  resume: boolean | undefined
  restart: boolean | undefined
}): Found => (resume ? 'resume' : restart ? 'restart' : 'refuse')

/** The part of a plan that these options say. @throws ROE_OPTION */
export function fitPlanOf(
  given: FitGiven,
  recipe: Recipe,
): Pick<TrainingPlan, 'watch' | 'classWeights' | 'labelSmoothing'> {
  const { classWeights, labelSmoothing } = given
  const watch = watchOf(given, recipe.watch ?? NO_WATCH)
  return {
    ...(watch === NO_WATCH ? {} : { watch }),
    ...(classWeights === undefined ? {} : { classWeights: weightsOf(classWeights) }),
    ...(labelSmoothing === undefined
      ? {}
      : { labelSmoothing: requireNumber('--label-smoothing', labelSmoothing, 0, 1) }),
  }
}

function watchOf(given: FitGiven, recipe: Watch): Watch {
  const { keep, monitor, patience, minDelta, reducePatience, reduceFactor } = given
  const needed = [
    ['--min-delta', minDelta, '--patience', patience],
    ['--reduce-factor', reduceFactor, '--reduce-patience', reducePatience],
  ] as const
  for (const [where, value, other, its] of needed)
    if (value !== undefined && its === undefined)
      throw new RoentgenError('ROE_OPTION', {
        where,
        expected: `${other} beside it`,
        received: String(value),
      })
  if ([keep, monitor, patience, reducePatience].every((one) => one === undefined)) return recipe
  const watched = {
    keep: keep ?? recipe.keep,
    stop: patience ?? recipe.stop,
    reduce: reducePatience ?? recipe.reduce,
  }
  if (monitor !== undefined && watched.keep === 'last' && watched.stop === null && watched.reduce === null)
    throw new RoentgenError('ROE_OPTION', {
      where: '--monitor',
      expected: '--keep best, --patience or --reduce-patience beside it',
      received: monitor,
    })
  return {
    monitor: monitor ?? recipe.monitor,
    keep: keep ?? (patience === undefined ? recipe.keep : 'best'),
    stop:
      patience === undefined
        ? recipe.stop
        : {
            patience: requireWhole('--patience', patience),
            minDelta: requireNumber('--min-delta', minDelta ?? 0, 0, Infinity),
          },
    reduce:
      reducePatience === undefined
        ? recipe.reduce
        : {
            ...REDUCE,
            patience: requireWhole('--reduce-patience', reducePatience),
            factor: requireNumber('--reduce-factor', reduceFactor ?? REDUCE.factor, 0, 1),
          },
  }
}

/** `balanced`, or `covid=2,normal=0.5`. */
function weightsOf(given: string): NonNullable<TrainingPlan['classWeights']> {
  if (given === 'balanced') return given
  const pairs = given.split(',').map((pair) => {
    const at = pair.lastIndexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1) === '' ? Number.NaN : Number(pair.slice(at + 1))] as const
  })
  if (pairs.every(([label, weight]) => label !== '' && Number.isFinite(weight) && weight > 0))
    return Object.fromEntries(pairs)
  const expected = 'balanced, or labels with weights above 0, e.g. covid=2,normal=0.5'
  throw new RoentgenError('ROE_OPTION', { where: '--class-weights', expected, received: given })
}

function requireNumber(where: string, value: number, least: number, below: number): number {
  if (value >= least && value < below) return value
  const expected = `a number from ${least}${below === Infinity ? '' : `, below ${below}`}`
  throw new RoentgenError('ROE_OPTION', { where, expected, received: String(value) })
}

/** Options of `roentgen bench`, and what they come to. */
import { availableParallelism } from 'node:os'
import type { Argv } from 'yargs'
import { RULES, type Rules } from '../../../bench/scenarios.ts'
import { RoentgenError } from '../../../errors.ts'
import { PROVIDERS } from '../../infer/providers.ts'
import { requireWhole } from '../require-whole.ts'
import { type Axes, numbersOf, scenariosOf, wordsOf } from './cases.ts'
import { type BackboneWish, backbonesOf, type Precision } from './model.ts'

export const benchOptions = <T>(yargs: Argv<T>) =>
  yargs
    .positional('films', {
      type: 'string',
      describe: 'a folder of films: measured from file to row, too',
    })
    .option('backbone', {
      type: 'string',
      describe: 'all, or names with commas between them: each with a head of two classes, made for it',
    })
    .option('model', {
      alias: 'm',
      string: true,
      array: true,
      nargs: 1,
      describe: 'ONNX model of roentgen; may be given again',
    })
    .option('out', {
      alias: 'o',
      type: 'string',
      demandOption: true,
      describe: 'folder for the report, the samples and the networks that are made',
    })
    .option('scenario', {
      type: 'string',
      describe: 'single-stream, offline, end-to-end, with commas between them [all that can be]',
    })
    .option('provider', {
      type: 'string',
      default: 'cpu',
      describe: `where models run, with commas between them: ${PROVIDERS.map(({ name }) => name).join(', ')}; auto: the fastest that agrees with the cpu`,
    })
    .option('precision', {
      type: 'string',
      default: 'fp32',
      describe: 'of backbones: fp32, fp16 or both with a comma between them; a file has its own',
    })
    .option('batch', {
      type: 'string',
      default: '16',
      describe: 'films a batch, with commas between them; single-stream has 1',
    })
    .option('threads', {
      type: 'string',
      describe: 'threads of a model, with commas between them [as many as cores]',
    })
    .option('size', { type: 'number', describe: "pixels a side of backbones [each one's own]" })
    .option('weights', {
      choices: ['random', 'imagenet'] as const,
      default: 'random' as const,
      describe: 'of backbones; imagenet: roentgen weights fetch brings them',
    })
    .option('data', {
      type: 'string',
      describe: 'labelled films, as evaluate takes them: the AUC of each model that is given',
    })
    .option('positive', {
      type: 'string',
      describe: 'the class, or of a multi-label model the label, that the AUC is of',
    })
    .option('quick', {
      type: 'boolean',
      default: false,
      describe: 'a first look: shorter and fewer rounds, and the report says so',
    })
    .option('rounds', {
      type: 'number',
      describe: `processes of each case [${RULES.normal.rounds}; quick: ${RULES.quick.rounds}]`,
    })
    .option('duration', {
      type: 'number',
      describe: `least seconds that count, of each process [${RULES.normal.minDurationMs / 1000}; quick: ${RULES.quick.minDurationMs / 1000}]; MLPerf asks 600`,
    })
    .option('seed', { type: 'number', default: 42, describe: 'of the order of cases and of random weights' })
    .option('json', { type: 'boolean', default: false, describe: 'where everything is, as JSON on stdout' })

interface Given {
  films?: string | undefined
  backbone: string | undefined
  model: readonly string[] | undefined
  out: string
  scenario: string | undefined
  provider: string
  precision: string
  batch: string
  threads: string | undefined
  size: number | undefined
  weights: BackboneWish['weights']
  data: string | undefined
  positive: string | undefined
  quick: boolean
  rounds: number | undefined
  duration: number | undefined
  seed: number
  json: boolean
}

export interface BenchPlan extends Pick<Given, 'films' | 'data' | 'positive' | 'out' | 'seed' | 'json'> {
  backbones: readonly BackboneWish[]
  /** Files of the user. */
  paths: readonly string[]
  precisions: readonly Precision[]
  /** @throws ROE_OPTION for a scenario that needs films where there are none */
  axesWith: (hasFilms: boolean) => Axes
  rules: Rules
  /** Whether anything of the rules is less than a normal run has. */
  isQuick: boolean
}

/** Films a batch, threads and pixels a side that may be asked for. */
const MOST = { batch: 1024, threads: 1024, size: 4096, rounds: 1000 } as const

/** @throws ROE_OPTION, ROE_USAGE */
export function planOf(given: Given): BenchPlan {
  const { films, data, positive, out, json, weights, backbone, model: paths = [] } = given
  if (backbone === undefined && paths.length === 0) {
    const problem = 'name networks with --backbone (all, or names), or models with -m'
    throw new RoentgenError('ROE_USAGE', { where: 'roentgen bench', problem })
  }
  if (positive !== undefined && data === undefined) {
    const problem = '--positive is about the labelled films of --data, which is not given'
    throw new RoentgenError('ROE_USAGE', { where: 'roentgen bench', problem })
  }
  const seed = requireWhole('--seed', given.seed, 0)
  const size = given.size === undefined ? undefined : requireWhole('--size', given.size, 1, MOST.size)
  const axes = {
    providers: wordsOf('--provider', given.provider, [...PROVIDERS.map(({ name }) => name), 'auto']),
    batches: numbersOf('--batch', given.batch, MOST.batch),
    threads: numbersOf('--threads', given.threads ?? String(availableParallelism()), MOST.threads),
  }
  // Told before networks are made.
  scenariosOf(given.scenario, films !== undefined || data !== undefined)
  const rules = rulesOf(given)
  const { minDurationMs, rounds } = RULES.normal
  return {
    ...{ films, data, positive, out, seed, json, paths, rules },
    backbones: backbone === undefined ? [] : backbonesOf(backbone, { size, weights, seed }),
    precisions: wordsOf('--precision', given.precision, ['fp32', 'fp16']),
    axesWith: (hasFilms) => ({ ...axes, scenarios: scenariosOf(given.scenario, hasFilms) }),
    isQuick: given.quick || rules.minDurationMs < minDurationMs || rules.rounds < rounds,
  }
}

function rulesOf({ quick, rounds, duration }: Given): Rules {
  const rules = RULES[quick ? 'quick' : 'normal']
  if (duration !== undefined && !(duration > 0))
    throw new RoentgenError('ROE_OPTION', {
      where: '--duration',
      expected: 'a number of seconds above 0',
      received: String(duration),
    })
  return {
    ...rules,
    ...(rounds !== undefined && { rounds: requireWhole('--rounds', rounds, 1, MOST.rounds) }),
    ...(duration !== undefined && { minDurationMs: 1000 * duration }),
  }
}

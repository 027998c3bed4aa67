/** `roentgen train`: a folder of labelled films and a recipe, to a model file, its history and what repeats the run. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { BACKBONES, HEADS, SCALINGS } from '../../models/index.ts'
import { knownText, readFindings } from '../data/findings.ts'
import { type LabelledSet, trainingPart } from '../data/labelled.ts'
import { readLabelled } from '../data/manifest.ts'
import { plural } from '../evaluate/number-text.ts'
import { SWEEP_FORMATS } from '../evaluate/sweep-text.ts'
import { evaluationJson, textOf } from '../evaluate/write.ts'
import { BAR_RULES } from '../image/film.ts'
import { ENGINE_CHOICES, type EngineChoice } from '../train/engines/engines.ts'
import { RECIPES, type RecipeName, type TrainingPlan } from '../train/recipes.ts'
import type { TrainingResult } from '../train/train.ts'
import { aloneIn } from './alone.ts'
import { command } from './command.ts'
import { onInterrupt } from './interrupted.ts'
import { requireWhole } from './require-whole.ts'
import { crossValidate, crossValidateFindings, positiveAmong } from './train/cross-validate.ts'
import { type Entry, refuseShared } from './train/entries.ts'
import { fitOptions, foundOf } from './train/fit-options.ts'
import { MODEL, TFJS, trainInto } from './train/into.ts'
import { namedEngine } from './train/named-engine.ts'
import { type Given, planOf, weightsOf } from './train/plan.ts'
import { filmsShown, shownSteps } from './train/shown-steps.ts'
import { AXIS_NAMES, combinationsOf, folderOf, refuseSaid } from './train/sweep.ts'
import { digestsOf } from './train/weights-digest.ts'
import { wholeRun } from './train/whole.ts'

const names = <Name extends string>(table: Record<Name, unknown>): Name[] => Object.keys(table) as Name[]

export default command({
  options: (yargs) =>
    fitOptions(
      yargs
        .option('recipe', {
          choices: names(RECIPES),
          default: 'rosebrock-vgg16' as RecipeName,
          describe: 'the published recipe (docs/recipes.md)',
        })
        .option('data', {
          type: 'string',
          demandOption: true,
          describe:
            'a folder for each class, or a CSV: path,label,patient (with --multi-label: a column for each label)',
        })
        .option('multi-label', {
          type: 'string',
          describe:
            'labels that a film may have several of: columns of the CSV with 1, 0, or nothing or -1 where it is unknown, e.g. Effusion,Mass; a sigmoid for each [one label a film]',
        })
        .option('weights', {
          type: 'string',
          demandOption: true,
          describe:
            "the trunk's weights: `imagenet` (roentgen weights fetch brings them), a tfjs LayersModel folder, a Keras 2 .h5, or `random`",
        })
        .option('head-weights', {
          type: 'string',
          describe:
            'where the head begins: the tfjs folder of an earlier training of the same films, split and head; trunk and head are then trained in two steps [random]',
        })
        .option('out', {
          alias: 'o',
          type: 'string',
          demandOption: true,
          describe: 'folder for model.onnx, tfjs/model.json, history, plot and run.json',
        })
        .option('backbone', { choices: names(BACKBONES), describe: "[the recipe's]" })
        .option('alpha', { type: 'number', describe: 'width of a MobileNet, as a factor [1]' })
        .option('features-at', {
          type: 'string',
          describe: 'the layer where the trunk ends, e.g. block3_pool [its last]',
        })
        .option('cutoff', {
          type: 'string',
          describe:
            "layers of the trunk that stay frozen, as Keras numbers them from the input; -8: all but the last 8, Keras' layers[:-8]; or `all` [the recipe's]",
        })
        .option('freeze-batch-norm', {
          type: 'boolean',
          default: false,
          describe:
            "leave the trunk's BatchNormalizations as they are behind the cutoff, too, weights and statistics: advised for few films, or small batches",
        })
        .option('head', { choices: names(HEADS), describe: "[the recipe's]" })
        .option('scaling', { choices: names(SCALINGS), describe: "how bytes become numbers [the recipe's]" })
        .option('bars', {
          choices: ['none', ...BAR_RULES] as const,
          describe: "remove black bars first [the recipe's]",
        })
        .option('size', {
          type: 'string',
          describe: "pixels a side, or width x height, e.g. 266x200 [the recipe's]",
        })
        .option('epochs', { type: 'number', describe: "[the recipe's]" })
        .option('batch', { type: 'number', describe: "films a training step [the recipe's]" })
        .option('learning-rate', { type: 'number', describe: "[the recipe's]" })
        .option('augment', {
          type: 'boolean',
          default: true,
          describe: 'train on changed copies of the films; --no-augment: as they are',
        })
        .option('augment-copies', {
          type: 'number',
          describe: 'copies of each film, one an epoch in turn [as many as epochs]',
        })
        .option('engine', {
          choices: ENGINE_CHOICES,
          default: 'cpu' as EngineChoice,
          describe: 'what trains; auto: the fastest that runs here',
        })
        .option('seed', {
          type: 'number',
          default: 42,
          describe: 'of split, weights, order, dropout and augmentation',
        }),
    )
      .option('folds', {
        type: 'number',
        describe:
          'cross-validate: so many folds, each tested by a model that was trained without it; those that were done before are kept [none]',
      })
      .option('sweep', {
        type: 'string',
        array: true,
        describe: `train with every combination of values and compare, e.g. backbone=vgg16,mobilenet head=gap,recipe; of ${AXIS_NAMES.join(', ')}`,
      })
      .option('positive', {
        type: 'string',
        describe:
          'with --folds or --sweep: the class looked for; more than two classes need it [of two: the one not called normal, negative, healthy or the like, else the first]',
      })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'the run, or the tables, as JSON on stdout',
      })
      .example('$0 train --data films --weights vgg16_notop.h5 -o run', 'the recipe as it was published')
      .example(
        '$0 train --data films --backbone mobilenet --scaling tf --weights mobilenet -o run',
        'with a light trunk',
      )
      .example(
        '$0 train --data films.csv --multi-label Effusion,Mass --weights imagenet --head gap -o run',
        'labels that a film may have several of',
      )
      .example(
        '$0 train --data films --weights imagenet --sweep backbone=vgg19,mobilenet --folds 10 --positive covid -o runs',
        'which of two networks misses fewer, by ten folds',
      ),
  async run(args) {
    refuseClasses(args)
    if (args.folds !== undefined || args.sweep !== undefined) return runFolds(args)
    if (args.positive !== undefined) {
      const expected = 'nothing without --folds or --sweep'
      throw new RoentgenError('ROE_OPTION', { where: '--positive', expected, received: args.positive })
    }
    const asGiven = planOf(args)
    const plan = { ...asGiven, weights: await weightsOf(asGiven) }
    const data = await dataOf(args.data, plan)
    return aloneIn(args.out, () => runOne(args, { data, plan, asGiven }))
  },
})

interface One {
  data: LabelledSet
  plan: TrainingPlan
  /** The plan in the user's words (into.ts). */
  asGiven: TrainingPlan
}

/** What is read of the command line. */
type TrainArguments = Given & {
  data: string
  out: string
  engine: EngineChoice
  folds: number | undefined
  sweep: string[] | undefined
  positive: string | undefined
  resume: boolean | undefined
  restart: boolean | undefined
  json: boolean
}

/** One training. */
async function runOne(args: TrainArguments, { data, plan, asGiven }: One): Promise<number> {
  const model = join(args.out, MODEL)
  const remarks = remarksOn(data, plan)
  const note = noteAfter(remarks)
  const found = foundOf(args)
  if (found === 'resume') {
    const run = await wholeRun(args.out, data, { plan, asGiven, engine: args.engine }, note)
    if (run !== null) {
      note(`${model}: whole already, of the same plan and films; --restart trains it again`)
      if (args.json) process.stdout.write(`${JSON.stringify(run, null, 2)}\n`)
      return run.data.unusable.length > 0 ? 3 : 0
    }
  }
  if (existsSync(model)) remarks.push(`${model} of an earlier run is replaced when this one is done`)
  const shown = shownSteps(plan)
  const { result, run } = await trainInto(args.out, data, plan, {
    asGiven,
    tfjs: join(args.out, TFJS),
    source: args.data,
    engine: args.engine,
    ...(await digestsOf(plan)),
    found,
    note: (line) => {
      shown.end()
      note(line)
    },
    ...shown,
  })
  if (result.kept < plan.epochs) note(keptText(result, plan))
  note(
    `${model}: agrees with tfjs to ${Math.max(...result.parity.map(({ maxAbs }) => maxAbs)).toExponential(1)}`,
  )
  note('Research use only, not for diagnosis.')
  if (args.json) process.stdout.write(`${JSON.stringify(run, null, 2)}\n`)
  return result.failures.length > 0 ? 3 : 0
}

/** `--folds` and `--sweep`: several trainings, and tables of what they say of films that they did not see. */
async function runFolds(args: TrainArguments): Promise<number> {
  if (args.headWeights !== undefined) {
    const expected = 'nothing beside --folds or --sweep: that head has seen the films that a fold tests'
    throw new RoentgenError('ROE_OPTION', { where: '--head-weights', expected, received: args.headWeights })
  }
  const folds = args.folds === undefined ? undefined : requireWhole('--folds', args.folds, 2)
  const combinations = combinationsOf(args.sweep ?? [])
  refuseSaid(combinations, args)
  const entries: Entry[] = []
  for (const { name, given } of combinations) {
    const asGiven = planOf(withAlpha({ ...args, ...given }, given))
    const plan = { ...asGiven, weights: await weightsOf(asGiven) }
    const folder = combinations.length === 1 ? args.out : join(args.out, folderOf(name))
    entries.push({ name: name === '' ? plan.backbone : name, folder, plan, asGiven })
  }
  refuseShared(entries)
  const [first] = entries as [Entry, ...Entry[]]
  const data = await dataOf(args.data, first.plan)
  const positive = first.plan.multiLabel === undefined ? positiveAmong(data.labels, args.positive) : null
  const note = noteAfter([...new Set(entries.flatMap(({ plan }) => remarksOn(data, plan)))])
  const count = folds ?? Math.max(2, Math.round(1 / first.plan.validation))
  const validation = {
    out: args.out,
    source: args.data,
    folds: count,
    tested: folds ?? 1,
    note,
    engine: await namedEngine(args.engine, note),
    found: foundOf(args) === 'restart' ? ('restart' as const) : ('if same' as const),
    filmsShown,
  }
  onInterrupt(() => 'folds that are whole are kept, and whole epochs of the next: the same command goes on')
  return aloneIn(args.out, async () => {
    if (positive === null) {
      const { evaluation, examined } = await crossValidateFindings(first, data, validation)
      process.stdout.write(args.json ? evaluationJson(evaluation) : textOf(evaluation))
      return examined.failures.length > 0 ? 3 : 0
    }
    const { tables, examined } = await crossValidate(entries, data, { ...validation, positive })
    process.stdout.write(args.json ? SWEEP_FORMATS.json!(tables) : SWEEP_FORMATS.txt!(tables))
    return examined.failures.length + tables.leftOut.length > 0 ? 3 : 0
  })
}

/** The films to train on, by their class or with their findings. */
async function dataOf(path: string, { multiLabel }: TrainingPlan): Promise<LabelledSet> {
  if (multiLabel === undefined) return trainingPart(await readLabelled(path))
  const set = trainingPart(await readFindings(path, multiLabel))
  return { ...set, notes: [...set.notes, `labels: ${knownText(set)}`] }
}

/** What makes no sense where labels do not exclude each other. @throws ROE_OPTION */
function refuseClasses({ multiLabel, sweep, positive }: TrainArguments): void {
  if (multiLabel === undefined) return
  for (const [where, given] of [
    ['--sweep', sweep?.join(' ')],
    ['--positive', positive],
  ] as const)
    if (given !== undefined) {
      const expected = 'nothing beside --multi-label: it compares by one class against the rest'
      throw new RoentgenError('ROE_OPTION', { where, expected, received: given })
    }
}

/** One alpha for all of a sweep is meant for those networks that have one. */
function withAlpha(given: Given, varied: object): Given {
  const { hasAlpha } = BACKBONES[given.backbone ?? RECIPES[given.recipe].backbone]
  return hasAlpha || 'alpha' in varied || !('backbone' in varied || 'recipe' in varied)
    ? given
    : { ...given, alpha: undefined }
}

/** Which epoch the model is of, where that is not the last of the plan. */
function keptText({ kept, history }: TrainingResult, { epochs, watch }: TrainingPlan): string {
  const stopped = history.length < epochs ? `stopped after epoch ${history.length}; ` : ''
  return `${stopped}the model is that of epoch ${kept}${watch?.keep === 'best' ? `, the best by ${watch.monitor}` : ''}`
}

/** What the user should know before the training begins. */
function remarksOn({ notes, beside }: LabelledSet, plan: TrainingPlan): string[] {
  const { scaling } = BACKBONES[plan.backbone]
  return [
    ...notes,
    ...(beside.length === 0 ? [] : [`left out, in no class folder: ${plural(beside.length, 'file')}`]),
    ...(plan.weights === null || plan.scaling === scaling
      ? []
      : [
          `scaling: ${plan.scaling}; the published weights of ${plan.backbone} were trained with --scaling ${scaling}`,
        ]),
  ]
}

/** Writes lines on stderr; `remarks` come before the first, so that a run that is refused at once says one thing only. */
function noteAfter(remarks: string[]): (line: string) => void {
  return (line) => {
    for (const text of [...remarks.splice(0), line]) process.stderr.write(`${text}\n`)
  }
}

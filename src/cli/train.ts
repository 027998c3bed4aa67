/** `roentgen train`: a folder of labelled films and a recipe, to a model file, its history and what repeats the run. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import {
  BACKBONES,
  type BackboneName,
  HEADS,
  type HeadName,
  SCALINGS,
  type ScalingName,
} from '../../models/index.ts'
import { type LabelledSet, trainingPart } from '../data/labelled.ts'
import { readLabelled } from '../data/manifest.ts'
import { BAR_RULES } from '../image/film.ts'
import { PREPROCESSING } from '../image/preprocess.ts'
import { ENGINE_CHOICES, type EngineChoice } from '../train/engines/engines.ts'
import { preprocessingOf, RECIPES, type RecipeName, type TrainingPlan } from '../train/recipes.ts'
import { weightsPath } from '../weights/places.ts'
import { command } from './command.ts'
import { type Progress, progress } from './progress.ts'
import { requireWhole } from './require-whole.ts'
import { trainInto } from './train/into.ts'

const names = <Name extends string>(table: Record<Name, unknown>): Name[] => Object.keys(table) as Name[]

export default command({
  options: (yargs) =>
    yargs
      .option('recipe', {
        choices: names(RECIPES),
        default: 'rosebrock-vgg16' as RecipeName,
        describe: 'the published recipe',
      })
      .option('data', {
        type: 'string',
        demandOption: true,
        describe: 'a folder for each class, or a CSV: path,label,patient',
      })
      .option('weights', {
        type: 'string',
        demandOption: true,
        describe:
          "the trunk's weights: `imagenet` (roentgen weights fetch brings them), a tfjs LayersModel folder, a Keras 2 .h5, or `random`",
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'folder for model.onnx, history, plot and run.json',
      })
      .option('backbone', { choices: names(BACKBONES), describe: "[the recipe's]" })
      .option('alpha', { type: 'number', describe: 'width of a MobileNet, as a factor [1]' })
      .option('features-at', {
        type: 'string',
        describe: 'the layer where the trunk ends, e.g. block3_pool [its last]',
      })
      .option('cutoff', {
        type: 'number',
        describe:
          "layers of the trunk that stay frozen, as Keras numbers them from the input; -8: all but the last 8, Keras' layers[:-8] [all]",
      })
      .option('head', { choices: names(HEADS), describe: "[the recipe's]" })
      .option('scaling', { choices: names(SCALINGS), describe: "how bytes become numbers [the recipe's]" })
      .option('bars', {
        choices: ['none', ...BAR_RULES] as const,
        default: 'none' as const,
        describe: 'remove black bars first',
      })
      .option('size', { type: 'number', describe: "pixels a side [the recipe's]" })
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
      })
      .option('json', { type: 'boolean', default: false, describe: 'the run as JSON on stdout' })
      .example('$0 train --data films --weights vgg16_notop.h5 -o run', 'the recipe as it was published')
      .example(
        '$0 train --data films --backbone mobilenet --scaling tf --weights mobilenet -o run',
        'with a light trunk',
      ),
  async run(args) {
    const asGiven = planOf(args)
    const plan = { ...asGiven, weights: await weightsOf(asGiven) }
    const data = trainingPart(await readLabelled(args.data))
    const model = join(args.out, 'model.onnx')
    const note = noteAfter(remarksOn(data, plan, model))
    let shown: Progress | null = null
    const { result, run } = await trainInto(args.out, data, plan, {
      asGiven,
      source: args.data,
      engine: args.engine,
      note,
      onFilms: (done, of) => {
        shown ??= progress(of, 'films with their copies')
        shown.update(done)
        if (done === of) shown.end()
      },
    })
    for (const { error } of result.failures) note(error.message)
    note(
      `${model}: agrees with tfjs to ${Math.max(...result.parity.map(({ maxAbs }) => maxAbs)).toExponential(1)}`,
    )
    note('Research use only, not for diagnosis.')
    if (args.json) process.stdout.write(`${JSON.stringify(run, null, 2)}\n`)
    return result.failures.length > 0 ? 3 : 0
  },
})

/** The file that `imagenet` stands for. @throws ROE_WEIGHTS_FETCH where it is not here */
const weightsOf = async ({ weights, backbone, alpha, size }: TrainingPlan): Promise<string | null> =>
  weights === 'imagenet' ? await weightsPath({ backbone, alpha, size }) : weights

/** What the user should know before the training begins. */
function remarksOn({ notes, beside }: LabelledSet, plan: TrainingPlan, model: string): string[] {
  const { scaling } = BACKBONES[plan.backbone]
  return [
    ...notes,
    ...(beside.length === 0 ? [] : [`left out, for they lie in no class folder: ${beside.length} files`]),
    ...(plan.weights === null || plan.scaling === scaling
      ? []
      : [
          `scaling: ${plan.scaling}; the published weights of ${plan.backbone} were trained with --scaling ${scaling}`,
        ]),
    ...(existsSync(model) ? [`${model} of an earlier run is replaced when this one is done`] : []),
  ]
}

/** Writes lines on stderr; `remarks` come before the first, so that a run that is refused at once says one thing only. */
function noteAfter(remarks: string[]): (line: string) => void {
  return (line) => {
    for (const text of [...remarks.splice(0), line]) process.stderr.write(`${text}\n`)
  }
}

interface Given {
  recipe: RecipeName
  weights: string
  backbone: BackboneName | undefined
  alpha: number | undefined
  featuresAt: string | undefined
  cutoff: number | undefined
  head: HeadName | undefined
  scaling: ScalingName | undefined
  bars: TrainingPlan['bars']
  size: number | undefined
  epochs: number | undefined
  batch: number | undefined
  learningRate: number | undefined
  augment: boolean
  augmentCopies: number | undefined
  seed: number
}

/** The recipe, with what the user gave in its place. @throws ROE_OPTION */
function planOf(given: Given): TrainingPlan {
  const recipe = RECIPES[given.recipe]
  const epochs = requireWhole('--epochs', given.epochs ?? recipe.epochs)
  return {
    ...recipe,
    recipe: given.recipe,
    backbone: given.backbone ?? recipe.backbone,
    alpha: given.alpha,
    weights: given.weights === 'random' ? null : given.weights,
    featuresAt: given.featuresAt,
    cutoff: given.cutoff === undefined ? undefined : requireInteger('--cutoff', given.cutoff),
    head: given.head ?? recipe.head,
    scaling: given.scaling ?? recipe.scaling,
    bars: given.bars,
    size: requireSize(given.size ?? recipe.size),
    epochs,
    batch: requireWhole('--batch', given.batch ?? recipe.batch),
    learningRate: requirePositive('--learning-rate', given.learningRate ?? recipe.learningRate),
    copies: given.augment
      ? Math.min(epochs, requireWhole('--augment-copies', given.augmentCopies ?? epochs))
      : 0,
    seed: requireWhole('--seed', given.seed, 0),
  }
}

/** Preprocessing takes no larger side, and a model that it refuses could not be scored with. */
function requireSize(size: number): number {
  const preprocessing = preprocessingOf({ size, kernel: 'cv2-linear' }, 'none')
  if (PREPROCESSING.safeParse(preprocessing).success) return size
  const expected = 'a whole number of pixels from 1 to 4096'
  throw new RoentgenError('ROE_OPTION', { where: '--size', expected, received: String(size) })
}

function requireInteger(where: string, value: number): number {
  if (Number.isSafeInteger(value)) return value
  throw new RoentgenError('ROE_OPTION', { where, expected: 'a whole number', received: String(value) })
}

function requirePositive(where: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw new RoentgenError('ROE_OPTION', { where, expected: 'a number above 0', received: String(value) })
}

/** The options of a training as a plan: the recipe, with what the user gave in its place. */
import { RoentgenError } from '../../../errors.ts'
import type { BackboneName, HeadName, ScalingName } from '../../../models/index.ts'
import { findingLabels } from '../../data/findings.ts'
import { PREPROCESSING } from '../../image/preprocess.ts'
import { RECIPES, type Recipe, type RecipeName, type TrainingPlan } from '../../train/recipes.ts'
import { weightsPath } from '../../weights/places.ts'
import { requireWhole } from '../require-whole.ts'
import { type FitGiven, fitPlanOf } from './fit-options.ts'

/** What the user gave. */
export interface Given extends FitGiven {
  recipe: RecipeName
  weights: string
  multiLabel?: string | undefined
  headWeights: string | undefined
  freezeBatchNorm: boolean
  backbone: BackboneName | undefined
  alpha: number | undefined
  featuresAt: string | undefined
  cutoff: string | undefined
  head: HeadName | undefined
  scaling: ScalingName | undefined
  bars: TrainingPlan['bars'] | undefined
  size: string | undefined
  epochs: number | undefined
  batch: number | undefined
  learningRate: number | undefined
  augment: boolean
  augmentCopies: number | undefined
  seed: number
}

/** The recipe, with what the user gave in its place. @throws ROE_OPTION */
export function planOf(given: Given): TrainingPlan {
  const recipe: Recipe = RECIPES[given.recipe]
  const epochs = requireWhole('--epochs', given.epochs ?? recipe.epochs)
  return {
    ...recipe,
    recipe: given.recipe,
    backbone: given.backbone ?? recipe.backbone,
    alpha: given.alpha,
    weights: given.weights === 'random' ? null : given.weights,
    ...(given.headWeights === undefined ? {} : { headWeights: given.headWeights }),
    ...(given.freezeBatchNorm ? { freezeBatchNorm: true as const } : {}),
    featuresAt: given.featuresAt,
    cutoff: given.cutoff === undefined ? recipe.cutoff : cutoffOf(given.cutoff),
    head: given.head ?? recipe.head,
    scaling: given.scaling ?? recipe.scaling,
    bars: given.bars ?? recipe.bars,
    ...(given.size === undefined ? {} : sizeOf(given.size)),
    epochs,
    batch: requireWhole('--batch', given.batch ?? recipe.batch),
    optimizer: {
      ...recipe.optimizer,
      learningRate: requirePositive('--learning-rate', given.learningRate ?? recipe.optimizer.learningRate),
    },
    copies: copiesOf(recipe, epochs, given),
    seed: requireWhole('--seed', given.seed, 0),
    ...(given.multiLabel === undefined
      ? {}
      : { multiLabel: findingLabels('--multi-label', given.multiLabel), loss: 'binary' }),
    ...fitPlanOf(given, recipe),
  }
}

/** How many changed copies of each film there are; 0: the films as they are. */
function copiesOf(
  { augmentation }: Recipe,
  epochs: number,
  { recipe, augment, augmentCopies }: Given,
): number {
  if (augmentation !== null)
    return augment ? Math.min(epochs, requireWhole('--augment-copies', augmentCopies ?? epochs)) : 0
  if (augmentCopies === undefined) return 0
  const expected = `nothing, since ${recipe} takes the films as they are`
  throw new RoentgenError('ROE_OPTION', {
    where: '--augment-copies',
    expected,
    received: String(augmentCopies),
  })
}

/** `224` or `266x200`. Preprocessing takes no larger side, and a model that it refuses could not be scored with. */
function sizeOf(given: string): { width: number; height: number } {
  const [width, height = width, ...more] = given
    .split('x')
    .map((side) => (side === '' ? Number.NaN : Number(side)))
  const step = { op: 'fit', how: 'stretch', width, height, kernel: 'cv2-linear' }
  if (more.length === 0 && PREPROCESSING.safeParse({ version: 1, steps: [step] }).success)
    return { width: width!, height: height! }
  const expected = 'pixels a side, or width x height, whole numbers from 1 to 4096'
  throw new RoentgenError('ROE_OPTION', { where: '--size', expected, received: given })
}

function cutoffOf(given: string): number | undefined {
  if (given === 'all') return undefined
  const cutoff = given === '' ? Number.NaN : Number(given)
  if (Number.isSafeInteger(cutoff)) return cutoff
  throw new RoentgenError('ROE_OPTION', {
    where: '--cutoff',
    expected: 'a whole number, or all',
    received: given,
  })
}

function requirePositive(where: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw new RoentgenError('ROE_OPTION', { where, expected: 'a number above 0', received: String(value) })
}

/** The file that `imagenet` stands for. @throws ROE_WEIGHTS_FETCH where it is not here */
export const weightsOf = async ({
  weights,
  backbone,
  alpha,
  width,
  height,
}: TrainingPlan): Promise<string | null> =>
  weights === 'imagenet'
    ? await weightsPath({ backbone, alpha, size: width === height ? width : undefined })
    : weights

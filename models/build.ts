/** Builds a backbone of the table, after checking what was asked for, and fills it with weights. */
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { RoentgenError } from '../errors.ts'
import { disposeInitial } from '../layers/index.ts'
import { BACKBONES, type Backbone, type BackboneName } from './backbones.ts'
import type { Plan } from './plan.ts'
import { applyWeights, applyWeightsInOrder, fitsByName, type WeightTensor } from './weights.ts'

export interface BackboneOptions {
  /** Width multiplier of the MobileNets [1]. */
  alpha?: number
  /** Height, width, 3 channels; each side at least the row's `leastSide` [the side of the published weights]. */
  inputShape?: readonly [number, number, 3]
  /** With the classifier of ImageNet's shape. */
  includeTop: boolean
  /** Outputs of the top [1000]; only with it. */
  classes?: number
  /** Integer seed of random weights; without it kernels are zero, to be filled by `fillBackbone`. */
  seed?: number
  /** Integer seed of the masks that dropout draws in training [`seed`, else 0]. */
  dropoutSeed?: number
}

const IMAGENET_CLASSES = 1000

/** Builds a backbone with the layer names and order of `keras.applications` (Keras 2, input `input_1`; SqueezeNet:
 *  torchvision's). A tfjs backend must be registered. The input is NHWC, already scaled as the row of BACKBONES says.
 *  @returns a model that the caller disposes   @throws ROE_BACKBONE for a name or option that it does not take */
export function buildBackbone(name: BackboneName, options: BackboneOptions): LayersModel {
  const row = rowOf(name)
  const inputShape = options.inputShape ?? [row.inputSize, row.inputSize, 3]
  const alpha = options.alpha ?? 1
  const plan: Plan = {
    name: row.hasAlpha ? `${name}_${alpha.toFixed(2)}_${inputShape[0]}` : name,
    inputShape,
    alpha,
    includeTop: options.includeTop,
    classes: options.classes ?? IMAGENET_CLASSES,
    seed: options.seed,
    dropoutSeed: options.dropoutSeed ?? options.seed ?? 0,
  }
  const problem = problemOfPlan(row, plan, options)
  if (problem !== undefined) throw refuse(name, problem)
  const model = row.build(plan)
  disposeInitial()
  return model
}

/** Fills a backbone as its published files of weights want it: by name or, where names are counted, by order.
 *  @param tensors  as `converters/read` gives them: keyed as `layer/weight`, in the order of the file
 *  @param where  what the user calls them (a path), for errors
 *  @returns keys that the network does not have   @throws ROE_WEIGHTS_MISSING, ROE_WEIGHTS_SHAPE */
export function fillBackbone(
  name: BackboneName,
  model: LayersModel,
  tensors: ReadonlyMap<string, WeightTensor>,
  where?: string,
): string[] {
  const { byOrder, mend } = rowOf(name)
  const apply = byOrder === true && !fitsByName(model, tensors) ? applyWeightsInOrder : applyWeights
  return apply(model, mend?.(tensors) ?? tensors, where)
}

function rowOf(name: BackboneName): Backbone {
  if (Object.hasOwn(BACKBONES, name)) return BACKBONES[name]
  throw refuse(name, `there is no such backbone; there are ${Object.keys(BACKBONES).join(', ')}`)
}

function problemOfPlan(row: Backbone, plan: Plan, options: BackboneOptions): string | undefined {
  const { alpha, inputShape, classes } = plan
  const { leastSide, leastAlpha = 0 } = row
  const [height, width, channels] = inputShape
  const badSeed = [options.seed, options.dropoutSeed].find(
    (seed) => seed !== undefined && !Number.isSafeInteger(seed),
  )
  const checks: [boolean, string][] = [
    [row.hasAlpha || alpha === 1, `it has no alpha (given: ${alpha})`],
    [Number.isFinite(alpha) && alpha > 0, `alpha must be a number above 0, not ${alpha}`],
    [
      alpha >= leastAlpha,
      `alpha ${alpha} leaves its first layer without filters; the least is ${leastAlpha}`,
    ],
    [
      inputShape.length === 3 && [height, width].every((side) => Number.isInteger(side) && side >= leastSide),
      `its input must be at least ${leastSide} x ${leastSide} whole pixels, not ${inputShape.join(' x ')}`,
    ],
    [channels === 3, `its input must have 3 channels, not ${channels}`],
    [
      Number.isInteger(classes) && classes >= 1,
      `classes must be a whole number of at least 1, not ${classes}`,
    ],
    [options.classes === undefined || plan.includeTop, 'classes are given without its top'],
    [badSeed === undefined, `the seed must be a whole number, not ${badSeed}`],
  ]
  return checks.find(([holds]) => !holds)?.[1]
}

const refuse = (where: string, problem: string): RoentgenError =>
  new RoentgenError('ROE_BACKBONE', { where, problem })

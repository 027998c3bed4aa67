/** Builds a backbone of the table, after checking what was asked for; and cuts one at a layer. */
import { type LayersModel, model } from '@tensorflow/tfjs-layers'
import { RoentgenError } from '../errors.ts'
import { BACKBONES, type Backbone, type BackboneName, type Family } from './backbones.ts'
import { buildMobilenet, scaledFilters } from './mobilenet.ts'
import type { Plan } from './plan.ts'
import { buildVgg } from './vgg.ts'

export interface BackboneOptions {
  /** Width multiplier of MobileNet [1]. */
  alpha?: number
  /** Height, width, 3 channels; each side at least 32 [the side of the published weights]. */
  inputShape?: readonly [number, number, 3]
  /** With the classifier of ImageNet's shape. */
  includeTop: boolean
  /** Outputs of the top [1000]; only with it. */
  classes?: number
  /** Integer seed of random weights; without it kernels are zero, to be filled by `applyWeights`. */
  seed?: number
}

/** The trunk halves the picture five times. */
const LEAST_SIDE = 32
const IMAGENET_CLASSES = 1000

const FAMILIES = { vgg: buildVgg, mobilenet: buildMobilenet } satisfies Record<
  Family,
  (name: string, plan: Plan) => LayersModel
>

/** Builds a backbone with the layer names and order of `keras.applications` (Keras 2, input `input_1`).
 *  A tfjs backend must be registered. The input is NHWC, already scaled as the row of BACKBONES says.
 *  @returns a model that the caller disposes   @throws ROE_BACKBONE for a name or option that it does not take */
export function buildBackbone(name: BackboneName, options: BackboneOptions): LayersModel {
  const row: Backbone | undefined = Object.hasOwn(BACKBONES, name) ? BACKBONES[name] : undefined
  if (row === undefined) throw refuse(name, `there is no such backbone; there are ${names()}`)
  const plan: Plan = {
    blocks: row.blocks,
    inputShape: options.inputShape ?? [row.inputSize, row.inputSize, 3],
    alpha: options.alpha ?? 1,
    includeTop: options.includeTop,
    classes: options.classes ?? IMAGENET_CLASSES,
    seed: options.seed,
  }
  const problem = problemOfPlan(row, plan, options)
  if (problem !== undefined) throw refuse(name, problem)
  const modelName = row.hasAlpha ? `${name}_${plan.alpha.toFixed(2)}_${plan.inputShape[0]}` : name
  return FAMILIES[row.family](modelName, plan)
}

/** The part of a backbone from its input to the output of one layer; it shares the weights.
 *  @throws ROE_BACKBONE where there is no such layer */
export function cutAt(backbone: LayersModel, layer: string): LayersModel {
  const found = backbone.layers.find(({ name }) => name === layer)
  if (found === undefined) throw refuse(backbone.name, `it has no layer '${layer}'`)
  return model({ inputs: backbone.inputs, outputs: found.output, name: `${backbone.name}_to_${layer}` })
}

function problemOfPlan(row: Backbone, plan: Plan, options: BackboneOptions): string | undefined {
  const { alpha, inputShape, classes, seed } = plan
  const [height, width, channels] = inputShape
  const narrowest = scaledFilters(32, alpha)
  const checks: [boolean, string][] = [
    [row.hasAlpha || alpha === 1, `it has no alpha (given: ${alpha})`],
    [Number.isFinite(alpha) && alpha > 0, `alpha must be a number above 0, not ${alpha}`],
    [narrowest >= 1, `alpha ${alpha} leaves its first layer without filters; the least is ${1 / 32}`],
    [
      inputShape.length === 3 &&
        [height, width].every((side) => Number.isInteger(side) && side >= LEAST_SIDE),
      `its input must be at least ${LEAST_SIDE} x ${LEAST_SIDE} whole pixels, not ${inputShape.join(' x ')}`,
    ],
    [channels === 3, `its input must have 3 channels, not ${channels}`],
    [
      Number.isInteger(classes) && classes >= 1,
      `classes must be a whole number of at least 1, not ${classes}`,
    ],
    [options.classes === undefined || plan.includeTop, 'classes are given without its top'],
    [seed === undefined || Number.isSafeInteger(seed), `the seed must be a whole number, not ${seed}`],
  ]
  return checks.find(([holds]) => !holds)?.[1]
}

const names = (): string => Object.keys(BACKBONES).join(', ')

const refuse = (where: string, problem: string): RoentgenError =>
  new RoentgenError('ROE_BACKBONE', { where, problem })

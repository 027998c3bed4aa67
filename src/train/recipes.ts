/** The table of published recipes, each with the lines of SEEDS.md that it follows. The next recipe is a row. */
import type { BackboneName, HeadName, ScalingName } from '../../models/index.ts'
import type { BarRule, Kernel, Preprocessing } from '../image/film.ts'
import type { Augmentation } from './augment.ts'

export interface Recipe {
  /** Lines of SEEDS.md. */
  source: string
  describe: string
  backbone: BackboneName
  head: HeadName
  scaling: ScalingName
  /** Pixels a side, the aspect ratio ignored. */
  size: number
  kernel: Kernel
  epochs: number
  /** Films a training step. */
  batch: number
  learningRate: number
  /** Keras' time-based decay of the rate: `rate` / (1 + decay * steps so far); here the rate over the epochs. */
  decay: 'rate/epochs' | 'none'
  augmentation: Augmentation
  /** Share of the films that validates, stratified by class. */
  validation: number
}

export const RECIPES = {
  'rosebrock-vgg16': {
    source: 'S4',
    describe:
      'frozen VGG16, average pooling 4 x 4, 64 units, dropout; 25 epochs of Adam with decay (A. Rosebrock)',
    backbone: 'vgg16',
    head: 'recipe',
    scaling: 'unit',
    size: 224,
    kernel: 'cv2-linear',
    epochs: 25,
    batch: 8,
    learningRate: 1e-3,
    decay: 'rate/epochs',
    augmentation: { rotationDegrees: 15, fill: 'nearest' },
    validation: 0.2,
  },
} as const satisfies Record<string, Recipe>

export type RecipeName = keyof typeof RECIPES

/** A recipe with everything decided. */
export interface TrainingPlan extends Recipe {
  recipe: string
  alpha: number | undefined
  /** The layer where the trunk is cut; its end unless given. */
  featuresAt: string | undefined
  /** How many layers of the trunk are frozen, counted from its input, or from its end if negative; all unless given. */
  cutoff: number | undefined
  /** File or folder of the trunk's weights; null for random ones. */
  weights: string | null
  bars: BarRule | 'none'
  seed: number
  /** Augmented copies of the training films, one an epoch in turn; 0 trains on the films as they are. */
  copies: number
}

/** What a recipe does to a film before the network sees it; the same list in training and scoring. */
export const preprocessingOf = (
  { size, kernel }: Pick<Recipe, 'size' | 'kernel'>,
  bars: TrainingPlan['bars'],
): Preprocessing => ({
  version: 1,
  steps: [
    { op: 'window' },
    ...(bars === 'none' ? [] : [{ op: 'bars', rule: bars } as const]),
    // Channels last: a grey film is resized once, not three times, and its pixels are the same.
    { op: 'fit', how: 'stretch', width: size, height: size, kernel },
    { op: 'channels', count: 3, luma: 'rec601' },
  ],
})

/** The table of published recipes, each with the lines of SEEDS.md that it follows. The next recipe is a row. */
import type { BackboneName, HeadName, ScalingName } from '../../models/index.ts'
import type { BarRule, Kernel, Preprocessing } from '../image/film.ts'
import type { Augmentation } from './augment.ts'

/** Keras' optimizers. Adam's time-based decay: rate / (1 + decay * steps so far), here the rate over the epochs. */
type Optimizer =
  | { name: 'adam'; learningRate: number; decay: 'rate/epochs' | 'none' }
  | { name: 'sgd'; learningRate: number; momentum: number }

/** Cross-entropy of the softmax outputs: over each of them as yes or no (S4.4) where there are two classes and it is
 *  `binary`, of the film's class alone otherwise. */
type Loss = 'binary' | 'categorical'

export interface Recipe {
  /** Lines of SEEDS.md. */
  source: string
  describe: string
  backbone: BackboneName
  /** How many layers of the trunk are frozen, counted from its input, or from its end if negative; all where it is not
   *  said. */
  cutoff: number | undefined
  head: HeadName
  scaling: ScalingName
  bars: BarRule | 'none'
  /** `stretch` ignores the film's aspect ratio, `pad` adds black to keep it. */
  how: 'stretch' | 'pad'
  /** Pixels. */
  width: number
  height: number
  kernel: Kernel
  epochs: number
  /** Films a training step. */
  batch: number
  optimizer: Optimizer
  loss: Loss
  /** null: the films are not changed. */
  augmentation: Augmentation | null
  /** Share of the films that validates, stratified by class. */
  validation: number
}

export const RECIPES = {
  'rosebrock-vgg16': {
    source: 'S4',
    describe:
      'frozen VGG16, average pooling 4 x 4, 64 units, dropout; 25 epochs of Adam with decay (A. Rosebrock)',
    backbone: 'vgg16',
    cutoff: undefined,
    head: 'recipe',
    scaling: 'unit',
    bars: 'none',
    how: 'stretch',
    width: 224,
    height: 224,
    kernel: 'cv2-linear',
    epochs: 25,
    batch: 8,
    optimizer: { name: 'adam', learningRate: 1e-3, decay: 'rate/epochs' },
    loss: 'binary',
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
  /** File or folder of the trunk's weights; null for random ones. */
  weights: string | null
  seed: number
  /** Augmented copies of the training films, one an epoch in turn; 0 trains on the films as they are. */
  copies: number
}

/** What a recipe does to a film before the network sees it; the same list in training and scoring. */
export const preprocessingOf = ({
  bars,
  how,
  width,
  height,
  kernel,
}: Pick<Recipe, 'bars' | 'how' | 'width' | 'height' | 'kernel'>): Preprocessing => ({
  version: 1,
  steps: [
    { op: 'window' },
    ...(bars === 'none' ? [] : [{ op: 'bars', rule: bars } as const]),
    // Channels last: a grey film is resized once, not three times, and its pixels are the same.
    { op: 'fit', how, width, height, kernel },
    { op: 'channels', count: 3, luma: 'rec601' },
  ],
})

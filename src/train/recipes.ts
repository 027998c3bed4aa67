/** The table of published recipes, each with the lines of SEEDS.md that it follows. The next recipe is a row. */
import type { BackboneName, HeadName, ScalingName } from '../../models/index.ts'
import type { BarRule, Kernel, Preprocessing } from '../image/film.ts'
import type { Augmentation } from './augment.ts'
import type { Watch } from './fit/watchers.ts'

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
  /** What its text leaves open, contradicts, or we do otherwise; shown in docs/recipes.md. */
  notes: readonly string[]
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
  /** What is watched while it trains, and which epoch is exported; the last unless said. */
  watch?: Watch
}

/** What the published systems share, unless a row says otherwise. */
const COMMON = {
  cutoff: undefined,
  scaling: 'unit',
  bars: 'none',
  how: 'stretch',
  width: 224,
  height: 224,
  kernel: 'cv2-linear',
  loss: 'categorical',
  validation: 0.2,
} as const

/** S4.2 to S4.4, which S0 follows where it says nothing. */
const ROSEBROCK = {
  ...COMMON,
  head: 'recipe',
  epochs: 25,
  batch: 8,
  optimizer: { name: 'adam', learningRate: 1e-3, decay: 'rate/epochs' },
  augmentation: { rotationDegrees: 15, fill: 'nearest' },
} as const

const VALIDATES =
  'published: its test films validate; here: a share of --data validates, and test films are never seen by `train`'

const RYAN = {
  ...ROSEBROCK,
  source: 'S0',
  notes: [
    "published: pooling, optimizer, rate, batch, epochs, rotation are not in the text; here: Rosebrock's, which it follows",
  ],
} as const

/** S1.1 to S1.3. The networks differ in trunk, cutoff and classifier. */
const APOSTOLOPOULOS = {
  ...COMMON,
  source: 'S1',
  how: 'pad',
  width: 266,
  height: 200,
  epochs: 10,
  batch: 64,
  optimizer: { name: 'adam', learningRate: 1e-3, decay: 'none' },
  augmentation: null,
  validation: 0.1,
  notes: [
    'published: 200 x 266, which is read as height and width, as Keras writes them; other films get a black background of 1:1.5 first, which would squeeze them by 13 %; here: black to the ratio of 266 x 200 itself',
    'published: no pooling before the classifier is named; here: global average pooling, as in the networks themselves',
    'published: kernel, scaling, rate, loss, dropout are not in the text; here: cv2-linear, x / 255, 1e-3, categorical, 0.5 between two layers',
    'published: 10 folds (S1.5); one training of ours validates on a tenth',
    'cutoff: layers from the input that stay as they are, as keras.applications numbers them',
  ],
} as const

export const RECIPES = {
  'ryan-vgg16': {
    ...RYAN,
    describe: 'three classes: frozen VGG16, average pooling 4 x 4, 64 units, dropout (P. Ryan)',
    backbone: 'vgg16',
  },
  'ryan-vgg19': {
    ...RYAN,
    describe: 'the same with VGG19',
    backbone: 'vgg19',
  },
  'apostolopoulos-vgg19': {
    ...APOSTOLOPOULOS,
    describe: 'VGG19 but its first 18 layers, 1024 units; 10 epochs of Adam (Apostolopoulos and Bessiana)',
    backbone: 'vgg19',
    cutoff: 18,
    head: 'gap-1024',
  },
  'apostolopoulos-mobilenet': {
    ...APOSTOLOPOULOS,
    describe: 'the same with MobileNet but its first 10 layers, 1000 units, dropout, 750 units',
    backbone: 'mobilenet',
    cutoff: 10,
    head: 'gap-1000-750',
  },
  'apostolopoulos-inceptionv3': {
    ...APOSTOLOPOULOS,
    describe: 'the same with Inception v3 but its first 249 layers, 1000 units',
    backbone: 'inceptionv3',
    cutoff: 249,
    head: 'gap-1000',
    notes: [
      ...APOSTOLOPOULOS.notes,
      'published: "Inception", with the v4 paper as reference; 249 is a cutoff of v3',
    ],
  },
  'apostolopoulos-xception': {
    ...APOSTOLOPOULOS,
    describe: 'the same with Xception but its first 120 layers, 1000 units, dropout, 750 units',
    backbone: 'xception',
    cutoff: 120,
    head: 'gap-1000-750',
  },
  'apostolopoulos-inceptionresnetv2': {
    ...APOSTOLOPOULOS,
    describe: 'the same with Inception-ResNet v2 but its first 730 layers, no hidden units',
    backbone: 'inceptionresnetv2',
    cutoff: 730,
    head: 'gap',
  },
  'hansen-vgg19': {
    ...COMMON,
    source: 'S2',
    describe: 'films without black bars: frozen VGG19, all features, dropout (C. Hansen)',
    notes: [
      VALIDATES,
      'published: optimizer, rate and epochs are not in the text; here: Adam at 1e-3, 25 epochs',
      'its rule for bars takes square films only, and leaves others out; --bars robust takes all',
      'published: loops over bars with three defects (S2.2); here: what they mean',
    ],
    backbone: 'vgg19',
    head: 'flatten',
    bars: 'hansen',
    epochs: 25,
    batch: 32,
    optimizer: { name: 'adam', learningRate: 1e-3, decay: 'none' },
    augmentation: { rotationDegrees: 20, widthShift: 0.2, heightShift: 0.2, flipX: true, fill: 'nearest' },
  },
  'gap-vgg16': {
    ...COMMON,
    source: 'S3',
    describe: 'VGG16 but all its layers save the last 8, global average pooling; 20 epochs of SGD',
    notes: [
      VALIDATES,
      'published: whether films are mirrored is not in the text; here: half of them, left and right',
      'published: 0.9583, the mean over batches of 32, 32 and 2 films; here: figures are over films, which gives about 0.94',
      'activation maps take the weights of the pooled block5_pool for block5_conv3, one pooling before',
    ],
    backbone: 'vgg16',
    cutoff: -8,
    head: 'gap',
    kernel: 'keras-nearest',
    epochs: 20,
    batch: 32,
    optimizer: { name: 'sgd', learningRate: 3e-3, momentum: 0.9 },
    augmentation: {
      rotationDegrees: 10,
      widthShift: 0.2,
      heightShift: 0.2,
      zoom: 0.2,
      flipX: true,
      fill: 'nearest',
    },
  },
  'rosebrock-vgg16': {
    ...ROSEBROCK,
    source: 'S4',
    describe:
      'frozen VGG16, average pooling 4 x 4, 64 units, dropout; 25 epochs of Adam with decay (A. Rosebrock)',
    notes: [
      VALIDATES,
      'pooling 4 x 4 on a map of 7 x 7 sees one corner of it; --head gap sees all',
      'published: binary cross-entropy of two softmax outputs, as Keras computed it then; three classes and more take the categorical one',
    ],
    backbone: 'vgg16',
    loss: 'binary',
  },
} as const satisfies Record<string, Recipe>

/** A plan without words on the recipe: an option may depart from what they say. */
export const settingsOf = ({ describe: _, notes: __, ...settings }: TrainingPlan) => settings

export type RecipeName = keyof typeof RECIPES

/** A recipe with everything decided. */
export interface TrainingPlan extends Recipe {
  recipe: string
  alpha: number | undefined
  /** The layer where the trunk is cut; its end unless given. */
  featuresAt: string | undefined
  /** File or folder of the trunk's weights; null for random ones. */
  weights: string | null
  /** Folder of a network whose head this one begins with; random weights unless given. */
  headWeights?: string
  /** The trunk's BatchNormalizations stay as they are where the layers round them are trained. */
  freezeBatchNorm?: true
  seed: number
  /** Augmented copies of the training films, one an epoch in turn; 0 trains on the films as they are. */
  copies: number
  /** Labels that a film may have several of, in the order of the outputs: each has a sigmoid of its own. Unless given, a film
   *  is of one class. */
  multiLabel?: readonly string[]
  /** How much a film of a label weighs in training, 1 where nothing is said; `balanced`: each label as a whole the same. Of
   *  findings: how much a film that has it weighs; `balanced`: together as much as those that have not. */
  classWeights?: 'balanced' | Readonly<Record<string, number>>
  /** How far the classes of a film are drawn towards each other, below 1; 0 unless said. */
  labelSmoothing?: number
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

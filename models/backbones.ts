/** The table of backbones: what each published network is, as data. Building is in `vgg.ts` and `mobilenet.ts`.
 *  Weights are not part of it: they are files of the user, read by `converters/read`. */

/** How pixels 0..255 are scaled before the published ImageNet weights see them:
 *  `caffe` BGR minus channel means, `tf` to -1..1. */
export type Scaling = 'caffe' | 'tf'
export type Family = 'vgg' | 'mobilenet'

/** One block: output filters, and either the number of convolutions (vgg) or the stride (mobilenet). */
export type Block = readonly [filters: number, count: number]

export interface Backbone {
  family: Family
  blocks: readonly Block[]
  /** Pixels a side that the published weights were trained with. */
  inputSize: number
  /** Whether `alpha` scales the filters of each layer. */
  hasAlpha: boolean
  scaling: Scaling
  /** Layers at which the trunk may be cut, from shallow to deep; the last one is its full output. */
  cuts: readonly string[]
  /** Parameters at alpha 1 and 1000 classes, as the paper's authors' networks in `keras.applications` count them. */
  parameters: { top: number; trunk: number }
  paper: string
  /** Licence of the published ImageNet weights. */
  weightsLicence: string
}

export const BACKBONES = {
  vgg16: {
    family: 'vgg',
    blocks: [
      [64, 2],
      [128, 2],
      [256, 3],
      [512, 3],
      [512, 3],
    ],
    inputSize: 224,
    hasAlpha: false,
    scaling: 'caffe',
    cuts: ['block1_pool', 'block2_pool', 'block3_pool', 'block4_pool', 'block5_conv3', 'block5_pool'],
    parameters: { top: 138_357_544, trunk: 14_714_688 },
    paper: 'Simonyan & Zisserman 2014, arXiv:1409.1556',
    weightsLicence: 'CC BY 4.0 (Visual Geometry Group, Oxford)',
  },
  mobilenet: {
    family: 'mobilenet',
    // Depthwise separable blocks 1..13 after the first convolution (32 filters, stride 2): filters, stride.
    blocks: [
      [64, 1],
      [128, 2],
      [128, 1],
      [256, 2],
      [256, 1],
      [512, 2],
      [512, 1],
      [512, 1],
      [512, 1],
      [512, 1],
      [512, 1],
      [1024, 2],
      [1024, 1],
    ],
    inputSize: 224,
    hasAlpha: true,
    scaling: 'tf',
    cuts: Array.from({ length: 13 }, (_, i) => `conv_pw_${i + 1}_relu`),
    parameters: { top: 4_253_864, trunk: 3_228_864 },
    paper: 'Howard et al. 2017, arXiv:1704.04861',
    weightsLicence: 'Apache-2.0 (Google)',
  },
} as const satisfies Record<string, Backbone>

export type BackboneName = keyof typeof BACKBONES

/** The table of backbones: what each published network is, as data, and the builder of its family.
 *  Weights are not part of it: they are files of the user, read by `converters/read`. */
import { densenet } from './densenet.ts'
import { efficientnetB0, mendNormalization } from './efficientnet.ts'
import { inceptionResnetV2 } from './inception-resnet.ts'
import { inceptionV3 } from './inception-v3.ts'
import { mobilenet } from './mobilenet.ts'
import { mobilenetV2 } from './mobilenet-v2.ts'
import type { Build } from './plan.ts'
import { resnet, resnetV2 } from './resnet.ts'
import type { ScalingName } from './scaling.ts'
import { squeezenet } from './squeezenet.ts'
import { vgg } from './vgg.ts'
import type { WeightTensor } from './weights.ts'
import { xception } from './xception.ts'

export interface Backbone {
  build: Build
  /** Pixels a side that the published weights were trained with. */
  inputSize: number
  /** Least pixels a side. */
  leastSide: number
  /** Whether `alpha` scales the filters of each layer. */
  hasAlpha: boolean
  /** The least `alpha` that leaves every layer a filter [any above 0]. */
  leastAlpha?: number
  /** How pixels 0..255 are scaled before the published ImageNet weights see them. */
  scaling: ScalingName
  /** Layers at which the trunk may be cut, from shallow to deep; the last one is its full output. */
  cuts: readonly string[]
  /** Parameters at alpha 1 and 1000 classes, as the paper's authors' networks in `keras.applications` count them. */
  parameters: { top: number; trunk: number }
  /** Layers with weights have counted names (`conv2d_17`), others in each file: weights go in by the file's order. */
  byOrder?: true
  /** Puts right what the published file of weights holds in another sense than its layers. */
  mend?: (tensors: ReadonlyMap<string, WeightTensor>) => ReadonlyMap<string, WeightTensor>
  paper: string
  /** Licence of the published ImageNet weights. */
  weightsLicence: string
}

const numbered = (count: number, name: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => name(i))

const VGG = {
  inputSize: 224,
  leastSide: 32,
  hasAlpha: false,
  scaling: 'caffe',
  paper: 'Simonyan & Zisserman 2014, arXiv:1409.1556',
  weightsLicence: 'CC BY 4.0 (Visual Geometry Group, Oxford)',
} as const
const MOBILENET = {
  inputSize: 224,
  leastSide: 32,
  hasAlpha: true,
  scaling: 'tf',
  weightsLicence: 'Apache-2.0 (Google)',
} as const
const RESNET = {
  inputSize: 224,
  leastSide: 32,
  hasAlpha: false,
} as const
const INCEPTION = { inputSize: 299, leastSide: 75, hasAlpha: false, scaling: 'tf', byOrder: true } as const

const ROWS = {
  vgg16: {
    ...VGG,
    build: vgg([
      [64, 2],
      [128, 2],
      [256, 3],
      [512, 3],
      [512, 3],
    ]),
    cuts: ['block1_pool', 'block2_pool', 'block3_pool', 'block4_pool', 'block5_conv3', 'block5_pool'],
    parameters: { top: 138_357_544, trunk: 14_714_688 },
  },
  vgg19: {
    ...VGG,
    build: vgg([
      [64, 2],
      [128, 2],
      [256, 4],
      [512, 4],
      [512, 4],
    ]),
    cuts: ['block1_pool', 'block2_pool', 'block3_pool', 'block4_pool', 'block5_conv4', 'block5_pool'],
    parameters: { top: 143_667_240, trunk: 20_024_384 },
  },
  resnet50: {
    ...RESNET,
    build: resnet([
      [64, 3, 1],
      [128, 4, 2],
      [256, 6, 2],
      [512, 3, 2],
    ]),
    scaling: 'caffe',
    cuts: ['pool1_pool', 'conv2_block3_out', 'conv3_block4_out', 'conv4_block6_out', 'conv5_block3_out'],
    parameters: { top: 25_636_712, trunk: 23_587_712 },
    paper: 'He et al. 2015, arXiv:1512.03385',
    weightsLicence: 'MIT (Kaiming He)',
  },
  resnet50v2: {
    ...RESNET,
    build: resnetV2([
      [64, 3, 2],
      [128, 4, 2],
      [256, 6, 2],
      [512, 3, 1],
    ]),
    scaling: 'tf',
    cuts: ['pool1_pool', 'conv2_block3_out', 'conv3_block4_out', 'conv4_block6_out', 'post_relu'],
    parameters: { top: 25_613_800, trunk: 23_564_800 },
    paper: 'He et al. 2016, arXiv:1603.05027',
    weightsLicence: 'BSD-3-Clause (Facebook)',
  },
  mobilenet: {
    ...MOBILENET,
    // Depthwise separable blocks 1..13 after the first convolution (32 filters, stride 2).
    build: mobilenet([
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
    ]),
    leastAlpha: 1 / 32,
    cuts: numbered(13, (i) => `conv_pw_${i + 1}_relu`),
    parameters: { top: 4_253_864, trunk: 3_228_864 },
    paper: 'Howard et al. 2017, arXiv:1704.04861',
  },
  mobilenetv2: {
    ...MOBILENET,
    build: mobilenetV2([
      [16, 1, 1, 1],
      [24, 2, 2, 6],
      [32, 2, 3, 6],
      [64, 2, 4, 6],
      [96, 1, 3, 6],
      [160, 2, 3, 6],
      [320, 1, 1, 6],
    ]),
    cuts: [
      'expanded_conv_project_BN',
      'block_2_add',
      'block_5_add',
      'block_9_add',
      'block_12_add',
      'block_15_add',
      'block_16_project_BN',
      'out_relu',
    ],
    parameters: { top: 3_538_984, trunk: 2_257_984 },
    paper: 'Sandler et al. 2018, arXiv:1801.04381',
  },
  inceptionv3: {
    ...INCEPTION,
    build: inceptionV3,
    cuts: numbered(11, (i) => `mixed${i}`),
    parameters: { top: 23_851_784, trunk: 21_802_784 },
    paper: 'Szegedy et al. 2015, arXiv:1512.00567',
    weightsLicence: 'Apache-2.0 (Google)',
  },
  xception: {
    ...INCEPTION,
    leastSide: 71,
    build: xception,
    cuts: ['add', ...numbered(11, (i) => `add_${i + 1}`), 'block14_sepconv1_act', 'block14_sepconv2_act'],
    parameters: { top: 22_910_480, trunk: 20_861_480 },
    paper: 'Chollet 2016, arXiv:1610.02357',
    weightsLicence: 'MIT (Chollet)',
  },
  inceptionresnetv2: {
    ...INCEPTION,
    build: inceptionResnetV2,
    cuts: ['mixed_5b', 'block35_10_ac', 'mixed_6a', 'block17_20_ac', 'mixed_7a', 'block8_9_ac', 'conv_7b_ac'],
    parameters: { top: 55_873_736, trunk: 54_336_736 },
    paper: 'Szegedy et al. 2016, arXiv:1602.07261',
    weightsLicence: 'Apache-2.0 (Google)',
  },
  densenet121: {
    build: densenet([6, 12, 24, 16]),
    inputSize: 224,
    leastSide: 32,
    hasAlpha: false,
    scaling: 'torch',
    cuts: ['pool1', 'conv2_block6_concat', 'conv3_block12_concat', 'conv4_block24_concat', 'relu'],
    parameters: { top: 8_062_504, trunk: 7_037_504 },
    paper: 'Huang et al. 2016, arXiv:1608.06993',
    weightsLicence: 'BSD-3-Clause (Facebook AI Research)',
  },
  efficientnetb0: {
    build: efficientnetB0,
    inputSize: 224,
    leastSide: 32,
    hasAlpha: false,
    scaling: 'none',
    cuts: [
      'block1a_project_bn',
      'block2b_add',
      'block3b_add',
      'block4c_add',
      'block5c_add',
      'block6d_add',
      'block7a_project_bn',
      'top_activation',
    ],
    parameters: { top: 5_330_571, trunk: 4_049_571 },
    byOrder: true,
    mend: mendNormalization,
    paper: 'Tan & Le 2019, arXiv:1905.11946',
    weightsLicence: 'Apache-2.0 (Google)',
  },
  squeezenet: {
    build: squeezenet([
      'pool',
      [16, 64],
      [16, 64],
      'pool',
      [32, 128],
      [32, 128],
      'pool',
      [48, 192],
      [48, 192],
      [64, 256],
      [64, 256],
    ]),
    inputSize: 224,
    leastSide: 17,
    hasAlpha: false,
    scaling: 'torch',
    cuts: numbered(11, (i) => `features.${i + 2}`),
    parameters: { top: 1_235_496, trunk: 722_496 },
    paper: 'Iandola et al. 2016, arXiv:1602.07360 (version 1.1)',
    weightsLicence: 'BSD-3-Clause (torchvision)',
  },
} as const satisfies Record<string, Backbone>

export type BackboneName = keyof typeof ROWS
export const BACKBONES: Readonly<Record<BackboneName, Backbone>> = ROWS

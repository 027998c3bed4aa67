/** Cases of the layers that look through windows, over sequences, maps and volumes, and of those that cut and resize. */
import * as tfl from '@tensorflow/tfjs-layers'
import type { ArgsOf } from './case.ts'
import {
  as,
  FIRST,
  floats,
  type LayerCase,
  MAP,
  MAPS,
  type Made,
  on,
  refuse,
  SEQUENCE,
  START,
  type Symbols,
  VOLUME,
} from './case.ts'

type Convolution = ArgsOf<'conv2d'>
type Padding = 'same' | 'valid'
const PADDINGS: readonly Padding[] = ['same', 'valid']

export const ACTIVATIONS = [
  'elu',
  'gelu',
  'gelu_new',
  'hardSigmoid',
  'linear',
  'mish',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'swish',
  'tanh',
] as const

/** 'same' and 'valid', with and without strides, dilated, with an activation, without a bias. */
const convolutions = (filters: number): Convolution[] => [
  ...PADDINGS.flatMap((padding) => [
    { filters, kernelSize: 3, padding },
    { filters, kernelSize: 2, padding, strides: 2, activation: 'relu' as const },
    { filters, kernelSize: 3, padding, dilationRate: 2, useBias: false },
  ]),
  { filters: 1, kernelSize: 1, activation: 'sigmoid' },
]

const transposed = (filters: number): Convolution[] =>
  PADDINGS.flatMap((padding) => [
    { filters, kernelSize: 3, padding },
    { filters, kernelSize: 3, padding, strides: 2, activation: 'relu' as const },
    { filters, kernelSize: 2, padding, strides: 3, useBias: false },
  ])

type Pool = ArgsOf<'maxPooling2d'>
const pools: Pool[] = [
  { poolSize: 2 } as unknown as Pool,
  ...PADDINGS.flatMap((padding): Pool[] => [
    { poolSize: [3, 3], strides: [1, 1], padding },
    { poolSize: [3, 2], strides: [2, 3], padding },
  ]),
]
const firstPools: Pool[] = [{ poolSize: [2, 2], strides: [2, 2], dataFormat: 'channelsFirst' }]

const pools1d: ArgsOf<'maxPooling1d'>[] = [
  { poolSize: 2 },
  { poolSize: 3, strides: 1, padding: 'same' },
  { poolSize: 3, strides: 2, padding: 'valid' },
]
const pools3d: ArgsOf<'maxPooling3d'>[] = [
  { poolSize: [2, 2, 2] },
  { poolSize: [3, 2, 3], strides: [1, 2, 2], padding: 'same' },
]
const firstPools3d: ArgsOf<'maxPooling3d'>[] = [{ poolSize: [2, 2, 2], dataFormat: 'channelsFirst' }]
const FIRST_VOLUME = [floats(2, 5, 5, 6)]

const onMaps = (): LayerCase<Pool>[] => [...on<Pool>(MAP, ...pools), ...on<Pool>(FIRST, ...firstPools)]
const onVolumes = (): LayerCase<ArgsOf<'maxPooling3d'>>[] => [
  ...on(VOLUME, ...pools3d),
  ...on(FIRST_VOLUME, ...firstPools3d),
]

/** Behind another layer: of the input itself, CenterCrop changes the shape that the model declares. */
const behind = (layer: Made, [x]: tfl.SymbolicTensor[]): Symbols =>
  layer.apply(tfl.layers.conv2d({ filters: 3, kernelSize: 1 }).apply(x!)) as Symbols

export const WINDOW_LAYERS = {
  conv1d: on<Convolution>(SEQUENCE, ...convolutions(3), { filters: 2, kernelSize: 3, activation: 'tanh' }),
  conv2d: [
    ...on<Convolution>(
      MAP,
      ...convolutions(4),
      { filters: 3, kernelSize: [1, 3], strides: [2, 1], padding: 'same' },
      ...ACTIVATIONS.map((activation) => ({ filters: 3, kernelSize: 2, activation })),
    ),
    ...on<Convolution>(
      FIRST,
      { filters: 4, kernelSize: 3, dataFormat: 'channelsFirst', padding: 'same', activation: 'relu' },
      { filters: 4, kernelSize: 3, dataFormat: 'channelsFirst', strides: 2 },
    ),
  ],
  conv2dTranspose: [
    ...on<Convolution>(MAP, ...transposed(4)),
    ...on<Convolution>(FIRST, { filters: 2, kernelSize: 3, strides: 2, dataFormat: 'channelsFirst' }),
  ],
  conv3d: [
    ...on<Convolution>(VOLUME, ...convolutions(3)),
    ...on<Convolution>(FIRST_VOLUME, { filters: 2, kernelSize: 2, dataFormat: 'channelsFirst' }),
  ],
  conv3dTranspose: on<Convolution>(VOLUME, ...transposed(3)),
  separableConv2d: [
    ...on<ArgsOf<'separableConv2d'>>(
      MAP,
      { filters: 4, kernelSize: 3 },
      { filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' },
      { filters: 2, kernelSize: 3, dilationRate: 2, padding: 'same', useBias: false },
    ),
    ...refuse<ArgsOf<'separableConv2d'>>(
      MAP,
      { filters: 4, kernelSize: 3, depthMultiplier: 2 },
      'has shape [3,3,3,2], its layer has [3,3,3,1]',
      'tfjs leaves `depthMultiplier` out of the file that it saves',
    ),
    ...on<ArgsOf<'separableConv2d'>>(FIRST, {
      filters: 4,
      kernelSize: 3,
      dataFormat: 'channelsFirst',
      useBias: false,
    }),
    ...refuse<ArgsOf<'separableConv2d'>>(
      FIRST,
      { filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' },
      'tfjs fails for a batch of 3',
      'tfjs adds the bias of channels first along another axis',
    ),
  ],
  depthwiseConv2d: [
    ...on<ArgsOf<'depthwiseConv2d'>>(
      MAP,
      { kernelSize: 3 },
      { kernelSize: [3, 2], depthMultiplier: 3, padding: 'same', activation: 'relu6' },
      { kernelSize: 3, strides: 2, padding: 'same', useBias: false },
      { kernelSize: 2, dilationRate: 2 },
    ),
    ...on<ArgsOf<'depthwiseConv2d'>>(FIRST, { kernelSize: 3, dataFormat: 'channelsFirst' }),
  ],
  averagePooling1d: on(SEQUENCE, ...pools1d),
  avgPool1d: on(SEQUENCE, ...pools1d),
  avgPooling1d: on(SEQUENCE, ...pools1d),
  maxPool1d: on(SEQUENCE, ...pools1d),
  maxPooling1d: on(SEQUENCE, ...pools1d),
  averagePooling2d: onMaps(),
  avgPool2d: onMaps(),
  avgPooling2d: onMaps(),
  maxPool2d: onMaps(),
  maxPooling2d: onMaps(),
  averagePooling3d: onVolumes(),
  avgPool3d: onVolumes(),
  avgPooling3d: onVolumes(),
  maxPooling3d: onVolumes(),
  globalAveragePooling1d: on(SEQUENCE, {}),
  globalMaxPool1d: on(SEQUENCE, {}),
  globalMaxPooling1d: on(SEQUENCE, {}),
  globalAveragePooling2d: [...on(MAP, {}), ...on(FIRST, { dataFormat: 'channelsFirst' as const })],
  globalMaxPool2d: [...on(MAP, {}), ...on(FIRST, { dataFormat: 'channelsFirst' as const })],
  globalMaxPooling2d: [...on(MAP, {}), ...on(FIRST, { dataFormat: 'channelsFirst' as const })],
  cropping2D: [
    ...on<ArgsOf<'cropping2D'>>(
      MAP,
      { cropping: 1 },
      {
        cropping: [
          [2, 1],
          [0, 3],
        ],
      },
    ),
    ...on<ArgsOf<'cropping2D'>>(FIRST, {
      cropping: [
        [2, 1],
        [0, 3],
      ],
      dataFormat: 'channelsFirst',
    }),
  ],
  zeroPadding2d: [
    ...on<ArgsOf<'zeroPadding2d'>>(
      MAP,
      {},
      {
        padding: [
          [2, 1],
          [0, 3],
        ],
      },
    ),
    ...on<ArgsOf<'zeroPadding2d'>>(FIRST, { padding: [1, 2], dataFormat: 'channelsFirst' }),
  ],
  upSampling2d: [
    ...on<ArgsOf<'upSampling2d'>>(
      MAP,
      { size: [2, 3] },
      { size: [2, 2], interpolation: 'bilinear' },
      { size: [1, 3], interpolation: 'bilinear' },
    ),
    ...on<ArgsOf<'upSampling2d'>>(FIRST, { size: [2, 2], dataFormat: 'channelsFirst' }),
  ],
  resizing: refuse<ArgsOf<'resizing'>>(
    MAP,
    { height: 9, width: 5 },
    'tfjs fails for a batch of 3',
    'tfjs cannot run it in a model (it takes the list of inputs for a picture)',
  ),
  centerCrop: [
    ...[
      { height: 3, width: 4 },
      { height: 4, width: 3 },
      { height: 5, width: 1 },
    ].flatMap((args) => as<ArgsOf<'centerCrop'>>(MAP, args, { call: behind, isAlone: true })),
    {
      inputs: MAP,
      args: { height: 9, width: 8 },
      call: behind,
      refused: {
        words: 'tfjs fails for a batch of 3',
        why: 'tfjs cannot enlarge with it in a model (it takes the list of inputs for a picture)',
      },
    } satisfies LayerCase<ArgsOf<'centerCrop'>>,
  ],
  randomWidth: refuse<ArgsOf<'randomWidth'>>(
    MAP,
    { factor: 0.5 },
    "class 'RandomWidth', which in tfjs draws a width",
    'tfjs draws a width at random, in inference too',
  ),
  convLstm2d: [
    ...on<ArgsOf<'convLstm2d'>>(
      MAPS,
      { ...START, filters: 3, kernelSize: 3 },
      { ...START, filters: 2, kernelSize: 2, strides: 2, padding: 'same', returnSequences: true },
      { ...START, filters: 2, kernelSize: 2, goBackwards: true, activation: 'relu', useBias: false },
      { ...START, filters: 2, kernelSize: 2, dilationRate: 2, recurrentActivation: 'sigmoid' },
    ),
    ...on<ArgsOf<'convLstm2d'>>([floats(3, 2, 6, 5)], {
      ...START,
      filters: 2,
      kernelSize: 3,
      dataFormat: 'channelsFirst',
    }),
  ],
}

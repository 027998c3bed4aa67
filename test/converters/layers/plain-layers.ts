/** Cases of the layers that compute element by element, join, reshape and normalize. */
import * as tfl from '@tensorflow/tfjs-layers'
import type { ArgsOf, Made, Symbols } from './case.ts'
import { as, type CaseInput, floats, MAP, on, ROW, refuse, SEQUENCE, START, VOLUME, wholes } from './case.ts'
import { ACTIVATIONS } from './window-layers.ts'

const PAIR = [floats(7, 6, 3), floats(7, 6, 3)]
const BROADCAST = [floats(7, 6, 3), floats(1, 1, 3)]
const ROWS = [floats(6), floats(6), floats(6)]
const COUNTS: readonly CaseInput[] = [{ ...wholes(5), to: 8 }]
const ONE: readonly CaseInput[] = [{ ...wholes(1), to: 8 }]
const WORDS: readonly CaseInput[] = [{ ...wholes(5), dtype: 'float32' }]

const merge = () => [...on(PAIR, {}), ...on(BROADCAST, {}), ...on(ROWS, {})]

const then =
  (make: () => Made) =>
  (layer: Made, inputs: tfl.SymbolicTensor[]): Symbols =>
    make().apply(layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tfl.SymbolicTensor) as Symbols

/** Sequences whose last steps are all 0, so that a mask has something to hide: relu, and 0 where all are negative. */
const masked =
  (make: () => Made) =>
  (layer: Made, [x]: tfl.SymbolicTensor[]): Symbols => {
    const some = tfl.layers.reLU().apply(x!)
    return make().apply(layer.apply(some) as tfl.SymbolicTensor) as Symbols
  }
const reshaped =
  (...targetShape: number[]) =>
  (layer: Made, [x]: tfl.SymbolicTensor[]): Symbols =>
    layer.apply(tfl.layers.reshape({ targetShape }).apply(x!)) as Symbols
const NARROW = [floats(7, 2)]

export const PLAIN_LAYERS = {
  inputLayer: as<ArgsOf<'inputLayer'>>(
    MAP,
    { inputShape: [7, 6, 3] },
    { call: (layer) => tfl.layers.reLU().apply(layer.output) as Symbols },
  ),
  elu: [...on<ArgsOf<'elu'>>(MAP, {}), ...on<ArgsOf<'elu'>>(ROW, { alpha: 1 })],
  reLU: on<ArgsOf<'reLU'>>(MAP, {}, { maxValue: 0.5 }, { maxValue: 6 }),
  leakyReLU: on<ArgsOf<'leakyReLU'>>(MAP, {}, { alpha: 0.1 }),
  prelu: [
    ...on<ArgsOf<'prelu'>>(MAP, {}, { sharedAxes: [1, 2] }, { sharedAxes: [1, 2, 3] }),
    ...on<ArgsOf<'prelu'>>(ROW, {}),
  ],
  softmax: [
    ...on<ArgsOf<'softmax'>>(MAP, {}, { axis: 2 }, { axis: 3 }, { axis: -1 }),
    ...on<ArgsOf<'softmax'>>(ROW, {}, { axis: 1 }),
  ],
  thresholdedReLU: on<ArgsOf<'thresholdedReLU'>>(MAP, {}, { theta: 0.3 }).map((row) => ({
    ...row,
    isAlone: true,
  })),
  activation: [
    ...on<ArgsOf<'activation'>>(MAP, ...ACTIVATIONS.map((activation) => ({ activation }))),
    ...on<ArgsOf<'activation'>>(ROW, ...ACTIVATIONS.map((activation) => ({ activation }))),
    ...on<ArgsOf<'activation'>>(SEQUENCE, { activation: 'softmax' }),
  ],
  dense: [
    ...on<ArgsOf<'dense'>>(
      ROW,
      { units: 4 },
      { units: 4, useBias: false },
      ...ACTIVATIONS.map((activation) => ({ units: 3, activation })),
    ),
    ...on<ArgsOf<'dense'>>(SEQUENCE, { units: 3, activation: 'relu' }),
    ...on<ArgsOf<'dense'>>(MAP, { units: 3 }),
  ],
  dropout: on<ArgsOf<'dropout'>>(MAP, { rate: 0.5 }, { rate: 0.5, noiseShape: [1, 1, 1, 3], seed: 1 }),
  spatialDropout1d: on<ArgsOf<'spatialDropout1d'>>(SEQUENCE, { rate: 0.5 }),
  gaussianNoise: on<ArgsOf<'gaussianNoise'>>(MAP, { stddev: 1 }),
  gaussianDropout: on<ArgsOf<'gaussianDropout'>>(MAP, { rate: 0.5 }),
  alphaDropout: on<ArgsOf<'alphaDropout'>>(MAP, { rate: 0.5 }),
  flatten: [
    ...on<ArgsOf<'flatten'>>(MAP, {}, { dataFormat: 'channelsFirst' }),
    ...on<ArgsOf<'flatten'>>(SEQUENCE, {}),
    ...on<ArgsOf<'flatten'>>(VOLUME, {}),
    ...as<ArgsOf<'flatten'>>(
      MAP,
      {},
      { call: then(() => tfl.layers.dense({ units: 3 })), title: 'and dense' },
    ),
  ],
  repeatVector: on<ArgsOf<'repeatVector'>>(ROW, { n: 3 }),
  reshape: [
    ...on<ArgsOf<'reshape'>>(
      MAP,
      ([h = 1, w = 1, c = 1]) => ({ targetShape: [w, h * c] }),
      ([h = 1, w = 1, c = 1]) => ({ targetShape: [c, h, w] }),
      ([, w = 1]) => ({ targetShape: [w, -1] as [number, number] }),
    ),
    ...on<ArgsOf<'reshape'>>(
      ROW,
      ([n = 1]) => ({ targetShape: [1, 1, n] }),
      ([n = 1]) => ({ targetShape: [n, 1] }),
    ),
    ...on<ArgsOf<'reshape'>>(SEQUENCE, ([t = 1, n = 1]) => ({ targetShape: [t * n] })),
  ],
  permute: [
    ...on<ArgsOf<'permute'>>(MAP, { dims: [2, 1, 3] }, { dims: [3, 1, 2] }, { dims: [2, 3, 1] }),
    ...on<ArgsOf<'permute'>>(SEQUENCE, { dims: [2, 1] }),
    ...on<ArgsOf<'permute'>>(VOLUME, { dims: [4, 2, 1, 3] }),
  ],
  embedding: [
    ...on<ArgsOf<'embedding'>>([wholes(5)], { inputDim: 256, outputDim: 3 }),
    ...on<ArgsOf<'embedding'>>(WORDS, { inputDim: 256, outputDim: 3, inputLength: 5 }),
    ...as<ArgsOf<'embedding'>>(
      [{ ...wholes(5), to: 3 }],
      { inputDim: 256, outputDim: 3, maskZero: true },
      {
        call: then(() => tfl.layers.lstm({ ...START, units: 3 })),
        title: 'masking zeros, and lstm',
      },
    ),
    ...as<ArgsOf<'embedding'>>(
      [{ ...wholes(5), to: 3 }],
      { inputDim: 256, outputDim: 3, maskZero: true },
      {
        call: then(() =>
          tfl.layers.bidirectional({ layer: tfl.layers.gru({ ...START, units: 3 }), mergeMode: 'concat' }),
        ),
        title: 'masking zeros, and bidirectional gru',
      },
    ),
  ].map((row) => ({ ...row, isAlone: true })),
  masking: [
    ...on<ArgsOf<'masking'>>(SEQUENCE, {}),
    ...(['lstm', 'gru', 'simpleRNN'] as const).flatMap((name) =>
      as<ArgsOf<'masking'>>(
        NARROW,
        {},
        {
          call: masked(() => tfl.layers[name]({ ...START, units: 3 })),
          title: `and ${name}`,
        },
      ),
    ),
    ...as<ArgsOf<'masking'>>(
      NARROW,
      {},
      {
        call: masked(() => tfl.layers.lstm({ ...START, units: 3, returnSequences: true, goBackwards: true })),
        title: 'and lstm, backwards',
      },
    ),
  ].map((row) => ({ ...row, isAlone: true })),
  add: merge(),
  average: merge(),
  maximum: merge(),
  minimum: merge(),
  multiply: merge(),
  concatenate: [
    ...on<ArgsOf<'concatenate'>>(PAIR, {}, { axis: 1 }, { axis: 2 }, { axis: -1 }),
    ...on<ArgsOf<'concatenate'>>(ROWS, {}),
    ...on<ArgsOf<'concatenate'>>([floats(7, 4), floats(5, 4)], { axis: 1 }),
  ],
  dot: [
    ...on<ArgsOf<'dot'>>([floats(6), floats(6)], { axes: 1 }, { axes: -1, normalize: true }),
    ...on<ArgsOf<'dot'>>([floats(4, 6), floats(5, 6)], { axes: 2 }, { axes: [2, 2], normalize: true }),
    ...on<ArgsOf<'dot'>>([floats(4, 6), floats(6, 5)], { axes: [2, 1] }),
    ...on<ArgsOf<'dot'>>([floats(4, 6), floats(6)], { axes: [2, 1] }),
  ],
  batchNormalization: [
    ...on<ArgsOf<'batchNormalization'>>(
      MAP,
      {},
      { scale: false, epsilon: 0.1 },
      { center: false },
      { scale: false, center: false },
    ),
    ...on<ArgsOf<'batchNormalization'>>(ROW, {}),
    ...on<ArgsOf<'batchNormalization'>>(SEQUENCE, {}),
    ...on<ArgsOf<'batchNormalization'>>(MAP, { axis: 1 }, { axis: 2 }, { axis: 3 }),
    ...on<ArgsOf<'batchNormalization'>>(SEQUENCE, { axis: 1, scale: false }),
    ...on<ArgsOf<'batchNormalization'>>(VOLUME, { axis: 4 }, { axis: 2, center: false }),
    ...refuse<ArgsOf<'batchNormalization'>>(
      VOLUME,
      {},
      'not implemented for array of rank 5',
      'tfjs has none of volumes, unless its axis is counted from the front',
    ),
  ],
  layerNormalization: [
    ...on<ArgsOf<'layerNormalization'>>(
      MAP,
      {},
      { axis: 3, epsilon: 0.1 },
      { axis: [1, 2, 3] },
      { axis: [2, 3] },
    ),
    ...on<ArgsOf<'layerNormalization'>>(ROW, { scale: false }, { center: false }),
    ...on<ArgsOf<'layerNormalization'>>(SEQUENCE, {}),
  ],
  rescaling: on<ArgsOf<'rescaling'>>(MAP, { scale: 1 / 127.5, offset: -1 }, { scale: 0.5 }),
  // Behind another layer: of the input itself, it changes the shape that the model declares.
  categoryEncoding: [
    ...(['multiHot', 'count', 'oneHot'] as const).flatMap((outputMode) =>
      as<ArgsOf<'categoryEncoding'>>(COUNTS, { numTokens: 8, outputMode }, { call: reshaped(5) }),
    ),
    ...as<ArgsOf<'categoryEncoding'>>(
      ONE,
      { numTokens: 8, outputMode: 'oneHot' },
      { call: reshaped(1), title: 'of one number' },
    ),
  ].map((row) => ({ ...row, isAlone: true })),
}

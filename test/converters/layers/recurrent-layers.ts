/** Cases of recurrent layers, their cells, and the wrappers around layers. */
import * as tfl from '@tensorflow/tfjs-layers'
import type { ArgsOf, LayerCase, Made, Symbols } from './case.ts'
import { as, MAP, MAPS, on, SEQUENCE, START } from './case.ts'

type Cell = ArgsOf<'gruCell'> & ArgsOf<'lstmCell'> & ArgsOf<'simpleRNNCell'>
type Recurrent = ArgsOf<'gru'> & ArgsOf<'lstm'> & ArgsOf<'simpleRNN'>

const SETTINGS: Omit<Recurrent, 'recurrentActivation'>[] = [
  { ...START, units: 3 },
  { ...START, units: 3, returnSequences: true },
  { ...START, units: 3, goBackwards: true },
  { ...START, units: 3, goBackwards: true, returnSequences: true, useBias: false },
  { ...START, units: 2, unroll: true, activation: 'relu' },
  { ...START, units: 2, dropout: 0.5, recurrentDropout: 0.5 },
  { ...START, units: 2, returnState: true },
  { ...START, units: 2, returnSequences: true, returnState: true },
]

/** From a sequence with initial states that are computed. */
const withStates =
  (count: number) =>
  (layer: Made, [x]: tfl.SymbolicTensor[]): Symbols => {
    const flat = tfl.layers.flatten().apply(x!) as tfl.SymbolicTensor
    const states = Array.from(
      { length: count },
      () => tfl.layers.dense({ units: 3, activation: 'tanh' }).apply(flat) as tfl.SymbolicTensor,
    )
    return layer.apply(x!, { initialState: states }) as Symbols
  }

const recurrent = (states: number): LayerCase<Recurrent>[] => [
  ...on<Recurrent>(SEQUENCE, ...SETTINGS),
  ...as<Recurrent>(
    SEQUENCE,
    { ...START, units: 3 },
    { call: withStates(states), title: 'with states that are computed' },
  ),
  {
    inputs: SEQUENCE,
    args: { ...START, units: 3, stateful: true },
    call: (layer) => layer.apply(tfl.input({ batchShape: [2, 7, 4] })) as Symbols,
    refused: {
      words: "'stateful' of class",
      why: 'a stateful layer remembers the call before, which an ONNX model cannot',
    },
  },
]

/** The cell in an RNN. */
const inRnn = (cell: Made, [x]: tfl.SymbolicTensor[]): Symbols =>
  tfl.layers.rnn({ cell: cell as unknown as Made & ArgsOf<'rnn'>['cell'] }).apply(x!) as Symbols

const cells = (...all: Cell[]): LayerCase<Cell>[] =>
  all.flatMap((args) => as<Cell>(SEQUENCE, args, { call: inRnn }))

const gru = () => tfl.layers.gru({ ...START, units: 3, returnSequences: true })
const lstm = () => tfl.layers.lstm({ ...START, units: 3, returnSequences: true })
const simple = () => tfl.layers.simpleRNN({ ...START, units: 3 })
type Both = ArgsOf<'bidirectional'>
type Mode = NonNullable<Both['mergeMode']>

const both =
  (layer: () => tfl.RNN, mergeMode: Mode): (() => Both) =>
  () => ({ layer: layer(), mergeMode })

export const RECURRENT_LAYERS = {
  gru: [
    ...recurrent(1),
    ...on<Recurrent>(
      SEQUENCE,
      { ...START, units: 3, recurrentActivation: 'sigmoid' },
      { ...START, units: 2, implementation: 1 },
    ),
  ],
  lstm: [
    ...recurrent(2),
    ...on<Recurrent>(SEQUENCE, { ...START, units: 3, recurrentActivation: 'sigmoid', unitForgetBias: false }),
    ...on<Recurrent>(SEQUENCE, { ...START, units: 2, implementation: 1 }),
  ],
  simpleRNN: recurrent(1),
  gruCell: cells(
    { ...START, units: 3 },
    { ...START, units: 2, recurrentActivation: 'sigmoid', useBias: false },
  ),
  lstmCell: cells({ ...START, units: 3 }, { ...START, units: 2, activation: 'relu', unitForgetBias: false }),
  simpleRNNCell: cells({ ...START, units: 3 }, { ...START, units: 2, activation: 'relu', useBias: false }),
  rnn: on<ArgsOf<'rnn'>>(
    SEQUENCE,
    () => ({ cell: tfl.layers.gruCell({ ...START, units: 3 }), returnSequences: true }),
    () => ({ cell: tfl.layers.lstmCell({ ...START, units: 3 }), goBackwards: true }),
    () => ({
      cell: [tfl.layers.simpleRNNCell({ ...START, units: 3 }), tfl.layers.lstmCell({ ...START, units: 2 })],
    }),
  ),
  stackedRNNCells: as<ArgsOf<'stackedRNNCells'>>(
    SEQUENCE,
    () => ({
      cells: [tfl.layers.gruCell({ ...START, units: 3 }), tfl.layers.lstmCell({ ...START, units: 2 })],
    }),
    { call: inRnn },
  ),
  convLstm2dCell: [
    {
      inputs: MAPS,
      args: { ...START, filters: 2, kernelSize: 3 },
      call: inRnn,
      refused: {
        words: 'expected ndim=3, found ndim=5',
        why: 'no layer of tfjs takes it as its cell; ConvLSTM2D makes its own',
      },
    } satisfies LayerCase<ArgsOf<'convLstm2dCell'>>,
  ],
  bidirectional: [
    ...on<Both>(
      SEQUENCE,
      both(lstm, 'concat'),
      both(gru, 'sum'),
      both(gru, 'mul'),
      both(lstm, 'ave'),
      both(simple, 'concat'),
    ),
  ],
  timeDistributed: [
    ...on<ArgsOf<'timeDistributed'>>(
      SEQUENCE,
      () => ({ layer: tfl.layers.dense({ units: 3, activation: 'relu' }) }),
      () => ({ layer: tfl.layers.layerNormalization() }),
    ),
    ...on<ArgsOf<'timeDistributed'>>(
      MAPS,
      () => ({ layer: tfl.layers.conv2d({ filters: 3, kernelSize: 3 }) }),
      () => ({ layer: tfl.layers.flatten() }),
      () => ({ layer: tfl.layers.maxPooling2d({ poolSize: [2, 2], strides: [2, 2] }) }),
    ),
    ...on<ArgsOf<'timeDistributed'>>(MAP, () => ({ layer: tfl.layers.dense({ units: 2 }) })),
  ],
}

import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { SeededDropout } from '../../models/index.ts'
import { cutNetwork, inputsOf } from '../../src/train/cut.ts'

beforeAll(() => tf.setBackend('cpu'))

const MAPS = [4, 4, 2]

/** What a layer of a random network may be; `join` takes two maps, the others one. */
const KINDS = ['conv', 'norm', 'relu', 'dropout', 'pool', 'join'] as const
type Kind = (typeof KINDS)[number]

const MAKERS: Record<Kind, (name: string) => layers.Layer> = {
  conv: (name) =>
    layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', kernelInitializer: 'heNormal', name }),
  norm: (name) => layers.batchNormalization({ name }),
  relu: (name) => layers.reLU({ name }),
  dropout: (name) => new SeededDropout({ rate: 0.5, seed: 1, name }),
  pool: (name) => layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same', name }),
  join: (name) => layers.add({ name }),
}

interface Step {
  kind: Kind
  /** Places of the sources, counted back from the newest, modulo their number. */
  from: [number, number]
}

const steps = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), from: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })) }),
  { minLength: 1, maxLength: 12 },
)

/** A network of these steps; what nobody takes is joined at the end, and pooled for two classes. */
function networkOf(list: readonly Step[]): LayersModel {
  const inputs = input({ shape: MAPS })
  const values = [inputs]
  const free = new Set(values)
  list.forEach(({ kind, from }, i) => {
    const [a, b] = from.map((back) => values.at(-1 - (back % values.length))!) as [
      SymbolicTensor,
      SymbolicTensor,
    ]
    // tfjs frees a tensor that one layer takes twice too early.
    const layer = MAKERS[kind === 'join' && a === b ? 'relu' : kind](`${kind}${i}`)
    const value = layer.apply(layer.getClassName() === 'Add' ? [a, b] : a)
    for (const used of [a, b]) free.delete(used)
    values.push(value as SymbolicTensor)
    free.add(value as SymbolicTensor)
  })
  const ends = [...free]
  const end = ends.length === 1 ? ends[0]! : (layers.add({ name: 'ends' }).apply(ends) as SymbolicTensor)
  const pooled = layers.globalAveragePooling2d({ name: 'gap' }).apply(end) as SymbolicTensor
  const outputs = layers.dense({ units: 2, activation: 'softmax', name: 'dense' }).apply(pooled)
  return model({ inputs, outputs: outputs as SymbolicTensor })
}

const names = (net: LayersModel): string[] => net.layers.map(({ name }) => name)
const firstOf = (net: LayersModel, count: number): Set<string> => new Set(names(net).slice(0, count))

const films = (count: number): tf.Tensor => tf.randomNormal([count, ...MAPS], 0, 1, 'float32', 7)
const through = (net: LayersModel, x: tf.Tensor): Float32Array =>
  (net.apply(x) as tf.Tensor).dataSync<'float32'>()

describe('a network cut anywhere', () => {
  it('gives what it gives whole, and behind the cut stands nothing frozen', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, place) => {
        const net = networkOf(list)
        const count = 1 + (place % (net.layers.length - 1))
        const frozen = firstOf(net, count)
        const x = films(3)
        const whole = through(net, x)
        const cut = cutNetwork(net, frozen)
        const rows = cut.frozen(x)
        expect(rows.shape).toEqual([3, cut.length])
        const inputs = inputsOf(cut.rest, rows.dataSync<'float32'>(), 3)
        expect((cut.rest.apply(inputs) as tf.Tensor).dataSync()).toEqual(whole)
        expect(names(cut.rest).filter((name) => frozen.has(name))).toEqual([])
        // The network is still what it was.
        expect(through(net, x)).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })
})

/** Two branches from `stem`, one of which is used twice. */
function branches(): LayersModel {
  const inputs = input({ shape: MAPS, name: 'films' })
  const of = (layer: layers.Layer, ...x: SymbolicTensor[]) =>
    layer.apply(x.length === 1 ? x[0]! : x) as SymbolicTensor
  const stem = of(MAKERS.conv('stem'), inputs)
  const left = of(MAKERS.norm('left'), stem)
  const right = of(MAKERS.conv('right'), stem)
  const relu = of(MAKERS.relu('relu'), left)
  const both = of(layers.concatenate({ name: 'both' }), relu, right)
  const last = of(MAKERS.conv('last'), both)
  const dropped = of(MAKERS.dropout('dropped'), last)
  const gap = of(layers.globalAveragePooling2d({ name: 'gap' }), dropped)
  return model({ inputs, outputs: of(layers.dense({ units: 2, activation: 'softmax', name: 'dense' }), gap) })
}

describe('what crosses the cut', () => {
  const cases: [string, string[], string[], number][] = [
    ['the films themselves', ['films'], ['stem', 'left', 'right', 'relu', 'both'], 32],
    ['one tensor that two layers take', ['films', 'stem'], ['left', 'right', 'relu', 'both'], 32],
    [
      'two tensors of two branches, after what has no weights',
      ['films', 'stem', 'left'],
      ['right', 'both'],
      64,
    ],
    // Joining them does not make it more, so it is done before.
    ['what no weight stands behind', ['films', 'stem', 'left', 'right'], [], 64],
    [
      'not behind what is random in training',
      ['films', 'stem', 'left', 'right', 'relu', 'both', 'last'],
      [],
      32,
    ],
  ]
  for (const [what, frozen, behind, length] of cases)
    it(what, () => {
      const cut = cutNetwork(branches(), new Set(frozen))
      expect(cut.length).toBe(length)
      const kept = names(cut.rest).filter((name) => ['left', 'right', 'relu', 'both', 'stem'].includes(name))
      expect(kept.toSorted()).toEqual(behind.toSorted())
      expect(names(cut.rest).slice(-3)).toEqual(['dropped', 'gap', 'dense'])
    })

  it('is refused where something that is frozen stands behind something that is not', () => {
    expect(() => cutNetwork(branches(), new Set(['films', 'stem', 'relu']))).toThrow('before relu')
  })
})

it('training the rest moves nothing that is frozen, the statistics of a BatchNormalization included', async () => {
  const net = branches()
  const frozen = ['films', 'stem', 'left']
  const cut = cutNetwork(net, new Set(frozen))
  const valuesOf = (name: string) =>
    net
      .getLayer(name)
      .getWeights()
      .map((weight) => [...weight.dataSync()])
  const before = new Map(names(net).map((name) => [name, valuesOf(name)]))
  const rows = cut.frozen(films(6)).dataSync<'float32'>()
  cut.rest.compile({ optimizer: tf.train.adam(0.1), loss: 'categoricalCrossentropy' })
  const y = tf.oneHot(tf.tensor1d([0, 1, 0, 1, 0, 1], 'int32'), 2)
  for (let step = 0; step < 3; step++) await cut.rest.trainOnBatch(inputsOf(cut.rest, rows, 6), y)
  const moved = names(net).filter(
    (name) => JSON.stringify(valuesOf(name)) !== JSON.stringify(before.get(name)),
  )
  expect(moved).toEqual(['right', 'last', 'dense'])
})

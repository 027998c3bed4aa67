/** The gradient of each layer type of the backbones, on each engine that runs here: against finite differences, and
 *  against tfjs' plain JavaScript. */
import * as tf from '@tensorflow/tfjs-core'
import { input, type LayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BACKBONES,
  type BackboneName,
  buildBackbone,
  HEADS,
  type HeadName,
  headLayers,
  SeededDropout,
} from '../../../models/index.ts'
import { seededRandom, shuffled } from '../../../random.ts'
import type { Engine, EngineRow } from '../../../src/train/engines/engine.ts'
import { ENGINES, openEngine } from '../../../src/train/engines/engines.ts'
import { without } from '../../without.ts'
import { kindOf, LAYER_ROWS, type LayerRow } from './layer-rows.ts'

/** Films of a batch. */
const BATCH = 4
/** Half of the step of a finite difference. Inputs lie at least 2.5 times as far apart, and from 0, so that no ReLU and no
 *  maximum changes its mind within it. */
const STEP = 0.01

/** One value of the layer's outputs: their sum, each with a weight of its own. */
interface Point {
  layer: LayersModel
  inputs: tf.Tensor[]
  /** Of the outputs, so that no gradient vanishes by symmetry. */
  weights: tf.Tensor
}

/** Distinct values around 0, none of them nearer than half a step of theirs. */
function spreadValues(shape: number[], spread: number, seed: number): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1)
  const values = Float32Array.from({ length: size }, (_, i) => ((i - size / 2 + 0.5) * spread) / 40)
  return tf.tensor(Float32Array.from(shuffled([...values], seededRandom(seed))), shape)
}

function pointOf({ inputs, make, spread = 1.2 }: LayerRow): Point {
  const places = inputs.map((shape) => input({ shape }))
  const [only, ...others] = places
  const outputs = make().apply(others.length === 0 ? only! : places) as SymbolicTensor
  const layer = model({ inputs: places, outputs })
  for (const [i, weight] of layer.weights.entries()) {
    const values = spreadValues(weight.shape as number[], 1.2, 100 + i)
    // A variance is positive.
    weight.write(weight.originalName.includes('variance') ? tf.add(tf.abs(values), 0.5) : values)
  }
  return {
    layer,
    inputs: inputs.map((shape, i) => spreadValues([BATCH, ...shape], spread, i)),
    weights: spreadValues([BATCH, ...(outputs.shape.slice(1) as number[])], 1.2, 200),
  }
}

/** What a step would differentiate. */
const valueAt = ({ layer, weights }: Point, inputs: tf.Tensor[]): tf.Scalar => {
  // The same mask each time.
  for (const one of layer.layers) if (one instanceof SeededDropout) one.step = 0
  const output = layer.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: true }) as tf.Tensor
  return tf.sum(tf.mul(output, weights))
}

interface Gradients {
  /** By the name of a weight or the number of an input. */
  [place: string]: Float32Array
}

async function gradientsOf(point: Point): Promise<Gradients> {
  const trainable = point.layer.trainableWeights
  const averages = point.layer.nonTrainableWeights.map((weight) => tf.clone(weight.read()))
  const variables = trainable.map((weight) => weight.read() as tf.Variable)
  const places = point.inputs.map((tensor) => tf.variable(tensor))
  const { value, grads } = tf.variableGrads(() => valueAt(point, places), [...variables, ...places])
  const found: Gradients = {}
  for (const [i, { name }] of places.entries())
    found[`input ${i}`] = Float32Array.from(await grads[name]!.data())
  for (const [i, { name }] of variables.entries())
    found[trainable[i]!.originalName.split('/').at(-1)!] = Float32Array.from(await grads[name]!.data())
  for (const [i, weight] of point.layer.nonTrainableWeights.entries()) weight.write(averages[i]!)
  tf.dispose([value, grads, places, averages])
  return found
}

/** The change of the value per step, when all numbers of a place move by `signs`. */
async function differenceOf(point: Point, place: string, signs: tf.Tensor, half: number): Promise<number> {
  const at = async (step: number): Promise<number> => {
    const moved = (tensor: tf.Tensor) => tf.add(tensor, tf.mul(signs, step))
    const weight = point.layer.trainableWeights.find(({ originalName }) => originalName.endsWith(`/${place}`))
    const before = weight === undefined ? undefined : tf.clone(weight.read())
    if (weight !== undefined && before !== undefined)
      tf.tidy(() => {
        weight.write(moved(before))
      })
    const value = tf.tidy(() =>
      valueAt(
        point,
        point.inputs.map((tensor, i) => (place === `input ${i}` ? moved(tensor) : tensor)),
      ),
    )
    if (weight !== undefined && before !== undefined) weight.write(before)
    const [number] = await value.data()
    tf.dispose([value, before])
    return number!
  }
  return ((await at(half)) - (await at(-half))) / (2 * half)
}

const ROWS: readonly EngineRow[] = ENGINES
const byCpu = new Map<string, Gradients>()

beforeAll(async () => {
  await openEngine('cpu', () => {})
  for (const row of LAYER_ROWS) byCpu.set(row.name, await gradientsOf(pointOf(row)))
})

for (const engine of ROWS) {
  const there = await engine.available(true)
  describe.skipIf(there !== true)(`gradients on ${engine.name}${without(engine.name, there)}`, () => {
    let opened: Engine
    beforeAll(async () => {
      opened = await openEngine(engine.name, () => {})
    })
    afterAll(() => opened.close())

    for (const row of LAYER_ROWS)
      it(row.name, async () => {
        const point = pointOf(row)
        const gradients = await gradientsOf(point)
        const expected = byCpu.get(row.name)!
        expect(Object.keys(gradients)).toEqual(Object.keys(expected))
        for (const [place, gradient] of Object.entries(gradients)) {
          const size = Math.max(...expected[place]!.map(Math.abs), 1e-3)
          const apart = Math.max(...gradient.map((value, i) => Math.abs(value - expected[place]![i]!)))
          expect(apart / size, `${place} against cpu`).toBeLessThan(1e-5)
          const random = seededRandom(7)
          const signs = gradient.map(() => (random() < 0.5 ? -1 : 1))
          const shape = place.startsWith('input')
            ? point.inputs[Number(place.split(' ')[1])]!.shape
            : point.layer.trainableWeights.find((w) => w.originalName.endsWith(`/${place}`))!.shape
          const moved = await differenceOf(
            point,
            place,
            tf.tensor(signs, shape as number[]),
            row.step ?? STEP,
          )
          const along = gradient.reduce((sum, value, i) => sum + value * signs[i]!, 0)
          const scale = Math.hypot(...gradient) + 1e-3
          expect(Math.abs(moved - along) / scale, `${place} against differences`).toBeLessThan(5e-3)
        }
      })
  })
}

/** Layers without a gradient of their own. */
const WITHOUT = new Set(['InputLayer'])

it('each kind of layer in backbones and heads has a row', async () => {
  await tf.setBackend('cpu')
  const kinds = new Set<string>()
  for (const name of Object.keys(BACKBONES) as BackboneName[]) {
    const side = BACKBONES[name].leastSide
    const network = buildBackbone(name, { inputShape: [side, side, 3], includeTop: false })
    for (const layer of network.layers) kinds.add(kindOf(layer))
    network.dispose()
  }
  for (const name of Object.keys(HEADS) as HeadName[]) {
    const { frozen, trainable } = headLayers(name, { classes: 2, seed: 1, featureShape: [4, 4, 8] })
    for (const layer of [...frozen, ...trainable]) kinds.add(kindOf(layer))
  }
  expect(kinds.size).toBeGreaterThan(20)
  const rows = new Set(LAYER_ROWS.map(({ make }) => kindOf(make())))
  expect([...kinds].filter((kind) => !rows.has(kind) && !WITHOUT.has(kind))).toEqual([])
})

/** Models of tfjs as their users have them: weights that say something, saved as a folder, read back and converted. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import { expect } from 'vitest'
import { type Converted, convert } from '../../../converters/convert.ts'
import type { Values } from '../../../converters/onnx/runner.ts'
import { type ReadModel, readModel } from '../../../converters/read/models/read-model.ts'
import { seededRandom } from '../../../random.ts'
import type { CaseInput, Factory, LayerCase, Made } from './case.ts'

tf.enableProdMode()

/** Calls a factory by its name. */
export function makeLayer(name: Factory, { args, inputs }: LayerCase<unknown>): Made {
  const make = tfl.layers[name] as (args: unknown) => Made
  return make(typeof args === 'function' ? args(inputs[0]!.shape) : args)
}

/** The model of one case. */
export function caseModel(name: Factory, row: LayerCase<unknown>): tfl.LayersModel {
  const symbols = row.inputs.map(({ shape, dtype }) => tfl.input({ shape: [...shape], dtype }))
  const layer = makeLayer(name, row)
  const outputs = row.call?.(layer, symbols) ?? callOn(layer, symbols)
  return tfl.model({ inputs: sourcesOf(outputs, symbols), outputs })
}

const callOn = (layer: Made, inputs: tfl.SymbolicTensor[]): tfl.SymbolicTensor | tfl.SymbolicTensor[] =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tfl.SymbolicTensor | tfl.SymbolicTensor[]

/** The inputs that lead to the outputs: some cases bring their own. */
export function sourcesOf(
  outputs: tfl.SymbolicTensor | tfl.SymbolicTensor[],
  given: tfl.SymbolicTensor[],
): tfl.SymbolicTensor[] {
  const found = new Set<tfl.SymbolicTensor>()
  const visit = (symbol: tfl.SymbolicTensor): void => {
    if (symbol.inputs.length === 0) found.add(symbol)
    else symbol.inputs.forEach(visit)
  }
  ;[outputs].flat().forEach(visit)
  return [
    ...given.filter((symbol) => found.has(symbol)),
    ...[...found].filter((symbol) => !given.includes(symbol)),
  ]
}

/** Gives every weight values of its own, so that no two can be exchanged unseen: uniform in -1..1 by the number of their
 *  inputs, variances positive. */
export function shakeWeights(model: tfl.LayersModel, seed: number): void {
  const random = seededRandom(seed)
  for (const layer of model.layers)
    for (const weight of layer.weights) {
      const { shape } = weight.read()
      const isVariance = /variance/.test(weight.originalName)
      const spread = isVariance ? 1 : 1 / Math.sqrt(Math.max(1, fanIn(shape) / 2))
      const data = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () =>
        isVariance ? 0.5 + random() : spread * (2 * random() - 1),
      )
      const tensor = tf.tensor(data, shape)
      weight.write(tensor)
      tensor.dispose()
    }
}

const fanIn = (shape: readonly number[]): number => tf.util.sizeFromShape(shape.slice(0, -1))

/** Saves as tfjs saves. */
export async function saveModel(model: tfl.LayersModel, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
      const json = { format: 'layers-model', modelTopology, weightsManifest }
      await writeFile(join(folder, 'model.json'), JSON.stringify(json))
      await writeFile(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer))
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
}

/** Values of each input, for batches of 1 and 3. */
export const samplesOf = (inputs: readonly CaseInput[], seed: number): Values[][] =>
  [1, 3].map((batch) =>
    inputs.map(({ shape, dtype, from, to, isWhole = false }, i) => {
      const random = seededRandom(seed + 31 * batch + i)
      const value = (): number => {
        const drawn = from + random() * (to - from)
        return isWhole ? Math.floor(drawn) : drawn
      }
      const length = batch * tf.util.sizeFromShape([...shape])
      const data =
        dtype === 'int32' ? Int32Array.from({ length }, value) : Float32Array.from({ length }, value)
      return { dtype, shape: [batch, ...shape], data }
    }),
  )

/** Reads a saved model and converts it, as the command does; every output is then known to be that of tfjs, on random
 *  inputs and on the samples, at batches of 1 and 3, and to have its shape. Nothing of the model is left behind. */
export async function convertFolder(folder: string, samples: Values[][]): Promise<Converted> {
  const { numTensors } = tf.memory()
  const model = await readModel(folder)
  try {
    const { inputs, outputs, layers, run } = model
    const converted = await convert(run, join(folder, 'model.onnx'), { inputs, outputs, layers, samples })
    expectShapes(model, converted, samples)
    return converted
  } finally {
    model.dispose()
    expect(tf.memory().numTensors).toBe(numTensors)
  }
}

/** The parity says nothing of shapes: the graph promises them, and tfjs gives them. */
function expectShapes({ run, outputs }: ReadModel, { graph, parity }: Converted, samples: Values[][]): void {
  const [, three] = samples
  const shapes = tf.tidy(() => {
    const tensors = three!.map(({ data, shape, dtype }) => tf.tensor(data, [...shape], dtype as 'float32'))
    return [run(tensors)].flat().map((tensor) => tensor.shape)
  })
  const size = (dim: number | string): number =>
    typeof dim === 'number' ? dim : 3 * (dim.includes('*') ? Number(dim.split('*')[0]) : 1)
  expect(outputs.map((name) => graph.types.get(name)!.shape.map(size))).toEqual(shapes)
  for (const { batches, maxAbs } of parity) {
    expect(batches).toEqual([1, 3, 1, 3])
    expect(maxAbs).not.toBeNaN()
  }
}

/** The three published models inside `nsfwjs`: two LayersModels and a GraphModel, one of them quantized to bytes. They
 *  convert, match, and keep no Transpose but that of their input. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { convert } from '../../converters/convert.ts'
import { readModel } from '../../converters/read/models/read-model.ts'
import { NSFWJS_MODELS, type NsfwjsModel, unwrapNsfwjs } from '../../scripts/unwrap-nsfwjs.ts'

tf.enableProdMode()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-nsfwjs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Format and parameters, as the files have them, and the side of the pictures. */
const FACTS: Readonly<Record<NsfwjsModel, [format: string, parameters: number, side: number]>> = {
  mobilenet_v2: ['tfjs LayersModel', 2_619_461, 224],
  mobilenet_v2_mid: ['tfjs GraphModel', 4_300_775, 224],
  inception_v3: ['tfjs LayersModel', 22_360_869, 299],
}

test.each(NSFWJS_MODELS)('%s of nsfwjs converts and matches', async (name) => {
  const [format, parameters, side] = FACTS[name]
  const model = await readModel(unwrapNsfwjs(name, join(folder, name)))
  expect(model).toMatchObject({ format, parameters })
  const { run, inputs, outputs, layers } = model
  expect(inputs.map(({ shape }) => shape)).toEqual([[null, side, side, 3]])
  const { graph, parity } = await convert(run, join(folder, `${name}.onnx`), { inputs, outputs, layers })
  expect(parity).toMatchObject([{ output: outputs[0], batches: [1, 3] }])
  expect(graph.types.get(graph.outputs[0]!)?.shape).toEqual(['N', 5])
  const transposes = graph.nodes.filter(({ op }) => op === 'Transpose')
  expect(transposes.map((node) => node.inputs)).toEqual([graph.inputs])
  model.dispose()
})

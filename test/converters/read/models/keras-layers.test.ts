/** Every layer of Keras that is read, and every way of using it that may differ from tfjs's: a branch each of few models
 *  (`test/fixtures/converters/make_layers.py`), which must give what Keras gave, in tfjs and converted. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeModel } from '../../../../converters/onnx/encode.ts'
import { runOnnx } from '../../../../converters/onnx/runner.ts'
import { readModel } from '../../../../converters/read/models/read-model.ts'
import { record } from '../../../../converters/record/record.ts'
import { rewrite } from '../../../../converters/rewrite/rewrite.ts'
import { RoentgenError } from '../../../../errors.ts'

tf.enableProdMode()

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../fixtures/converters/layers/${name}`, import.meta.url))

interface Packed {
  shape: number[]
  data: string
}
const FACTS = JSON.parse(readFileSync(fixture('facts.json'), 'utf8')) as Record<
  string,
  { parameters: number; input: Packed; outputs: Record<string, Packed> }
>
const unpacked = ({ data }: Packed): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer)

/** Sums of float32 numbers in another order, relative to values above 1. */
const TOLERANCE = 1e-5
const distance = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length
    ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!) / Math.max(1, Math.abs(b[i]!))), 0)
    : Number.POSITIVE_INFINITY

describe('each layer gives what Keras gave, in tfjs and converted:', () => {
  test.each(Object.entries(FACTS))('%s', async (name, { parameters, input, outputs }) => {
    const { numTensors } = tf.memory()
    const model = await readModel(fixture(name))
    expect(model.parameters).toBe(parameters)
    const [{ dtype, name: inputName }] = model.inputs as [(typeof model.inputs)[number]]
    const values = dtype === 'int32' ? Int32Array.from(unpacked(input)) : unpacked(input)
    const given = tf.tensor(values, input.shape, dtype as 'float32' | 'int32')
    const inTfjs = tf.tidy(() =>
      [model.run([given])].flat().map((tensor) => ({
        shape: [...tensor.shape],
        data: Float32Array.from(tensor.dataSync()),
      })),
    )
    given.dispose()
    const graph = await rewrite(
      await record(model.run, { inputs: model.inputs, outputs: model.outputs, layers: model.layers }),
    )
    const feed = [
      inputName,
      { dtype: dtype as 'float32' | 'int32', shape: input.shape, data: values },
    ] as const
    const [converted] = await runOnnx(encodeModel(graph), [[feed]])
    const wrong = Object.entries(outputs).flatMap(([branch, expected], i) => {
      const wanted = unpacked(expected)
      const apart = [inTfjs[i]!.data, Float32Array.from(converted!.get(model.outputs[i]!)!.data)].map(
        (data) => distance(data, wanted),
      )
      const isSame = String(inTfjs[i]!.shape) === String(expected.shape) && apart.every((d) => d <= TOLERANCE)
      return isSame
        ? []
        : [`${branch}: ${inTfjs[i]!.shape} for ${expected.shape}, apart by ${apart.join(' and ')}`]
    })
    expect(wrong).toEqual([])
    expect(inTfjs.length).toBe(Object.keys(outputs).length)
    model.dispose()
    expect(tf.memory().numTensors).toBe(numTensors)
  })
})

/** What Keras 3 has and is not converted: refused by its name, never read as something else. */
const REFUSED =
  `AdaptiveAveragePooling2D AdaptiveMaxPooling2D AutoContrast ConvLSTM1D ConvLSTM3D Discretization Equalization
  FeatureSpace FlaxLayer GroupedQueryAttention HashedCrossing Hashing IntegerLookup JaxLayer Lambda MaxNumBoundingBoxes
  MelSpectrogram Pipeline RandomCrop ReversibleEmbedding Solarization SpectralNormalization STFTSpectrogram StringLookup TFSMLayer
  TextVectorization`.split(/\s+/)
const SETTINGS: [class_name: string, config: object, words: string][] = [
  ['Activation', { activation: 'glu' }, "activation 'glu'"],
  ['Activation', { activation: 'sparsemax' }, "activation 'sparsemax'"],
  ['LayerNormalization', { rms_scaling: true }, "'rms_scaling' = true"],
  ['UpSampling2D', { interpolation: 'bicubic' }, '\'interpolation\' = "bicubic"'],
  ['Resizing', { height: 2, width: 2, interpolation: 'lanczos3' }, '\'interpolation\' = "lanczos3"'],
  ['Resizing', { height: 2, width: 2, antialias: true }, "'antialias' = true"],
  ['Resizing', { height: 2, width: 2, pad_to_aspect_ratio: true }, "'pad_to_aspect_ratio' = true"],
  ['MultiHeadAttention', { num_heads: 1, key_dim: 2, use_gate: true }, "'use_gate' = true"],
  ['EinsumDense', { equation: '...x,xy->...y', output_shape: [3] }, "'equation' ="],
  ['LSTM', { units: 2, stateful: true }, "'stateful'"],
  ['BatchNormalization', { axis: [1, 2] }, "'axis' = [1,2]"],
]

describe('refused by its name:', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'roentgen-refused-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each([...REFUSED.map((name) => [name, {}, `layer class '${name}'`] as const), ...SETTINGS])(
    '%s %j',
    async (class_name, config, words) => {
      const input = {
        module: 'keras.layers',
        class_name: 'InputLayer',
        config: { batch_shape: [null, 4, 4, 2], name: 'given' },
      }
      const layer = {
        module: 'keras.layers',
        class_name,
        config: { name: 'odd', trainable: true, ...config },
      }
      const modelTopology = {
        module: 'keras',
        class_name: 'Sequential',
        config: { name: 'net', layers: [input, layer] },
      }
      const path = join(folder, 'model.json')
      writeFileSync(path, JSON.stringify({ modelTopology, weightsManifest: [] }))
      const error = await readModel(path).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(RoentgenError)
      expect((error as RoentgenError).code).toBe('ROE_LAYER_UNSUPPORTED')
      expect((error as RoentgenError).message).toContain(`layer 'odd': ${words}`)
    },
  )
})

/** Whole models: what Keras and tfjs wrote computes here what it computed there, and what is damaged is one line. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { convert } from '../../../../converters/convert.ts'
import { MODEL_READERS, type ReadModel, readModel } from '../../../../converters/read/models/read-model.ts'
import { readHdf5 } from '../../../../converters/read/read-hdf5.ts'
import { RoentgenError } from '../../../../errors.ts'
import { distance } from '../../../models/formula.ts'
import { hasShared, shared } from '../../../shared.ts'

tf.enableProdMode()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-models-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const put = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../fixtures/converters/${name}`, import.meta.url))

interface Flat {
  shape: number[]
  data: number[]
}
const FACTS = JSON.parse(readFileSync(fixture('models.json'), 'utf8')) as Record<
  string,
  { parameters: number; inputs: Flat[]; outputs: Flat[] }
>

const outputsOf = (model: ReadModel, inputs: readonly Flat[]): Flat[] =>
  tf.tidy(() =>
    [model.run(inputs.map(({ shape, data }) => tf.tensor(data, shape, 'float32')))]
      .flat()
      .map((tensor) => ({ shape: tensor.shape, data: [...tensor.dataSync()] })),
  )

/** What tensorflowjs makes of the models of Keras 3 gives the same. */
const OF_TFJS = Object.keys(FACTS)
  .filter((name) => name.endsWith('.keras'))
  .map((name) => [name.replace('.keras', '.tfjs.zip'), name] as const)

describe('a model gives what Keras gave, to 1e-5:', () => {
  test.each([...Object.keys(FACTS).map((name) => [name, name] as const), ...OF_TFJS])(
    '%s',
    async (name, of) => {
      const { numTensors } = tf.memory()
      const model = await readModel(fixture(name))
      const { parameters, inputs, outputs } = FACTS[of]!
      expect(model.parameters).toBe(parameters)
      expect(model.inputs.map(({ shape }) => shape)).toEqual(
        inputs.map(({ shape }) => [null, ...shape.slice(1)]),
      )
      const given = outputsOf(model, inputs)
      expect(given.map(({ shape }) => shape)).toEqual(outputs.map(({ shape }) => shape))
      given.forEach(({ data }, i) => {
        expect(distance(data, outputs[i]!.data)).toBeLessThan(1e-5)
      })
      model.dispose()
      expect(tf.memory().numTensors).toBe(numTensors)
    },
  )

  test.each(['siamese.keras', 'siamese.h5'])(
    '%s is the model of the folder that it lies in',
    async (name) => {
      const file = readFileSync(fixture(name))
      const facts = { [name]: file, 'model_metadata.json': '{}' }
      const model = await readModel(unpacked(`folder of ${name}`, facts))
      const { inputs, outputs } = FACTS[name]!
      expect(distance(outputsOf(model, inputs)[0]!.data, outputs[0]!.data)).toBeLessThan(1e-5)
      model.dispose()
    },
  )

  test.each(['siamese.keras', 'siamese.h5'])(
    '%s, converted, has its inputs and outputs by name',
    async (name) => {
      const model = await readModel(fixture(name))
      expect(model.inputs.map((input) => input.name)).toEqual(['left', 'right'])
      expect(model.outputs).toEqual(['same', 'kind'])
      const { inputs, outputs, layers } = model
      const { graph } = await convert(model.run, join(folder, 'siamese.onnx'), { inputs, outputs, layers })
      expect(graph.inputs).toEqual(['left', 'right'])
      expect(graph.outputs).toEqual(['same', 'kind'])
      expect(graph.nodes.map((node) => node.name)).toContain('inner/MatMul')
      model.dispose()
    },
  )
})

/** A model of tfjs, as tfjs saves it. */
async function saved(model: tfl.LayersModel): Promise<Record<string, Uint8Array>> {
  let files: Record<string, Uint8Array> = {}
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const json = {
        format: 'layers-model',
        modelTopology,
        weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
      }
      files = {
        'model.json': strToU8(JSON.stringify(json)),
        'weights.bin': new Uint8Array(weightData as ArrayBuffer),
      }
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
  return files
}

const small = (units = 3): tfl.LayersModel =>
  tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 4, inputShape: [5], activation: 'relu', name: 'first' }),
      tfl.layers.dense({ units, activation: 'softmax', name: 'second' }),
    ],
  })

const unpacked = (name: string, files: Record<string, Uint8Array | string>): string => {
  for (const [file, content] of Object.entries(files)) put(`${name}/${file}`, content)
  return join(folder, name)
}

describe('a model of tfjs', () => {
  const inputs = [{ shape: [2, 5], data: Array.from({ length: 10 }, (_, i) => Math.sin(i)) }]

  test('is the same from its folder, its json under any name, and a zip with or without a folder', async () => {
    const original = small()
    const expected = (original.predict(tf.tensor(inputs[0]!.data, [2, 5])) as tf.Tensor).dataSync()
    const files = await saved(original)
    const paths = [
      unpacked('same', files),
      join(
        unpacked('named', { 'net.json': files['model.json']!, 'weights.bin': files['weights.bin']! }),
        'net.json',
      ),
      put('flat.zip', zipSync(files)),
      put('deep.zip', zipSync({ mine: files })),
    ]
    for (const path of paths) {
      const model = await readModel(path)
      expect(model.format).toBe('tfjs LayersModel')
      expect(distance(outputsOf(model, inputs)[0]!.data, [...expected])).toBe(0)
      model.dispose()
    }
  })

  test('takes the names of its classes from the metadata of Teachable Machine', async () => {
    const files = await saved(small())
    const path = put('tm.zip', zipSync({ ...files, 'metadata.json': strToU8('{"labels":["a","b","c"]}') }))
    expect((await readModel(path)).labels).toEqual({ names: ['a', 'b', 'c'], file: 'metadata.json' })
  })

  test('keeps a batch that it declares', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, batchInputShape: [4, 5] })] })
    const read = await readModel(unpacked('fixed', await saved(model)))
    expect(read.inputs[0]!.shape).toEqual([4, 5])
    const { inputs: of, outputs, layers } = read
    const { graph, parity } = await convert(read.run, join(folder, 'fixed.onnx'), {
      inputs: of,
      outputs,
      layers,
    })
    expect(graph.types.get(graph.outputs[0]!)?.shape).toEqual([4, 2])
    expect(parity[0]!.batches).toEqual([4])
  })
})

async function refusal(path: string): Promise<RoentgenError> {
  const { numTensors } = tf.memory()
  const error = await readModel(path).then(
    (model) => {
      model.dispose()
      throw new Error('it was read')
    },
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RoentgenError)
  expect((error as RoentgenError).message).not.toContain('\n')
  expect(tf.memory().numTensors).toBe(numTensors)
  return error as RoentgenError
}

describe('refused in one line, with nothing left behind:', () => {
  let files: Record<string, Uint8Array>
  beforeAll(async () => {
    files = await saved(small())
  })
  type Json = {
    modelTopology: { config: { layers: { class_name: string; config: Record<string, unknown> }[] } }
  }
  const json = (change: (json: Json) => void): Uint8Array => {
    const content = JSON.parse(Buffer.from(files['model.json']!).toString()) as Json
    change(content)
    return strToU8(JSON.stringify(content))
  }
  const layer =
    (at: number, change: (layer: Json['modelTopology']['config']['layers'][number]) => void) => () => ({
      ...files,
      'model.json': json(({ modelTopology }) => change(modelTopology.config.layers[at]!)),
    })

  const FOLDERS: [string, () => Record<string, Uint8Array | string>, string][] = [
    ['nothing', () => ({ 'note.txt': 'x' }), 'it holds no model'],
    [
      'no topology',
      () => ({ ...files, 'model.json': '{"weightsManifest":[],"modelTopology":null}' }),
      'weights alone',
    ],
    ['no model', () => ({ 'model.json': '{}' }), "its json 'model.json' is of no tfjs model"],
    ['no json', () => ({ 'model.json': '{"modelTop' }), 'it is not readable JSON ('],
    [
      'several',
      () => ({ 'a.json': '{}', 'b.json': '{}' }),
      'several files that may be a model: a.json, b.json',
    ],
    [
      'several of Keras',
      () => ({ 'a.keras': 'x', 'b.h5': 'x' }),
      'several files that may be a model: a.keras, b.h5; name one',
    ],
    ['missing shard', () => ({ 'model.json': files['model.json']! }), "shard 'weights.bin' is missing"],
    [
      'truncated shard',
      () => ({ ...files, 'weights.bin': files['weights.bin']!.subarray(0, 99) }),
      "shard 'weights.bin' has 99 bytes, the manifest needs 156",
    ],
    [
      'shard above',
      () => ({
        'model.json': Buffer.from(files['model.json']!).toString().replace('weights.bin', '../x.bin'),
      }),
      "shard '../x.bin' is outside the model's folder",
    ],
    [
      'other shape',
      layer(1, ({ config }) => Object.assign(config, { units: 7 })),
      "weight 'second/kernel' has shape [4,3]",
    ],
    [
      'unknown layer',
      layer(1, (is) => Object.assign(is, { class_name: 'Lambda' })),
      "layer 'second': layer class 'Lambda'",
    ],
    [
      'unknown activation',
      layer(0, ({ config }) => Object.assign(config, { activation: 'my_swish' })),
      "layer 'first': activation 'my_swish'",
    ],
    [
      'other name',
      layer(0, ({ config }) => Object.assign(config, { name: 'other' })),
      "no layer has a weight 'first/kernel'",
    ],
  ]
  test.each(FOLDERS)('%s', async (name, content, words) => {
    const path = unpacked(`refused ${name}`, content())
    const error = await refusal(path)
    expect(error.message).toContain(words)
    expect(error.message).toContain(path)
    expect(['ROE_MODEL_FORMAT', 'ROE_LAYER_UNSUPPORTED']).toContain(error.code)
  })

  test('a shard that is a link', async () => {
    const path = unpacked('linked', { 'model.json': files['model.json']! })
    put('elsewhere.bin', files['weights.bin']!)
    symlinkSync('../elsewhere.bin', join(path, 'weights.bin'))
    expect((await refusal(path)).message).toContain("'weights.bin' is a link; links are not followed")
  })

  test('a zip that would inflate beyond all measure', async () => {
    const bomb = zipSync({ ...files, 'zeros.bin': new Uint8Array(1 << 20) })
    const header = Buffer.from(bomb.buffer, bomb.byteOffset, bomb.byteLength).lastIndexOf(
      'PK\x01\x02',
      undefined,
      'latin1',
    )
    new DataView(bomb.buffer, bomb.byteOffset).setUint32(header + 24, 0xf000_0000, true)
    expect((await refusal(put('bomb.zip', bomb))).message).toContain('would inflate to more than')
  })

  test('but not one with a hundred megabytes of zeros', async () => {
    const model = await readModel(
      put('zeros.zip', zipSync({ ...files, 'zeros.bin': new Uint8Array(100 << 20) })),
    )
    expect(model.parameters).toBe(39)
    model.dispose()
  })

  test('a zip that inflates to more than it says', async () => {
    const zip = zipSync({ ...files, 'weights.bin': new Uint8Array(1 << 20) })
    const entry = zip.lastIndexOf(0x50, zip.length - 23)
    const header = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength).lastIndexOf(
      'PK\x01\x02',
      entry,
      'latin1',
    )
    new DataView(zip.buffer, zip.byteOffset).setUint32(header + 24, 156, true)
    expect((await refusal(put('liar.zip', zip))).message).toContain("'weights.bin' in the zip is damaged")
  })

  test('a zip whose list of classes is damaged, which is read behind the model', async () => {
    const labels = '{"labels":["a","b"]}'
    const zip = Buffer.from(zipSync({ ...files, 'metadata.json': [strToU8(labels), { level: 0 }] }))
    zip.write('c', zip.indexOf('"a"') + 1)
    expect((await refusal(put('classes.zip', zip))).message).toContain(
      "'metadata.json' in the zip is damaged",
    )
  })

  test('a zip in a zip', async () => {
    const inner = new Uint8Array(readFileSync(fixture('siamese.keras')))
    const path = put('twice.zip', zipSync({ 'siamese.keras': inner }))
    expect((await refusal(path)).message).toContain("it holds 'siamese.keras', a zip in a zip; unpack it")
  })

  test('a .keras in a folder that is a link', async () => {
    put('there.keras', readFileSync(fixture('siamese.keras')))
    const path = unpacked('linked archive', { 'note.txt': 'x' })
    symlinkSync('../there.keras', join(path, 'a.keras'))
    expect((await refusal(path)).message).toContain("'a.keras' is a link; links are not followed")
  })

  test('a zip with a path that leads out', async () => {
    const zip = zipSync({ '../model.json': files['model.json']!, 'weights.bin': files['weights.bin']! })
    expect((await refusal(put('out.zip', zip))).message).toContain('../model.json')
  })

  test('no file, no model, an empty file', async () => {
    expect((await refusal(join(folder, 'nowhere'))).code).toBe('ROE_NOT_FOUND')
    expect((await refusal(put('text.h5', 'no model'))).message).toContain('neither json, nor HDF5, nor a zip')
    expect((await refusal(put('empty.h5', ''))).message).toContain('the file is empty')
  })
})

describe('damaged files of Keras', () => {
  test('a layer that is called on one that is not there is named, and not waited for', async () => {
    const whole = readFileSync(fixture('unet.h5')).toString('latin1')
    const path = put('lost.h5', Buffer.from(whole.replace('[[["transposed"', '[[["transpoSed"'), 'latin1'))
    expect((await refusal(path)).message).toContain("layer 'leaky' is called on a layer that is not there")
  })

  const edited = (name: string, from: string, to: string): string => {
    const files: Record<string, Uint8Array> = unzipSync(readFileSync(fixture('siamese.keras')))
    const text = Buffer.from(files['config.json']!).toString()
    expect(text).toContain(from)
    return put(name, zipSync({ ...files, 'config.json': strToU8(text.replace(from, to)) }))
  }

  test('a layer without a name beside its configuration has that in it, and is not waited for', async () => {
    const model = await readModel(
      edited('unnamed.keras', '"name": "mean", "inbound_nodes"', '"inbound_nodes"'),
    )
    expect(model.parameters).toBe(99)
    model.dispose()
  })

  test('a layer that is called on nothing is refused, and not waited for', async () => {
    const whole = readFileSync(fixture('unet.h5')).toString('latin1')
    const from = '[[["transposed", 0, 0, {}]]]'
    expect(whole).toContain(from)
    const path = put('idle.h5', Buffer.from(whole.replace(from, '[0]'.padEnd(from.length)), 'latin1'))
    expect((await refusal(path)).message).toContain("layer 'leaky' is called on nothing")
  })

  test('two layers of one name are refused, and not waited for', async () => {
    const path = edited('twice.keras', '"name": "mean", "inbound_nodes"', '"name": "most", "inbound_nodes"')
    expect((await refusal(path)).message).toContain("two layers are called 'most'")
  })

  test('a file that takes too long is damaged, and the next one is read', async () => {
    await expect(readHdf5(fixture('unet.h5'), 'keras2', 1)).rejects.toThrow('takes longer than 1 s')
    expect((await readHdf5(fixture('unet.h5'), 'keras2')).layers.length).toBeGreaterThan(5)
  })
})

describe.skipIf(!hasShared)('real models of ../shared/data/weights', () => {
  const ROWS: [string, string, number, number?][] = [
    ['mobilenet_v1_0.25_224', 'tfjs LayersModel', 475_544],
    ['squeezenet_notop_224', 'tfjs LayersModel', 705_856],
    ['nsfwjs_mobilenet_v2_uint8', 'tfjs LayersModel', 2_619_461],
    ['tiny_dense_graph', 'tfjs GraphModel', 11],
    ['tiny_matmul_graph', 'tfjs GraphModel', 4],
    ['posenet_graph_uint16', 'tfjs GraphModel', 577_459, 129],
    ['keras2/fer2013_mini_XCEPTION.102-0.66.hdf5', 'Keras .h5 model', 58_423],
    ['keras2/teachable_machine_covid_xray.h5', 'Keras .h5 model', 538_608],
    ['keras3/CNN.keras', 'Keras 3 .keras archive', 27_521],
  ]
  test.each(ROWS)('%s is read and converts', async (name, format, parameters, side = 0) => {
    const model = await readModel(shared(`weights/${name}`))
    expect(model).toMatchObject({ format, parameters })
    const inputs = model.inputs.map((input) => ({
      ...input,
      shape: input.shape.map((size, axis) => (axis > 0 ? (size ?? side) : size)),
    }))
    const { outputs, layers } = model
    const { parity } = await convert(model.run, join(folder, 'real.onnx'), { inputs, outputs, layers })
    expect(parity.length).toBe(outputs.length)
    model.dispose()
  })

  test('pneumo_xray_channels_first is refused by the name of its activation', async () => {
    const error = await refusal(shared('weights/pneumo_xray_channels_first'))
    expect(error.code).toBe('ROE_LAYER_UNSUPPORTED')
    expect(error.message).toContain("activation 'swish_activation'")
  })

  test('the classes of a Keras model stand in a file beside it', async () => {
    const model = await readModel(shared('weights/keras2/teachable_machine_covid_xray.h5'))
    expect(model.labels?.names).toEqual([
      'Normal chest X-ray',
      'Covid19 chest X-ray',
      'Viral Pneumonia chest X-ray',
    ])
    model.dispose()
  })
})

test('each reader says what it reads', () => {
  expect(MODEL_READERS.map(({ format }) => format)).toEqual([
    'tfjs GraphModel',
    'tfjs LayersModel',
    'Keras .h5 model',
    'Keras 3 .keras archive',
  ])
})

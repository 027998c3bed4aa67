import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import { type io, tensor } from '@tensorflow/tfjs-core'
import type { SymbolicTensor } from '@tensorflow/tfjs-layers'
import { input, layers, loadLayersModel, model as makeModel } from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { READERS, readWeights } from '../../../converters/read/weights.ts'
import type { NamedTensors } from '../../../converters/tensor.ts'
import type { RoentgenError } from '../../../errors.ts'
import { applyWeights, buildBackbone } from '../../../models/index.ts'
import { distance, pixels } from '../../models/formula.ts'
import { hasShared, shared } from '../../shared.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/models/${name}`, import.meta.url))
const small = JSON.parse(readFileSync(fixture('small.json'), 'utf8')) as {
  input: number[]
  output: number[]
  weights: Record<string, { shape: number[]; sum: number }>
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-weights-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A file or folder of the test's own. */
const put = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

const shapes = (tensors: NamedTensors) =>
  Object.fromEntries([...tensors].map(([key, { shape }]) => [key, shape]))
const count = (tensors: NamedTensors) => [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0)

describe.each(['small-model.h5', 'small-weights.h5'])('Keras 2 file %s', (name) => {
  test('gives the weights that Keras has, without the optimizer', async () => {
    const tensors = await readWeights(fixture(name))
    expect([...tensors.keys()]).toEqual(Object.keys(small.weights))
    for (const [key, { shape, sum }] of Object.entries(small.weights)) {
      expect(tensors.get(key)?.shape).toEqual(shape)
      expect([...(tensors.get(key)?.data ?? [])].reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 5)
    }
  })

  test('in the same net of tfjs they give the output of Keras, to 1e-5', async () => {
    const net = smallNet()
    expect(applyWeights(net, await readWeights(fixture(name)))).toEqual([])
    const y = net.predict(tensor(small.input, [2, 8, 8, 3])) as Tensor
    expect(distance(y.dataSync(), small.output)).toBeLessThan(1e-5)
  })
})

function smallNet() {
  const inputs = input({ shape: [8, 8, 3] })
  const outputs = [
    layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu', name: 'block1_conv1' }),
    layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false, name: 'conv_dw_1' }),
    layers.batchNormalization({ name: 'conv_dw_1_bn' }),
    layers.reLU({ maxValue: 6 }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 3, activation: 'softmax', name: 'predictions' }),
  ].reduce((x, layer) => layer.apply(x) as SymbolicTensor, inputs)
  return makeModel({ inputs, outputs })
}

test('names of Keras 1, as in the published VGG files, become the names of today', async () => {
  expect(shapes(await readWeights(fixture('keras1-names.h5')))).toEqual({
    'block1_conv1/kernel': [3, 3, 3, 4],
    'block1_conv1/bias': [4],
  })
})

describe('a tfjs LayersModel', () => {
  const weights = [
    { name: 'dense/kernel', shape: [1, 2], dtype: 'float32' },
    {
      name: 'dense/bias',
      shape: [2],
      dtype: 'float32',
      quantization: { dtype: 'uint8', scale: 0.5, min: 1 },
    },
    { name: 'Adam/m', shape: [1], dtype: 'float32', group: 'optimizer' },
  ]
  const bytes = Buffer.alloc(14)
  bytes.writeFloatLE(1.5, 0)
  bytes.writeFloatLE(-2.5, 4)
  bytes.set([2, 4], 8)
  const json = (manifest: object) => JSON.stringify({ modelTopology: {}, weightsManifest: manifest })

  test('may cut a group into shards anywhere; quantized numbers are restored, the optimizer is left out', async () => {
    put('shards/a.bin', bytes.subarray(0, 3))
    put('shards/b.bin', bytes.subarray(3))
    put('shards/net.json', json([{ paths: ['a.bin', 'b.bin'], weights }]))
    const tensors = await readWeights(join(folder, 'shards'))
    expect([...tensors]).toEqual([
      ['dense/kernel', { shape: [1, 2], data: Float32Array.of(1.5, -2.5) }],
      ['dense/bias', { shape: [2], data: Float32Array.of(2, 3) }],
    ])
    expect(await readWeights(join(folder, 'shards/net.json'))).toEqual(tensors)
  })

  test('model.json counts where a folder has several .json files', async () => {
    put('several/w.bin', bytes)
    put('several/metadata.json', '{}')
    put('several/model.json', json([{ paths: ['w.bin'], weights }]))
    expect((await readWeights(join(folder, 'several'))).size).toBe(2)
  })

  const REFUSED: [string, Record<string, string | Uint8Array>, string][] = [
    ['empty', { 'note.txt': '' }, 'it is not a model folder: there is no .json file in it'],
    [
      'two',
      { 'a.json': '{}', 'b.json': '{}' },
      'it has several .json files and none is model.json: a.json, b.json; name one',
    ],
    ['text', { 'model.json': '{"weightsManifest": [' }, 'it is not readable JSON ('],
    ['other', { 'model.json': '{"a": 1}' }, 'it is no LayersModel: weightsManifest: '],
    [
      'graph',
      { 'model.json': '{"format": "graph-model", "weightsManifest": []}' },
      'it is a GraphModel; weights by layer name come only from a LayersModel',
    ],
    [
      'short',
      { 'model.json': json([{ paths: ['w.bin'], weights }]), 'w.bin': bytes.subarray(0, 13) },
      "shard 'w.bin' has 13 bytes, the manifest needs 14",
    ],
    [
      'long',
      { 'model.json': json([{ paths: ['w.bin', 'w.bin'], weights }]), 'w.bin': bytes },
      "shards 'w.bin' to 'w.bin' have 28 bytes, the manifest needs 14",
    ],
    ['missing', { 'model.json': json([{ paths: ['w.bin'], weights }]) }, "shard 'w.bin' is missing"],
    [
      'above',
      { 'model.json': json([{ paths: ['../missing/w.bin'], weights }]) },
      "shard '../missing/w.bin' is outside the model's folder; it is not read",
    ],
    [
      'absolute',
      { 'model.json': json([{ paths: ['/etc/passwd'], weights }]) },
      "shard '/etc/passwd' is outside the model's folder",
    ],
    [
      'url',
      { 'model.json': json([{ paths: ['file:///etc/passwd'], weights }]) },
      "shard 'file:///etc/passwd' is outside the model's folder",
    ],
    [
      'windows',
      { 'model.json': json([{ paths: ['a\\..\\..\\w.bin'], weights }]) },
      "is outside the model's folder",
    ],
    [
      'negative',
      { 'model.json': json([{ paths: ['w.bin'], weights: [{ ...weights[0], shape: [-1] }] }]) },
      'it is no LayersModel: weightsManifest.0.weights.0.shape.0: ',
    ],
    [
      'strings',
      { 'model.json': json([{ paths: ['w.bin'], weights: [{ ...weights[0], dtype: 'string' }] }]) },
      'it is no LayersModel: weightsManifest.0.weights.0.dtype: ',
    ],
    [
      'twice',
      {
        'model.json': json([{ paths: ['w.bin'], weights: [weights[0], weights[0]] }]),
        'w.bin': new Uint8Array(16),
      },
      "weight 'dense/kernel' is there twice",
    ],
  ]
  test.each(REFUSED)('refused: %s', async (name, files, words) => {
    for (const [file, content] of Object.entries(files)) put(`refused-${name}/${file}`, content)
    const error = await refusal(join(folder, `refused-${name}`))
    expect(error.code).toBe('ROE_WEIGHTS_FORMAT')
    expect(error.message).toContain(words)
    expect(error.message).toContain(`refused-${name}`)
    expect(error.message).not.toContain('\n')
  })
})

describe('what is no file of weights is refused in one line', () => {
  const CASES: [string, string | Uint8Array, string][] = [
    ['empty.h5', '', 'the file is empty (0 bytes)'],
    [
      'notes.h5',
      'not weights',
      'its content is neither a tfjs LayersModel (its folder or its json) nor a Keras 2 .h5',
    ],
    ['model.keras', 'PK\x03\x04....', 'it is a zip archive (a Keras 3 .keras file?), which is not read'],
    [
      'signature.h5',
      Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'),
      'the .h5 file cannot be read (it is damaged at its head (HDF5: ',
    ],
  ]
  test.each(CASES)('%s', async (name, content, words) => {
    const error = await refusal(put(name, content))
    expect(error.code).toBe('ROE_WEIGHTS_FORMAT')
    expect(error.message).toContain(words)
  })

  test('weights in the layout of Keras 3', async () => {
    expect((await refusal(fixture('keras3-layout.weights.h5'))).message).toContain(
      'it is a .weights.h5 file of Keras 3, which has another layout',
    )
  })

  test('a path that is not there', async () => {
    expect((await refusal(join(folder, 'nothing'))).message).toContain(
      `ROE_NOT_FOUND: ${join(folder, 'nothing')}: there is no such file or folder of weights`,
    )
    symlinkSync('loop', join(folder, 'loop'))
    expect((await refusal(join(folder, 'loop'))).code).toBe('ROE_NOT_FOUND')
  })
})

describe('a damaged .h5 file', () => {
  const whole = readFileSync(fixture('small-model.h5'))

  test('cut anywhere, is refused in one line', async () => {
    for (let length = 9; length < whole.length; length += 4999) {
      const error = await refusal(put('cut.h5', whole.subarray(0, length)))
      expect(error.code).toBe('ROE_WEIGHTS_FORMAT')
      expect(error.message).toContain('cut.h5: the .h5 file cannot be read (')
      expect(error.message).not.toContain('\n')
    }
  })

  /** 40 wrong bytes in the first 20,000; the same for the same seed. */
  const broken = (seed: number): string => {
    const bytes = Buffer.from(whole)
    for (let i = 0; i < 40; i++) bytes[(seed * 7919 + i * 1213) % 20_000] = (seed + i * 31) % 256
    bytes.set(whole.subarray(0, 8))
    return put('broken.h5', bytes)
  }

  test('with wrong bytes in its structure, is refused', async () => {
    for (let seed = 0; seed < 30; seed++)
      expect((await refusal(broken(seed))).code).toBe('ROE_WEIGHTS_FORMAT')
  })

  test('at which the library aborts, is refused, and the next one is read', async () => {
    const error = await refusal(broken(323))
    expect(error.code).toBe('ROE_WEIGHTS_FORMAT')
    expect((error.cause as Error).cause).toMatchObject({ name: 'RuntimeError' })
    expect((await readWeights(fixture('small-model.h5'))).size).toBe(9)
  })

  test.skipIf(process.platform !== 'linux')('leaves no file open', async () => {
    const open = () => readdirSync('/proc/self/fd').length
    await readWeights(fixture('small-model.h5'))
    const before = open()
    for (let i = 0; i < 20; i++) {
      await refusal(put('cut.h5', whole.subarray(0, 20_000)))
      await readWeights(fixture('small-model.h5'))
    }
    expect(open()).toBe(before)
  })

  test('is no reason to refuse the next one', async () => {
    await refusal(put('cut.h5', whole.subarray(0, 20_000)))
    expect((await readWeights(fixture('small-model.h5'))).size).toBe(9)
  })
})

describe.skipIf(!hasShared)('real files of ../shared/data/weights', () => {
  const mobilenet = () => shared('weights/mobilenet_v1_0.25_224')

  test('MobileNet 0.25 fills ours by name, and gives what tfjs itself gives, to 1e-5', async () => {
    const ours = buildBackbone('mobilenet', { alpha: 0.25, includeTop: true })
    expect(applyWeights(ours, await readWeights(mobilenet()))).toEqual([])
    const theirs = await loadLayersModel(fromDisk(mobilenet()))
    const x = tensor(pixels(224 * 224 * 3), [1, 224, 224, 3])
    const [a, b] = [ours, theirs].map((net) => (net.predict(x) as Tensor).dataSync())
    expect(a?.length).toBe(1000)
    expect(distance(a ?? [], b ?? [])).toBeLessThan(1e-5)
    expect(Math.max(...(a ?? []))).toBeGreaterThan(0.01)
  })

  test('the top is named where only the trunk is filled', async () => {
    const trunk = buildBackbone('mobilenet', { alpha: 0.25, includeTop: false, inputShape: [64, 64, 3] })
    expect(applyWeights(trunk, await readWeights(mobilenet()))).toEqual([
      'conv_preds/kernel',
      'conv_preds/bias',
    ])
  })

  test('another alpha is refused with the shapes', async () => {
    const tensors = await readWeights(mobilenet())
    const wide = buildBackbone('mobilenet', { alpha: 0.5, includeTop: false })
    expect(() => applyWeights(wide, tensors, 'mobilenet_v1_0.25_224')).toThrow(
      'conv1/kernel is [3, 3, 3, 8], the network has [3, 3, 3, 16]',
    )
    const vgg = buildBackbone('vgg16', { includeTop: false })
    expect(() => applyWeights(vgg, tensors)).toThrow('the weights lack 26 tensors: block1_conv1/kernel, ')
  })

  const FILES: [string, number, number, Record<string, number[]>][] = [
    ['mobilenet_v1_0.25_224', 137, 475_544, { 'conv_preds/kernel': [1, 1, 256, 1000] }],
    ['squeezenet_notop_224', 48, 705_856, {}],
    ['nsfwjs_mobilenet_v2_uint8', 266, 2_619_461, {}],
    ['pneumo_xray_channels_first', 24, 542_738, {}],
    ['keras2/fer2013_mini_XCEPTION.102-0.66.hdf5', 80, 58_423, { 'conv2d_7/bias': [7] }],
    [
      'keras2/teachable_machine_covid_xray.h5',
      263,
      538_608,
      { 'Conv1/kernel': [3, 3, 3, 16], 'dense_Dense2/kernel': [100, 3] },
    ],
  ]
  test.each(FILES)('%s has %i tensors, %i numbers', async (name, tensors, numbers, some) => {
    const found = await readWeights(shared(`weights/${name}`))
    expect({ tensors: found.size, numbers: count(found) }).toEqual({ tensors, numbers })
    expect(shapes(found)).toMatchObject(some)
    expect([...found.keys()].filter((key) => !/^[^:]+\/[^/:]+$/.test(key))).toEqual([])
  })

  test.each([
    ['posenet_graph_uint16', 'it is a GraphModel'],
    ['tiny_dense_graph', 'it is a GraphModel'],
    ['tiny_matmul_graph', 'it is a GraphModel'],
    ['keras3/CNN.keras', 'it is a zip archive'],
  ])('%s: %s', async (name, words) => {
    expect((await refusal(shared(`weights/${name}`))).message).toContain(words)
  })
})

test('each reader says what it reads', () => {
  expect(READERS.map(({ describe }) => describe)).toMatchInlineSnapshot(`
    [
      "a tfjs LayersModel (its folder or its json)",
      "a Keras 2 .h5 file (a model, or weights alone)",
    ]
  `)
})

/** tfjs' own way to a model, from the disk. */
function fromDisk(path: string): io.IOHandler {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(path, 'model.json'), 'utf8')) as {
    modelTopology: object
    weightsManifest: io.WeightsManifestConfig
  }
  const files = weightsManifest.flatMap((group) => group.paths.map((name) => readFileSync(join(path, name))))
  const { buffer, byteOffset, byteLength } = Buffer.concat(files)
  return {
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength),
    }),
  }
}

async function refusal(path: string): Promise<RoentgenError> {
  try {
    await readWeights(path)
  } catch (error) {
    return error as RoentgenError
  }
  throw new Error('nothing was thrown')
}

/** What stands in an encoded model, and that ONNX Runtime takes it with its strictest checks. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import * as ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Draft } from '../../../converters/graph/draft.ts'
import type { Graph } from '../../../converters/graph/graph.ts'
import { encodeModel, writeModel } from '../../../converters/onnx/encode.ts'
import { type ModelProto, ModelProtoSchema } from '../../../converters/onnx/generated/onnx_pb.ts'
import { RoentgenError } from '../../../errors.ts'

/** One weight of each dtype, one attribute of each kind. */
function sample(): Graph {
  const to = new Draft()
  const film = to.input('film', { dtype: 'uint8', shape: ['N', 2, 2, 3] })
  const bytes = to.add('Cast', [film], { to: 1 }, 'schön/зум x')
  const weight = { dtype: 'float32', shape: [3], data: Float32Array.of(0.1, -0, 1e-40) } as const
  const sum = to.add('Add', [bytes, to.constant('w:float', weight)])
  const leaky = to.add('LeakyRelu', [sum], { alpha: 0.3 })
  const padded = to.add('Pad', [leaky, to.integers('pads', [0, 1, 0, 0, 0, 0, 0, 0])], { mode: 'constant' })
  const turned = to.add('Transpose', [padded], { perm: [0, 3, 1, 2] })
  const whole = to.add('Cast', [turned], { to: 6 })
  const count = to.constant('w:int', { dtype: 'int32', shape: [], data: Int32Array.of(-7) })
  const flags = to.constant('w:bool', { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) })
  to.outputs = [to.add('Add', [whole, count], {}, 'y'), to.add('Cast', [flags], { to: 1 }, 'flags')]
  return to.freeze()
}

let model: ModelProto
beforeAll(() => {
  const metadata = new Map([['roentgen.labels', '["a","ß"]']])
  model = fromBinary(ModelProtoSchema, encodeModel(sample(), { metadata }))
})

describe('an encoded model', () => {
  test('says what it is: opset 18, IR 8, producer, metadata', () => {
    expect(model.irVersion).toBe(8n)
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([['', 18n]])
    expect(model.producerName).toBe('roentgen')
    expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([
      ['roentgen.labels', '["a","ß"]'],
    ])
  })

  test('has the nodes of the graph, in its order, with names and attributes of the right kind', () => {
    const nodes = model.graph!.node.map(({ name, opType, output, attribute }) => ({
      name,
      opType,
      output,
      attribute: attribute.map(({ name: key, type, i, f, ints, s }) => [key, type, i, f, ints, String(s)]),
    }))
    expect(nodes.slice(0, 5)).toEqual([
      {
        name: 'schön/зум x',
        opType: 'Cast',
        output: ['schön/зум x'],
        attribute: [['to', 2, 1n, 0, [], '']],
      },
      { name: 'Add', opType: 'Add', output: ['Add'], attribute: [] },
      {
        name: 'LeakyRelu',
        opType: 'LeakyRelu',
        output: ['LeakyRelu'],
        attribute: [['alpha', 1, 0n, Math.fround(0.3), [], '']],
      },
      {
        name: 'Pad',
        opType: 'Pad',
        output: ['Pad'],
        attribute: [['mode', 3, 0n, 0, [], 'constant']],
      },
      {
        name: 'Transpose',
        opType: 'Transpose',
        output: ['Transpose'],
        attribute: [['perm', 7, 0n, 0, [0n, 3n, 1n, 2n], '']],
      },
    ])
  })

  test('has inputs and outputs with their types, the batch open by name', () => {
    const types = [...model.graph!.input, ...model.graph!.output].map(({ name, type }) => {
      const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined
      return [name, tensor?.elemType, tensor?.shape?.dim.map(({ value }) => value.value)]
    })
    expect(types).toEqual([
      ['film', 2, ['N', 2n, 2n, 3n]],
      ['y', 6, ['N', 3n, 3n, 2n]],
      ['flags', 1, [2n]],
    ])
  })

  test('has every weight bit for bit', () => {
    const weights = model.graph!.initializer.map(({ name, dataType, dims, rawData }) => [
      name,
      dataType,
      dims,
      Buffer.from(rawData!).toString('hex'),
    ])
    expect(weights).toEqual([
      ['w:float', 1, [3n], Buffer.from(Float32Array.of(0.1, -0, 1e-40).buffer).toString('hex')],
      ['pads', 7, [8n], Buffer.from(BigInt64Array.of(0n, 1n, 0n, 0n, 0n, 0n, 0n, 0n).buffer).toString('hex')],
      ['w:int', 6, [], Buffer.from(Int32Array.of(-7).buffer).toString('hex')],
      ['w:bool', 9, [2n], '0100'],
    ])
  })

  test('opens with strict types and no warning that hides an error, and runs', async () => {
    const session = await ort.InferenceSession.create(encodeModel(sample()), {
      logSeverityLevel: 3,
      graphOptimizationLevel: 'disabled',
      extra: { session: { strict_shape_type_inference: '1' } },
    })
    const film = new ort.Tensor(
      'uint8',
      Uint8Array.from({ length: 24 }, (_, i) => i),
      [2, 2, 2, 3],
    )
    const { y, flags } = await session.run({ film })
    expect(y!.dims).toEqual([2, 3, 3, 2])
    expect([...(y!.data as Int32Array).slice(0, 4)]).toEqual([-7, -7, -7, -4])
    expect([...(flags!.data as Float32Array)]).toEqual([1, 0])
    await session.release()
  })

  test('is the same bytes each time, and does not copy weights that are views', () => {
    expect(Buffer.compare(encodeModel(sample()), encodeModel(sample()))).toBe(0)
    const whole = Float32Array.of(9, 1, 2, 9)
    const view = (data: Float32Array): Uint8Array => {
      const to = new Draft()
      const x = to.input('x', { dtype: 'float32', shape: [2] })
      to.outputs = [to.add('Add', [x, to.constant('w', { dtype: 'float32', shape: [2], data })])]
      return encodeModel(to.freeze())
    }
    expect(Buffer.compare(view(whole.subarray(1, 3)), view(Float32Array.of(1, 2)))).toBe(0)
  })

  test('that breaks a type is refused by the same checks', async () => {
    const graph = sample()
    const types = new Map(graph.types).set('y', { dtype: 'int32', shape: ['N', 3, 3, 9] })
    const opened = ort.InferenceSession.create(encodeModel({ ...graph, types }), {
      logSeverityLevel: 4,
      extra: { session: { strict_shape_type_inference: '1' } },
    })
    await expect(opened).rejects.toThrow(/shape|dimension/i)
  })
})

describe('a written model', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roentgen-encode-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('has the bytes of the encoded one, and nothing lies beside it', async () => {
    const path = join(folder, 'model.onnx')
    await writeModel(sample(), path)
    expect(Buffer.compare(await readFile(path), encodeModel(sample()))).toBe(0)
    expect(await readdir(folder)).toEqual(['model.onnx'])
  })

  test('that cannot be written is one error that names it', async () => {
    const inTheWay = join(folder, 'file')
    await writeFile(inTheWay, '')
    const path = join(inTheWay, 'model.onnx')
    const error = await writeModel(sample(), path).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    expect((error as RoentgenError).message).toMatch(/^ROE_WRITE: .*model\.onnx: /)
    expect(await readdir(folder)).toEqual(expect.not.arrayContaining([expect.stringContaining('tmp')]))
  })
})

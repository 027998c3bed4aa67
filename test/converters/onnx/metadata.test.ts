/** Metadata come and go; the graph's bytes stay; whatever is no model is refused in words. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Draft } from '../../../converters/graph/draft.ts'
import { encodeModel } from '../../../converters/onnx/encode.ts'
import { parseMetadata, readMetadata, withMetadata } from '../../../converters/onnx/metadata.ts'
import { runOnnx } from '../../../converters/onnx/runner.ts'
import { type ErrorCode, RoentgenError } from '../../../errors.ts'

function model(metadata?: ReadonlyMap<string, string>): Uint8Array {
  const to = new Draft()
  const x = to.input('x', { dtype: 'float32', shape: ['N', 2] })
  const w = to.constant('w', { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) })
  to.outputs = [to.add('Add', [x, w], {}, 'y')]
  return encodeModel(to.freeze(), metadata === undefined ? {} : { metadata })
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const entries = fc.uniqueArray(fc.tuple(text, text), { maxLength: 5, selector: ([key]) => key })

describe('metadata', () => {
  test('are read as they were written, by the encoder and later', () => {
    const property = fc.property(entries, entries, (first, second) => {
      const encoded = model(new Map(first))
      expect([...parseMetadata(encoded)]).toEqual(first)
      const changed = withMetadata(encoded, new Map(second))
      expect([...parseMetadata(changed)]).toEqual(second)
      const bare = withMetadata(changed, new Map())
      expect(Buffer.compare(bare, model())).toBe(0)
    })
    fc.assert(property, { seed: 8 })
  })

  test('leave the graph its bytes, and the model runs', async () => {
    const changed = withMetadata(
      model(new Map([['a', 'b']])),
      new Map([['roentgen.labels', 'x'.repeat(70_000)]]),
    )
    expect(Buffer.from(changed).includes(Buffer.from(model().subarray(20)))).toBe(true)
    const [result] = await runOnnx(changed, [
      [['x', { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 1) }]],
    ])
    expect([...result!.get('y')!.data]).toEqual([2, 3])
  })
})

describe('a file is refused', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roentgen-metadata-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function refusal(path: string): Promise<[ErrorCode, string]> {
    const error = await readMetadata(path).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    return [(error as RoentgenError).code, (error as RoentgenError).message]
  }

  test('that is missing', async () => {
    const path = join(folder, 'missing.onnx')
    const [code, message] = await refusal(path)
    expect(code).toBe('ROE_MODEL_MISSING')
    expect(message).toContain(path)
  })

  test('that is a folder', async () => {
    expect((await refusal(folder))[0]).toBe('ROE_MODEL_INVALID')
  })

  test.each([
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('this is no model\n')],
    ['zeros', Buffer.alloc(4096)],
    ['a JPEG', Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex')],
    ['a graph that is a number', Buffer.from([0x38, 0x01])],
    ['a model of the future without a graph', Buffer.from([0x08, 0x09])],
  ])('that is %s', async (name, bytes) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.onnx`)
    await writeFile(path, bytes)
    const [code, message] = await refusal(path)
    expect(code).toBe('ROE_MODEL_INVALID')
    expect(message).toContain(path)
  })

  test('that was cut off, wherever', () => {
    const whole = withMetadata(model(), new Map([['roentgen.labels', '["a","b"]']]))
    for (let length = 0; length < whole.length; length++)
      expect(() => parseMetadata(whole.subarray(0, length)), `${length} bytes`).toThrow()
    expect(parseMetadata(whole).size).toBe(1)
  })

  test('of random bytes: an error or entries, never anything else', () => {
    let refused = 0
    const property = fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        expect(parseMetadata(bytes)).toBeInstanceOf(Map)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        refused++
      }
    })
    fc.assert(property, { seed: 9, numRuns: 500 })
    expect(refused).toBeGreaterThan(450)
  })
})

test('the runner names what it cannot open, and what it cannot run', async () => {
  const feed = [['x', { dtype: 'float32', shape: [1, 3], data: new Float32Array(3) }]] as const
  const notAModel = await runOnnx(Buffer.from('text'), []).catch((error: unknown) => error)
  expect((notAModel as RoentgenError).code).toBe('ROE_MODEL_INVALID')
  const wrongShape = await runOnnx(model(), [[...feed]]).catch((error: unknown) => error)
  expect((wrongShape as RoentgenError).code).toBe('ROE_INFERENCE')
})

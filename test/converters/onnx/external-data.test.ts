/** Models whose weights lie beside them, here from the first kilobytes on instead of 2 GB. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Graph } from '../../../converters/graph/graph.ts'
import { encodeModel, writeModel } from '../../../converters/onnx/encode.ts'
import { decodeModel } from '../../../converters/onnx/header.ts'
import { readMetadata } from '../../../converters/onnx/metadata.ts'
import { runOnnx } from '../../../converters/onnx/runner.ts'
import { readStructure } from '../../../converters/onnx/structure.ts'
import { record } from '../../../converters/record/record.ts'
import { openRunnable } from '../../../converters/runnable.ts'
import { RoentgenError } from '../../../errors.ts'
import { weight } from '../harness.ts'

let folder: string
let graph: Graph
const FEED = [
  'x',
  { dtype: 'float32', shape: [2, 40], data: Float32Array.from({ length: 80 }, Math.sin) },
] as const
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-data-'))
  const [a, b] = [weight<tf.Rank.R2>([40, 50]), weight<tf.Rank.R2>([50, 30])]
  graph = await record(([x]) => tf.add(tf.matMul(tf.relu(tf.matMul(x as tf.Tensor2D, a)), b), 1), {
    inputs: [{ name: 'x', dtype: 'float32', shape: [null, 40] }],
    outputs: ['y'],
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

const APART = { mostInline: 4096, metadata: new Map([['mine', 'kept']]) }
const written = async (name: string): Promise<string> => {
  const path = join(folder, name)
  await writeModel(graph, path, APART)
  return path
}
const answers = async (model: string | Uint8Array): Promise<number[]> =>
  Array.from((await runOnnx(model, [[FEED]]))[0]!.get('y')!.data)

test('give the same answers, parameters and metadata as in one file', async () => {
  const path = await written('same.onnx')
  expect(statSync(path).size).toBeLessThan(2000)
  expect(await answers(path)).toEqual(await answers(encodeModel(graph)))
  const { parameters, nodes } = readStructure(readFileSync(path), path)
  const one = readStructure(encodeModel(graph), 'one')
  expect({ parameters, nodes }).toEqual({ parameters: one.parameters, nodes: one.nodes })
  expect((await readMetadata(path)).get('mine')).toBe('kept')
})

test('begin at pages, and name the file beside the model', async () => {
  const path = await written('pages.onnx')
  const places = decodeModel(readFileSync(path), path).graph.initializer.flatMap(({ externalData }) =>
    externalData.length === 0 ? [] : [Object.fromEntries(externalData.map(({ key, value }) => [key, value]))],
  )
  expect(places).toEqual([
    { location: 'pages.onnx.data', offset: '0', length: '8000' },
    { location: 'pages.onnx.data', offset: '65536', length: '6000' },
  ])
  expect(statSync(`${path}.data`).size).toBe(65_536 + 6000)
})

test('are proven before either file has its name', async () => {
  const path = join(folder, 'proven', 'm.onnx')
  await writeModel(graph, path, APART, async (unproven) => {
    expect(await answers(unproven)).toEqual(await answers(encodeModel(graph)))
    expect(readdirSync(join(folder, 'proven')).filter((name) => name.startsWith('m.'))).toEqual([])
    return new Map([['more', 'later']])
  })
  expect(readdirSync(join(folder, 'proven')).sort()).toEqual(['m.onnx', 'm.onnx.data'])
  expect((await readMetadata(path)).get('more')).toBe('later')
  const failed = writeModel(graph, join(folder, 'failed', 'm.onnx'), APART, async () => {
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  expect(readdirSync(join(folder, 'failed'))).toEqual([])
})

describe('are missed in one line:', () => {
  const CASES: [what: string, harm: (path: string) => void, words: string][] = [
    ['moved away', (path) => renameSync(`${path}.data`, join(folder, 'elsewhere')), 'are not beside it'],
    ['cut off', (path) => truncateSync(`${path}.data`, 70_000), 'have 70000 bytes instead of 71536'],
  ]
  test.each(CASES)('%s', async (what, harm, words) => {
    const path = await written(`${what.replaceAll(' ', '-')}.onnx`)
    harm(path)
    const error = await openRunnable(path).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    expect(error).toMatchObject({ code: 'ROE_MODEL_INVALID' })
    expect((error as RoentgenError).message).toContain(words)
    expect((error as RoentgenError).message).toContain(path)
  })
})

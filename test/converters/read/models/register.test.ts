/** Layers and activations of a user's own: the module that docs/convert.md prints, and modules that are none. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { convert } from '../../../../converters/convert.ts'
import { readModel } from '../../../../converters/read/models/read-model.ts'
import { RoentgenError } from '../../../../errors.ts'
import { hasShared, shared } from '../../../shared.ts'

tf.enableProdMode()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-register-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
const put = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const PAGE = readFileSync(new URL('../../../../docs/convert.md', import.meta.url), 'utf8')
const printed = (): string => put('layers.mjs', /```js\n(.*?)```/s.exec(PAGE)![1]!)

/** An activation and a layer that nobody has; the package is that of a Keras class. */
const TOPOLOGY = {
  class_name: 'Sequential',
  config: {
    name: 'net',
    layers: [
      {
        class_name: 'Activation',
        config: { name: 'soft', activation: 'swish_activation', batch_input_shape: [null, 3] },
      },
      { class_name: 'mine>ScaleBy', config: { name: 'scaled', by: 2.5 } },
    ],
  },
}
const custom = (): string =>
  put('model.json', JSON.stringify({ modelTopology: TOPOLOGY, weightsManifest: [] }))

const MODULES: [what: string, content: string | undefined, code: string, words: string][] = [
  ['that is not there', undefined, 'ROE_NOT_FOUND', 'there is no such module'],
  ['without a default export', 'export const a = 1', 'ROE_OPTION', 'whose default export is no function'],
  ['that is no JavaScript', 'export default (', 'ROE_OPTION', 'which cannot be loaded'],
  ['that lacks another', "import './gone.mjs'; export default () => {}", 'ROE_OPTION', 'cannot be loaded'],
  [
    'that throws',
    "export default () => { throw new Error('no luck') }",
    'ROE_OPTION',
    'which throws: no luck',
  ],
  ['that registers nothing', 'export default () => {}', 'ROE_OPTION', 'which registers nothing new'],
]

describe('a module is refused in one line:', () => {
  test.each(MODULES)('one %s', async (what, content, code, words) => {
    const name = `${what.replaceAll(' ', '-')}.mjs`
    const register = content === undefined ? join(folder, name) : put(name, content)
    const error = await readModel(custom(), { register }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    expect(error).toMatchObject({ code })
    expect((error as RoentgenError).message).toContain(words)
    expect((error as RoentgenError).message).toContain(name)
    expect((error as RoentgenError).message).not.toContain('\n')
  })
})

test('without the module the layer is refused by its name, and the module is advised', async () => {
  const error = await readModel(custom()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ROE_LAYER_UNSUPPORTED' })
  expect((error as RoentgenError).message).toContain("layer 'soft': activation 'swish_activation'")
  expect((error as RoentgenError).message).toContain('--register')
})

test('the module of docs/convert.md gives a layer and an activation', async () => {
  const model = await readModel(custom(), { register: printed() })
  const { run, inputs, outputs, layers } = model
  const given = tf.tensor([1, -2, 0.5], [1, 3])
  const [result] = [run([given])].flat()
  const expected = [1, -2, 0.5].map((x) => (2.5 * x) / (1 + Math.exp(-x)))
  expect([...result!.dataSync()].map((value, i) => Math.abs(value - expected[i]!) < 1e-6)).toEqual([
    true,
    true,
    true,
  ])
  await convert(run, join(folder, 'own.onnx'), { inputs, outputs, layers })
  tf.dispose([given, result!])
  model.dispose()
})

test.skipIf(!hasShared)('pneumo_xray_channels_first converts and matches with it', async () => {
  const register = printed()
  const model = await readModel(shared('weights/pneumo_xray_channels_first'), { register })
  const { run, inputs, outputs, layers } = model
  expect(model.parameters).toBe(542_738)
  const { parity } = await convert(run, join(folder, 'pneumo.onnx'), { inputs, outputs, layers })
  expect(parity.length).toBe(18)
  model.dispose()
})

/** `roentgen verify`, as a command, and `convert --samples`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roentgen } from './run.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/converters/${name}`, import.meta.url))

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-verify-'))
  const converted = await roentgen(['convert', fixture('siamese.h5'), '-o', at('siamese.onnx')])
  expect(converted.stderr).toContain('siamese.onnx: ')
  const rows = [1, 2].map((row) => Float32Array.from({ length: 12 }, (_, i) => Math.sin(row + i)))
  for (const [i, name] of ['left', 'right'].entries()) writeFileSync(at(`${name}.npy`), npy(rows[i]!, [2, 6]))
})
afterAll(() => rmSync(folder, { recursive: true }))

function npy(data: Float32Array, shape: readonly number[]): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117)
  const head = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text}\n`, 'latin1')
  return Buffer.concat([head, Buffer.from(data.buffer)])
}

describe('roentgen verify', () => {
  it('compares a Keras model with its ONNX file, either way round', async () => {
    const { status, stdout, stderr } = await roentgen(['verify', fixture('siamese.h5'), at('siamese.onnx')])
    expect(stdout).toMatch(
      /siamese\.h5: Keras \.h5 model, computed by tfjs wasm\n.*siamese\.onnx: ONNX, computed by ONNX Runtime\n/,
    )
    expect(stdout).toMatch(/same {3}same: differ by at most [\d.e+-]+ \([\d.e+-]+ of the largest\)\n/)
    expect(stdout).toMatch(
      /they agree: batch 1 and 3, tolerance 0\.00001 up to 1, else 0\.0001 of the largest\n$/,
    )
    expect([status, stderr]).toEqual([0, ''])
    const back = await roentgen([
      'verify',
      at('siamese.onnx'),
      fixture('siamese.h5'),
      '--json',
      '--batch',
      '4',
    ])
    expect(back.status).toBe(0)
    expect(JSON.parse(back.stdout)).toMatchObject({
      agree: true,
      by: ['ONNX Runtime', 'tfjs wasm'],
      batches: [4],
      outputs: [
        { names: ['same', 'same'], isWithin: true },
        { names: ['kind', 'kind'], isWithin: true },
      ],
    })
  })

  it('converts and compares a network with open sizes that takes multiples only', async () => {
    const film = tfl.input({ shape: [null, null, 3], name: 'film' })
    const conv = tfl.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' })
    const up = tfl.layers.upSampling2d({}).apply(conv.apply(film))
    const outputs = tfl.layers.concatenate({ name: 'both' }).apply([up as tfl.SymbolicTensor, film])
    await tfl.model({ inputs: film, outputs: outputs as tfl.SymbolicTensor }).save({
      save: async ({ modelTopology, weightSpecs: weights = [], weightData }) => {
        writeFileSync(at('skip.bin'), Buffer.from(weightData as ArrayBuffer))
        const weightsManifest = [{ paths: ['skip.bin'], weights }]
        writeFileSync(at('skip.json'), JSON.stringify({ modelTopology, weightsManifest }))
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
      },
    })
    const { stderr } = await roentgen(['convert', at('skip.json'), '-o', at('skip.onnx')])
    expect(stderr).toContain('takes film float32 [N, 2*H, 2*W, 3]')
    expect(stderr).toContain('at [1,32,36,3] and [3,42,50,3]')
    const { status, stdout } = await roentgen(['verify', at('skip.json'), at('skip.onnx')])
    expect(stdout).toContain('they agree')
    expect(status).toBe(0)
  })

  it('runs given inputs, and counts rows with the same label', async () => {
    const given = ['--samples', `${at('left.npy')},${at('right.npy')}`]
    const args = ['verify', fixture('siamese.h5'), at('siamese.onnx'), ...given, '--json']
    const { status, stdout } = await roentgen(args)
    const { batches, outputs } = JSON.parse(stdout)
    expect([status, batches]).toEqual([0, [2]])
    expect(outputs[1].sameLargest).toEqual({ same: 2, rows: 2 })
  })

  it('ends with 1 where they differ by more than is allowed', async () => {
    const args = ['verify', fixture('siamese.h5'), at('siamese.onnx'), '--atol', '0', '--rtol', '0']
    const { status, stdout } = await roentgen([...args, '--seed', '5', '--batch', '64'])
    expect(stdout).toMatch(/DIFFER .*\n/)
    expect(stdout).toContain('tfjs cpu (wasm gives other numbers)')
    expect(stdout).toMatch(/\d of 2 outputs differ: batch 64, tolerance 0 up to 1, else 0 of the largest\n$/)
    expect(status).toBe(1)
  })

  const REFUSED: [what: string, args: () => string[], status: number, words: string][] = [
    [
      'models that take other things',
      () => [at('siamese.onnx'), fixture('sequence.h5')],
      1,
      'ROE_MODEL_INPUT: ',
    ],
    ['a file that is not there', () => [at('siamese.onnx'), at('nowhere')], 1, 'ROE_NOT_FOUND: '],
    ['a file that is no model', () => [at('siamese.onnx'), at('left.npy')], 1, 'ROE_MODEL_FORMAT: '],
    [
      'a sample too few',
      () => [at('siamese.onnx'), at('siamese.onnx'), '--samples', at('left.npy')],
      2,
      '2 files, for left, right',
    ],
    [
      'samples that do not fit',
      () => [
        at('siamese.onnx'),
        at('siamese.onnx'),
        '--samples',
        `${at('left.npy')},${fixture('npy_float32.npy')}`,
      ],
      2,
      'its shape is [2, 3]',
    ],
    [
      'a batch that is none',
      () => [at('siamese.onnx'), at('siamese.onnx'), '--batch', '0'],
      2,
      'ROE_OPTION: --batch',
    ],
    [
      'a tolerance that is none',
      () => [at('siamese.onnx'), at('siamese.onnx'), '--atol', '-1'],
      2,
      'ROE_OPTION: --atol',
    ],
  ]
  for (const [what, args, expected, words] of REFUSED) {
    it(`refuses ${what} in one line`, async () => {
      const { status, stdout, stderr } = await roentgen(['verify', ...args()])
      expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(words)])
      expect([status, stdout]).toEqual([expected, ''])
    })
  }
})

it('a model with an activation of its own is converted and verified with --register', async () => {
  const page = readFileSync(new URL('../../docs/convert.md', import.meta.url), 'utf8')
  writeFileSync(at('layers.mjs'), /```js\n(.*?)```/s.exec(page)![1]!)
  const config = { name: 'soft', activation: 'swish_activation', batch_input_shape: [null, 3] }
  const layers = [{ class_name: 'Activation', config }]
  const modelTopology = { class_name: 'Sequential', config: { name: 'net', layers } }
  writeFileSync(at('own.json'), JSON.stringify({ modelTopology, weightsManifest: [] }))
  const register = ['--register', at('layers.mjs')]
  const converted = await roentgen(['convert', at('own.json'), '-o', at('own.onnx'), ...register])
  expect(converted.stderr).toMatch(/soft differs from tfjs wasm by at most/)
  expect(converted.status).toBe(0)
  const { status, stdout } = await roentgen(['verify', at('own.json'), at('own.onnx'), ...register])
  expect(stdout).toContain('they agree')
  expect(status).toBe(0)
})

it('roentgen convert --samples compares on them, too', async () => {
  const given = ['--samples', `${at('left.npy')},${at('right.npy')}`]
  const { status, stderr } = await roentgen([
    'convert',
    fixture('siamese.h5'),
    '-o',
    at('given.onnx'),
    ...given,
  ])
  expect(stderr).toContain('batch 1 and 3 and 2')
  expect(status).toBe(0)
})

/** `roentgen verify` of a bare model and the ONNX file that was made of it with an input of its own: what the file has in
 *  front is put in front of the model, too. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roentgen } from './run.ts'

let folder: string
const at = (name: string) => join(folder, name)

async function write(name: string, units: number, activation: 'softmax' | 'sigmoid'): Promise<void> {
  const kernelInitializer = (seed: number) => tfl.initializers.glorotNormal({ seed })
  const net = tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        inputShape: [8, 8, 3],
        filters: 4,
        kernelSize: 3,
        kernelInitializer: kernelInitializer(1),
      }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units, activation, name: 'class', kernelInitializer: kernelInitializer(2) }),
    ],
  })
  await net.save({
    save: async ({ modelTopology, weightSpecs: weights = [], weightData }) => {
      mkdirSync(at(name))
      writeFileSync(at(`${name}/weights.bin`), Buffer.from(weightData as ArrayBuffer))
      const weightsManifest = [{ paths: ['weights.bin'], weights }]
      writeFileSync(at(`${name}/model.json`), JSON.stringify({ modelTopology, weightsManifest }))
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
}

async function convert(model: string, name: string, ...options: string[]): Promise<void> {
  const { status, stderr } = await roentgen(['convert', at(model), '-o', at(name), ...options])
  expect([status, stderr]).toEqual([0, expect.stringContaining('differs from tfjs')])
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-behind-'))
  await write('two', 2, 'softmax')
  await write('one', 1, 'sigmoid')
  await convert('two', 'unit.onnx', '--scaling', 'unit')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('roentgen verify, of a bare model and its ONNX file', () => {
  const FILES: [what: string, model: string, options: string[], said: string][] = [
    ['bytes', 'two', ['--scaling', 'tf'], '--scaling tf --input u8 --layout nhwc'],
    [
      'scaled numbers',
      'two',
      ['--scaling', 'torch', '--input', 'f32'],
      '--scaling torch --input f32 --layout nhwc',
    ],
    [
      'grey films, channels first',
      'two',
      ['--input', 'u8', '--grey', '--layout', 'nchw'],
      '--input u8 --layout nchw --grey',
    ],
    ['maps', 'two', ['--scaling', 'unit', '--cam'], '--scaling unit --input u8 --layout nhwc --cam'],
    [
      'both classes of one output',
      'one',
      ['--scaling', 'unit', '--labels', 'no,yes', '--activation', 'sigmoid', '--cam'],
      '--scaling unit --input u8 --layout nhwc --cam and both classes',
    ],
  ]
  for (const [i, [what, model, options, said]] of FILES.entries())
    it(`gives the model what the file says of ${what}, and says so`, async () => {
      const out = `${i}.onnx`
      await convert(model, out, ...options)
      const { status, stdout, stderr } = await roentgen(['verify', at(model), at(out)])
      expect(stderr).toBe(`${at(model)}: compared with ${said}, as ${at(out)} has it\n`)
      expect(stdout).toContain('they agree')
      expect(status).toBe(0)
    })

  it('either way round, and under --json', async () => {
    const { status, stdout } = await roentgen(['verify', at('unit.onnx'), at('two'), '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      agree: true,
      notes: [expect.stringContaining('compared with --scaling unit --input u8 --layout nhwc, as ')],
    })
    expect(status).toBe(0)
  })

  it('what is given counts before what the file says', async () => {
    const { status, stdout, stderr } = await roentgen([
      ...['verify', at('two'), at('unit.onnx'), '--scaling', 'none'],
    ])
    expect(stderr).toContain('compared with --input u8 --layout nhwc, as ')
    expect(stdout).toContain('DIFFER class')
    expect(status).toBe(1)
  })

  it('two bare models are given the same', async () => {
    const given = ['--scaling', 'tf', '--grey', '--input', 'f32']
    const { status, stdout, stderr } = await roentgen(['verify', at('two'), at('two/model.json'), ...given])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('they agree')
  })

  const REFUSED: [what: string, args: string[], words: string][] = [
    [
      'two ONNX files, which are what they are',
      ['unit.onnx', 'unit.onnx', '--scaling', 'tf', '--shape', 'N,8,8,3'],
      'ROE_OPTION: --scaling tf --shape N,8,8,3: expected a model of tfjs or Keras, which it is put in front of, received two ONNX files; see --help',
    ],
    [
      'what the model cannot be given',
      ['two', 'unit.onnx', '--shape', '1,9,9,3'],
      'ROE_OPTION: --shape: expected sizes for an input [N,8,8,3], received [1,9,9,3]; see --help',
    ],
  ]
  for (const [what, [a, b, ...options], words] of REFUSED)
    it(`refuses for ${what}`, async () => {
      const { status, stdout, stderr } = await roentgen(['verify', at(a!), at(b!), ...options])
      expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: `${words}\n` })
    })
})

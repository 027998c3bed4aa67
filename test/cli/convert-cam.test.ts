/** `roentgen convert --cam`: activation maps of models that others trained. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tfl from '@tensorflow/tfjs-layers'
import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseMetadata } from '../../converters/onnx/metadata.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { asPng, madeFilm } from '../data/made-films.ts'
import { hasShared, shared } from '../shared.ts'
import { roentgen } from './run.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-cam-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A trunk in a Sequential, as transfer learning writes it. */
async function save(name: string, end: readonly tfl.layers.Layer[]): Promise<string> {
  const conv = tfl.layers.conv2d({
    ...{ filters: 4, kernelSize: 3, activation: 'relu', name: 'conv', inputShape: [32, 32, 3] },
  })
  const trunk = tfl.sequential({ layers: [conv, tfl.layers.maxPooling2d({ poolSize: 2, name: 'pool' })] })
  const model = tfl.sequential({ layers: [trunk, ...end] })
  const files: Record<string, Uint8Array> = {}
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
      files['model.json'] = strToU8(JSON.stringify({ modelTopology, weightsManifest }))
      files['weights.bin'] = new Uint8Array(weightData as ArrayBuffer)
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
  const path = join(root, `${name}.zip`)
  writeFileSync(path, zipSync(files))
  return path
}
const gap = () => tfl.layers.globalAveragePooling2d({ name: 'gap' })
const dense = (units: number, activation: 'softmax' | 'sigmoid') =>
  tfl.layers.dense({ units, activation, name: 'dense' })
const READY = ['--scaling', 'unit', '--fit', 'stretch', '--kernel', 'cv2-linear']

describe('roentgen convert --cam', () => {
  it.each([
    ['softmax', () => [gap(), dense(3, 'softmax')], ['--labels', 'a,b,c', '--activation', 'softmax'], 3],
    ['sigmoid of one', () => [gap(), dense(1, 'sigmoid')], ['--labels', 'a,b', '--activation', 'sigmoid'], 2],
  ] as const)('gives the maps of a %s, compared with tfjs', async (name, end, said, classes) => {
    const model = await save(name, end())
    const out = join(root, `${name}.onnx`)
    const { status, stderr } = await roentgen(['convert', model, '-o', out, '--cam', ...said, ...READY])
    expect(stderr).toMatch(/\n {2}cam differs from tfjs \w+ by at most /)
    expect(status).toBe(0)
    expect(stderr).toContain(`  gives cam float32 [N, ${classes}, 30, 30]\n`)
    const { labels, parity, outputs } = await openModelFile(out)
    expect([labels.length, parity[1]?.output, outputs[1]?.shape]).toEqual([
      classes,
      'cam',
      [null, classes, 30, 30],
    ])
    const facts = JSON.parse(parseMetadata(readFileSync(out)).get('roentgen.cam') ?? '')
    expect(facts).toEqual({ layer: 'conv', poolings: ['pool'] })
  })

  it('makes a file that explain takes', async () => {
    const film = join(root, 'film.png')
    writeFileSync(film, await asPng(madeFilm(1)))
    const words = ['explain', film, '-m', join(root, 'softmax.onnx'), '-o', join(root, 'maps')]
    const { status, stderr } = await roentgen(words)
    expect([status, stderr]).toEqual([0, expect.stringContaining('1 films, 0 failed')])
  })

  it('says what a model without them lacks', async () => {
    const flat = await save('flat', [tfl.layers.flatten({ name: 'flat' }), dense(2, 'softmax')])
    const { status, stderr } = await roentgen(['convert', flat, '-o', join(root, 'flat.onnx'), '--cam'])
    expect(stderr).toMatch(
      /^ROE_OPTION: --cam: expected a model with global average pooling before its last Dense \('flat' is there\), received tfjs/,
    )
    expect(status).toBe(2)
  })

  it.skipIf(!hasShared)('says that a GraphModel has no layers', async () => {
    const graph = shared('weights/tiny_dense_graph')
    const { status, stderr } = await roentgen(['convert', graph, '-o', join(root, 'graph.onnx'), '--cam'])
    expect(stderr).toMatch(
      /^ROE_OPTION: --cam: expected a model that is made of layers, received tfjs GraphModel/,
    )
    expect(status).toBe(2)
  })
})

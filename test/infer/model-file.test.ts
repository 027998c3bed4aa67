import { copyFileSync, readFileSync, truncateSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readHeader } from '../../converters/onnx/header.ts'
import { problemOf } from '../../errors.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { fixture, removeFolder, temporaryFolder } from './films.ts'

let folder = ''
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

/** The message of the error that opening ends with, with the file's name for its path. */
async function complaint(path: string): Promise<string> {
  return openModelFile(path).then(
    () => 'opened',
    (error) => problemOf(error).replaceAll(path, basename(path)),
  )
}

describe('openModelFile', () => {
  it('reads the facts of a classifier', async () => {
    expect(await openModelFile(fixture('classifier'))).toEqual({
      path: fixture('classifier'),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      kind: 'classifier',
      labels: ['Covid', 'Normal', 'Viral Pneumonia'],
      activation: 'softmax',
      thresholds: null,
      preprocessing: {
        version: 1,
        steps: [
          { op: 'window' },
          { op: 'fit', how: 'stretch', width: 32, height: 32, kernel: 'cv2-linear' },
          { op: 'channels', count: 3, luma: 'rec601' },
        ],
      },
      training: { recipe: 'fixture', seed: 1 },
      films: [],
      parity: [],
      precision: 'fp32',
      input: { name: 'film', dtype: 'uint8', shape: [null, 32, 32, 3] },
      outputs: [{ name: 'probabilities', dtype: 'float', shape: [null, 3] }],
      batch: null,
    })
  })

  it('tells a batch that the model fixes', async () => {
    expect(await openModelFile(fixture('fixed-batch'))).toMatchObject({ batch: 4 })
  })

  it('says in one line what is wrong with each other model', async () => {
    const names = ['none', 'garbage', 'text', 'float-input', 'other-size', 'wrong-rank']
    const lines = await Promise.all(
      [...names, 'no-facts', 'bad-facts', 'bad-thresholds', 'two-labels'].map((name) =>
        complaint(fixture(name)),
      ),
    )
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "ROE_MODEL_MISSING: none.onnx: there is no such model file; check the path after -m
      ROE_MODEL_INVALID: garbage.onnx: it is not a model that ONNX Runtime opens (it is damaged or no ONNX file); convert or train the model again
      ROE_MODEL_INVALID: text.onnx: it is not a model that ONNX Runtime opens (it is damaged or no ONNX file); convert or train the model again
      ROE_MODEL_INPUT: float-input.onnx: the model must take one input uint8 [N, 32, 32, 3] by its own preprocessing, it takes float [N, 32, 32, 3]; convert it with roentgen, or give a model with such an input
      ROE_MODEL_INPUT: other-size.onnx: the model must take one input uint8 [N, 32, 32, 3] by its own preprocessing, it takes uint8 [N, 16, 64, 3]; convert it with roentgen, or give a model with such an input
      ROE_MODEL_INPUT: wrong-rank.onnx: the model must take one input uint8 [N, 32, 32, 3] by its own preprocessing, it takes uint8 [N, 1024]; convert it with roentgen, or give a model with such an input
      ROE_MODEL_FACTS: no-facts.onnx: the model's metadata lacks roentgen.version, roentgen.kind, roentgen.labels, roentgen.activation, roentgen.preprocessing; give a model that roentgen trained, or convert it again and say so (roentgen convert --help); for ONNX files of other programs see docs/score.md
      ROE_MODEL_FACTS: bad-facts.onnx: the model's metadata lacks a valid roentgen.labels (Invalid input: expected array, received string), a valid roentgen.preprocessing (is no JSON); give a model that roentgen trained, or convert it again and say so (roentgen convert --help); for ONNX files of other programs see docs/score.md
      ROE_MODEL_FACTS: bad-thresholds.onnx: the model's metadata lacks a valid roentgen.thresholds (one for each of 3 labels); give a model that roentgen trained, or convert it again and say so (roentgen convert --help); for ONNX files of other programs see docs/score.md
      ROE_MODEL_OUTPUT: two-labels.onnx: the model must give float [N, 2], one probability a label, it gives float [N, 3]; convert or train the model again"
    `)
  })

  it('refuses an empty file, a folder, and a model cut at any length', async () => {
    const cut = join(folder, 'cut.onnx')
    copyFileSync(fixture('classifier'), cut)
    for (let size = readFileSync(cut).length - 1; size >= 0; size -= 37) {
      truncateSync(cut, size)
      expect(await complaint(cut)).toMatch(/^ROE_MODEL_(INVALID|FACTS): cut\.onnx: /)
    }
    truncateSync(cut, 0)
    expect(await complaint(cut)).toContain('the file is empty')
    expect(await complaint(folder)).toMatch(/^ROE_MODEL_INVALID: .*it is a folder: name the .onnx file in it/)
  })
})

describe('readHeader', () => {
  it('names inputs and outputs', () => {
    const { inputs, outputs } = readHeader(readFileSync(fixture('wrong-rank')), 'm')
    expect(inputs).toEqual([{ name: 'film', dtype: 'uint8', shape: [null, 1024] }])
    expect(outputs).toEqual([{ name: 'probabilities', dtype: 'float', shape: [null, 1024] }])
  })
})

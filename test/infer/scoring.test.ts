import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mirroredSession } from '../../src/infer/mirrored-session.ts'
import { type ModelFile, openModelFile } from '../../src/infer/model-file.ts'
import { namesOf } from '../../src/infer/model-names.ts'
import { type FilmResult, runFilms } from '../../src/infer/pipeline.ts'
import { batchOf, planScoring } from '../../src/infer/scoring.ts'
import { openSession, type Session } from '../../src/infer/session.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from './films.ts'

let folder = ''
let films: string[] = []
let classifier: ModelFile
let several: ModelFile
let session: Session

beforeAll(async () => {
  folder = temporaryFolder()
  films = await writeFilms(folder, 21)
  classifier = await openModelFile(fixture('classifier'))
  several = await openModelFile(fixture('multi-label'))
  session = await openSession(fixture('classifier'))
})
afterAll(async () => {
  await session.close()
  removeFolder(folder)
})

async function collect(source: AsyncIterable<FilmResult>): Promise<FilmResult[]> {
  const items: FilmResult[] = []
  for await (const item of source) items.push(item)
  return items
}

describe('namesOf', () => {
  for (const [paths, names] of [
    [['a.onnx'], ['a']],
    [
      ['x/a.onnx', 'y/b.ONNX'],
      ['a', 'b'],
    ],
    [
      ['runs/1/model.onnx', 'runs/2/model.onnx', 'b.onnx'],
      ['1/model', '2/model', undefined],
    ],
    [
      ['one/p_x.onnx', 'one/b.onnx'],
      ['one/p_x', 'one/b'],
    ],
    [['1:2.onnx'], ['1_2']],
  ] as const)
    it(`${paths.join(' and ')}`, () =>
      expect(namesOf(paths)).toMatchObject(names.map((name) => name ?? expect.any(String))))

  it('refuses the same file twice', () => {
    expect(() => namesOf(['a.onnx', './a.onnx'])).toThrow('each model once')
  })
})

describe('planScoring', () => {
  it('takes thresholds from the options, then the model, then a half', () => {
    const thresholds = (model: ModelFile, wished = {}) =>
      planScoring([model], { thresholds: wished }).members[0]!.thresholds
    expect(thresholds(several)).toEqual([0.3, 0.5, 0.2])
    expect(thresholds(several, { all: 0.7, of: new Map([['Normal', 0.1]]) })).toEqual([0.7, 0.1, 0.7])
    expect(thresholds({ ...several, thresholds: null })).toEqual([0.5, 0.5, 0.5])
    expect(thresholds(classifier)).toBeNull()
  })

  it('names what members of an ensemble do not have in common', () => {
    const other = (change: Partial<ModelFile>) =>
      planScoring([classifier, { ...classifier, path: 'b.onnx', ...change }], { ensemble: 'mean' })
    expect(other({}).members.map(({ name }) => name)).toEqual(['classifier', 'b'])
    expect(() => other({ labels: ['Normal', 'Covid', 'Viral Pneumonia'] })).toThrow(
      'models of the same labels, in the same order, received classifier with Covid, Normal, Viral Pneumonia, b with Normal, Covid, Viral Pneumonia',
    )
    expect(() => other({ activation: 'sigmoid' })).toThrow('models of the same activation')
  })
})

describe('batchOf', () => {
  it('is what the models fix, if they fix one', () => {
    const fixing = (batch: number | null) => ({ ...classifier, batch })
    expect(batchOf([fixing(null), fixing(4)], undefined)).toBe(4)
    expect(() => batchOf([fixing(8), fixing(4)], undefined)).toThrow('models that fix batches of 8 and 4')
  })
})

describe('several models in one pass', () => {
  it('give each the bytes that it gives alone, whether they share a preprocessing or not', async () => {
    const other = await openSession(fixture('multi-label'))
    const { preprocessing } = classifier
    const steps = preprocessing.steps.map((step) =>
      step.op === 'fit' ? { ...step, kernel: 'pil-bilinear' as const } : step,
    )
    const models = [
      { session, preprocessing },
      { session: other, preprocessing },
      { session, preprocessing: { version: 1 as const, steps } },
    ]
    const together = await collect(runFilms(films, models))
    for (const [i, model] of models.entries()) {
      const alone = await collect(runFilms(films, [model]))
      for (const [at, result] of together.entries()) {
        const single = alone[at]!
        if (!('outputs' in result && 'outputs' in single)) throw new Error('a film failed')
        expect(result.outputs[i]).toEqual(single.outputs[0])
      }
    }
    await other.close()
  })
})

describe('mirroredSession', () => {
  it('gives the mean of a film and its mirror image, and both the same', async () => {
    // Left and right weigh the same in the fixture; here the left column does all.
    const [height, width] = [2, 3]
    const bare: Session = {
      ...session,
      input: { name: 'film', dtype: 'uint8', filmShape: [height, width, 1] },
      outputs: [{ name: 'left', dtype: 'float32', filmShape: [1] }],
      batch: 2,
      filmBytes: 6,
      run: async (pixels, count) => ({
        left: Float32Array.from({ length: count }, (_, i) => pixels[i * 6]! + pixels[i * 6 + 3]!),
      }),
    }
    const mirrored = mirroredSession(bare)
    const film = [10, 1, 30, 20, 1, 60]
    const { left } = await mirrored.run(Uint8Array.from([...film, 30, 1, 10, 60, 1, 20]), 2)
    expect([...left!]).toEqual([60, 60])
  })
})

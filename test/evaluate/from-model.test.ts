/** The model way, on real films: the model is a toy (brightness decides), the copies are true (SOURCES.md, seed003). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseMetadata, withMetadata } from '../../converters/onnx/metadata.ts'
import { fingerprintFilms } from '../../src/data/fingerprint.ts'
import { readLabelled } from '../../src/data/manifest.ts'
import { evaluateModel } from '../../src/evaluate/from-model.ts'
import { evaluationText } from '../../src/evaluate/text.ts'
import { hasShared, shared } from '../shared.ts'

const MODEL = fileURLToPath(new URL('../fixtures/infer/classifier.onnx', import.meta.url))

/** Test films of seed003 with a copy in train, by SOURCES.md. */
const COPIES = [
  '0112.jpg',
  'COVID-00003b.jpg',
  'COVID-00012.jpg',
  'COVID-00022.jpg',
  'COVID-00033.jpg',
  'COVID-00037.jpg',
  'auntminnie-2020_01_31_20_24_2322_2020_01_31_x-ray_coronavirus_US.jpg',
  'radiopaedia-2019-novel-coronavirus-infected-pneumonia.jpg',
]

describe.skipIf(!hasShared)('a model that knows its training films', () => {
  let folder: string
  let model: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'roentgen-from-model-'))
    model = join(folder, 'model.onnx')
    // All copies are of this class.
    const { films } = await readLabelled(shared('seed003/train'))
    const covid = films.filter(({ label }) => label === 'Covid')
    const { prints } = await fingerprintFilms(covid.map(({ path }) => path))
    const known = prints.map((print, i) => ({
      ...print,
      path: `train/${basename(print.path)}`,
      label: 'Covid',
      split: i % 5 === 0 ? 'validation' : 'train',
    }))
    const bytes = readFileSync(MODEL)
    const metadata = new Map([...parseMetadata(bytes), ['roentgen.films', JSON.stringify(known)]])
    writeFileSync(model, withMetadata(bytes, metadata))
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('gives every figure of the 66 test films, and again of the 58 without a copy', async () => {
    const begun: number[] = []
    const done: number[] = []
    const evaluation = await evaluateModel({
      model,
      data: shared('seed003/test'),
      onBegin: (films) => begun.push(films),
      onFilm: (count) => done.push(count),
    })
    expect(evaluation.copies.map(({ path }) => basename(path)).sort()).toEqual(COPIES)
    expect(evaluation.all.films).toBe(66)
    expect(evaluation.withoutCopies?.films).toBe(58)
    expect(evaluation.all.classes.map(({ support }) => support)).toEqual([26, 20, 20])
    expect(evaluation.withoutCopies?.classes.map(({ support }) => support)).toEqual([18, 20, 20])
    expect(begun).toEqual([66])
    expect(done).toEqual(Array.from({ length: 66 }, (_, i) => i + 1))
    expect(evaluationText(evaluation)).toContain('8 of 66 test films with a copy among the training films')
  }, 60_000)

  test('says of a model that does not know them that nobody looked', async () => {
    const { copies, withoutCopies, warnings } = await evaluateModel({
      model: MODEL,
      data: shared('seed003/test'),
    })
    expect({ copies, withoutCopies }).toEqual({ copies: [], withoutCopies: null })
    expect(warnings.map(({ code }) => code)).toContain('copies-unknown')
  }, 60_000)

  test('refuses films of other classes before it scores any', async () => {
    const scored: number[] = []
    const options = { model: MODEL, data: shared('seed004'), onFilm: (count: number) => scored.push(count) }
    await expect(evaluateModel(options)).rejects.toThrow(
      /ROE_LABELS_DIFFER: .*seed004: labels covid, normal are unknown to the model, which knows Covid, Normal/,
    )
    expect(scored).toEqual([])
  })
})

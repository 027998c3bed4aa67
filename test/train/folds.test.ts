import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readLabelledFolder } from '../../src/data/folder.ts'
import type { LabelledSet } from '../../src/data/labelled.ts'
import { type Fold, foldsOf } from '../../src/train/folds.ts'
import { type Examined, examine } from '../../src/train/prepare.ts'
import { preprocessingOf, RECIPES, type TrainingPlan } from '../../src/train/recipes.ts'
import { train } from '../../src/train/train.ts'
import { phantomFolder } from './films.ts'

const PLAN: TrainingPlan = {
  ...RECIPES['rosebrock-vgg16'],
  recipe: 'rosebrock-vgg16',
  backbone: 'squeezenet',
  alpha: undefined,
  weights: null,
  featuresAt: undefined,
  cutoff: undefined,
  head: 'gap',
  bars: 'none',
  width: 64,
  height: 64,
  epochs: 2,
  copies: 1,
  seed: 5,
}

let root = ''
let set: LabelledSet
let examined: Examined
let folds: Fold[]

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-folds-'))
  await phantomFolder(root, { classes: ['normal', 'opacity'], count: 9, size: 64 })
  copyFileSync(join(root, 'normal/film00.png'), join(root, 'normal/film90.png'))
  set = await readLabelledFolder(root)
  examined = await examine(set, [preprocessingOf(PLAN)])
  folds = foldsOf(examined, PLAN, 3)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('each film is tested once, by a training that saw neither it nor a copy of it', () => {
  expect(folds.flatMap(({ test }) => test.map(({ path }) => path)).sort()).toEqual(
    set.films.map(({ path }) => path).sort(),
  )
  for (const { test, prepared, together } of folds) {
    const seen = prepared.films.map(({ path }) => path)
    expect([...seen, ...test.map(({ path }) => path)].sort()).toEqual(together.map(({ path }) => path))
    const [film, copy] = ['film00', 'film90'].map((name) => seen.includes(join(root, `normal/${name}.png`)))
    expect(film).toBe(copy)
    expect(prepared.films.filter(({ split }) => split === 'validation').length).toBeGreaterThanOrEqual(2)
  }
  expect(new Set(folds.map(({ testDigest }) => testDigest)).size).toBe(3)
})

it('more folds than films of a label are refused, and so is a training side that would be empty', () => {
  expect(() => foldsOf(examined, PLAN, 10)).toThrow(
    "ROE_SPLIT: normal: class 'normal' has 9 films that can be told apart (10 films, of some the patient or the picture is the same), fewer than the 10 folds",
  )
  const few = { ...examined, films: examined.films.filter(({ path }) => /film0[12]/.test(path)) }
  expect(() => foldsOf(few, PLAN, 2)).toThrow("class 'normal' has one film only")
})

it('a fold trains on features that all folds share as on its own, and gives the memory back', async () => {
  const [first] = folds as [Fold]
  const models: Buffer[] = []
  const tensors: number[] = []
  for (const together of [first.together, first.prepared.films]) {
    const folder = mkdtempSync(join(root, '.run-'))
    const notes: string[] = []
    await train(set, PLAN, {
      model: join(folder, 'model.onnx'),
      cache: join(folder, 'features'),
      drawn: { prepared: first.prepared, together },
      versions: {},
      note: (line) => notes.push(line),
    })
    models.push(readFileSync(join(folder, 'model.onnx')))
    tensors.push(tf.memory().numTensors)
    expect(notes.join('\n')).toContain('0 of 1 sets from the cache')
  }
  expect(models[0]!.equals(models[1]!)).toBe(true)
  expect(tensors[1]).toBe(tensors[0])
})

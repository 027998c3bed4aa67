import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ModelProtoSchema } from '../../converters/onnx/generated/onnx_pb.ts'
import { parseMetadata } from '../../converters/onnx/metadata.ts'
import { readLabelledFolder } from '../../src/data/folder.ts'
import type { LabelledSet } from '../../src/data/labelled.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { runFilms } from '../../src/infer/pipeline.ts'
import { openSession } from '../../src/infer/session.ts'
import { exportModel } from '../../src/train/export.ts'
import { buildNetwork } from '../../src/train/network.ts'
import { preprocessingOf, RECIPES, type TrainingPlan } from '../../src/train/recipes.ts'
import { type TrainingResult, train } from '../../src/train/train.ts'
import { phantomFolder } from './films.ts'

/** Small enough for seconds: a random narrow MobileNet on small films. */
const PLAN: TrainingPlan = {
  ...RECIPES['rosebrock-vgg16'],
  recipe: 'rosebrock-vgg16',
  backbone: 'mobilenet',
  alpha: 0.25,
  weights: null,
  featuresAt: undefined,
  width: 128,
  height: 128,
  epochs: 3,
  copies: 2,
  seed: 5,
}

let root = ''
let two: LabelledSet
let three: LabelledSet

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-train-'))
  const classes = ['normal', 'opacity', 'other']
  two = await readLabelledFolder(
    await phantomFolder(join(root, 'two'), { classes: classes.slice(0, 2), count: 8 }),
  )
  three = await readLabelledFolder(await phantomFolder(join(root, 'three'), { classes, count: 4 }))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Trained {
  folder: string
  path: string
  bytes: Buffer
  notes: string[]
  result: TrainingResult
}

async function trained(
  data: LabelledSet,
  given: Partial<TrainingPlan> = {},
  folder = mkdtempSync(join(root, 'run-')),
): Promise<Trained> {
  const path = join(folder, 'model.onnx')
  const notes: string[] = []
  const result = await train(
    data,
    { ...PLAN, ...given },
    {
      model: path,
      cache: join(folder, 'features'),
      versions: { roentgen: '1.2.3' },
      note: (line) => notes.push(line),
    },
  )
  return { folder, path, bytes: readFileSync(path), notes, result }
}

async function outputsOf(model: string, data: LabelledSet): Promise<number[][]> {
  const session = await openSession(model)
  const { preprocessing } = await openModelFile(model)
  const rows: number[][] = []
  const paths = data.films.map(({ path }) => path)
  for await (const result of runFilms(paths, [{ session, preprocessing }])) {
    if ('failure' in result) throw new Error(result.failure.code)
    rows.push([...result.outputs[0]![0]!])
  }
  await session.close()
  return rows
}

describe('a trained model', () => {
  let first: Trained
  beforeAll(async () => {
    first = await trained(two)
  })

  it('says all that scoring, evaluation and a reader need', async () => {
    const file = await openModelFile(first.path)
    expect(file).toMatchObject({
      kind: 'classifier',
      labels: ['normal', 'opacity'],
      activation: 'softmax',
      preprocessing: preprocessingOf(PLAN),
      input: { dtype: 'uint8', shape: [null, 128, 128, 3] },
      batch: null,
    })
    expect(file.training).toMatchObject({
      recipe: 'rosebrock-vgg16',
      source: 'S4',
      backbone: 'mobilenet',
      alpha: 0.25,
      head: 'recipe',
      weights: 'random',
      seed: 5,
      epochs: 3,
      copies: 2,
      dataDigest: first.result.dataDigest,
      versions: { roentgen: '1.2.3' },
    })
    expect(file.parity).toEqual(first.result.parity)
    expect(file.parity[0]!.maxAbs).toBeLessThanOrEqual(1e-5)
  })

  it('knows every film that it was trained on, and nothing of where they lay', async () => {
    const { films } = await openModelFile(first.path)
    const names = films.map(({ path }) => path)
    expect(names.toSorted()).toEqual(
      two.films.map(({ path }) => path.slice(join(root, 'two/').length)).sort(),
    )
    expect(films.filter(({ split }) => split === 'validation').map(({ label }) => label)).toEqual([
      'normal',
      'normal',
      'opacity',
      'opacity',
    ])
    for (const place of [root, process.cwd(), tmpdir()]) expect(first.bytes.includes(place)).toBe(false)
  })

  it('has one Transpose, at its input', () => {
    const nodes = fromBinary(ModelProtoSchema, first.bytes).graph?.node ?? []
    expect(nodes.length).toBeGreaterThan(20)
    const transposes = nodes.filter(({ opType }) => opType === 'Transpose')
    expect(transposes).toHaveLength(1)
    const before = nodes.slice(0, nodes.indexOf(transposes[0]!)).map(({ opType }) => opType)
    expect(before.filter((op) => op === 'Conv')).toEqual([])
  })

  it('leaves its features beside it, and nothing else', () => {
    expect(readdirSync(first.folder).sort()).toEqual(['features', 'model.onnx'])
    expect(readdirSync(join(first.folder, 'features'))).toHaveLength(3)
  })

  it('says of each film what films and seed decide: same bytes in another folder and order', async () => {
    const again = await trained({ ...two, films: two.films.toReversed() })
    expect(again.bytes.equals(first.bytes)).toBe(true)
    expect(again.result.history).toEqual(first.result.history)
  })

  it('is another one by another seed', async () => {
    const other = await trained(two, { seed: 6 })
    expect(other.bytes.equals(first.bytes)).toBe(false)
    expect(await outputsOf(other.path, two)).not.toEqual(await outputsOf(first.path, two))
  })

  it('is the same from the cache, which is counted, and from a cache that was damaged', async () => {
    const features = join(first.folder, 'features')
    expect(first.notes).toContain(
      'features: 256 a film, of augmented copies (K = 2); 0 of 2 sets from the cache, 28.8 kB to write',
    )
    const again = await trained(two, {}, first.folder)
    expect(again.notes).toContain(
      'features: 256 a film, of augmented copies (K = 2); 2 of 2 sets from the cache',
    )
    expect(again.bytes.equals(first.bytes)).toBe(true)
    for (const name of readdirSync(features)) writeFileSync(join(features, name), 'damaged')
    const mended = await trained(two, {}, first.folder)
    expect(mended.notes).toContain(
      'features: 256 a film, of augmented copies (K = 2); 0 of 2 sets from the cache, 28.8 kB to write',
    )
    expect(mended.bytes.equals(first.bytes)).toBe(true)
  })
})

describe('every way of training gives a model that answers', () => {
  const cases: [string, () => LabelledSet, Partial<TrainingPlan>][] = [
    ['global average pooling', () => two, { head: 'gap' }],
    ['all features', () => two, { head: 'flatten' }],
    ['three classes', () => three, {}],
    ['three classes, global average pooling, caffe scaling', () => three, { head: 'gap', scaling: 'caffe' }],
    ['the films as they are', () => two, { copies: 0 }],
    ['one copy for all epochs', () => two, { copies: 1 }],
    ['bars removed', () => two, { bars: 'robust' }],
    ['the end of the trunk trained, too', () => two, { cutoff: -6, head: 'gap', width: 32, height: 32 }],
    ['the trunk cut at a layer', () => two, { featuresAt: 'conv_pw_5_relu', head: 'gap' }],
  ]
  for (const [name, data, given] of cases)
    it(name, async () => {
      const { path, result } = await trained(data(), given)
      const { labels } = await openModelFile(path)
      expect(labels).toEqual(data().labels)
      expect(result.history).toHaveLength(3)
      const rows = await outputsOf(path, data())
      expect(rows).toHaveLength(data().films.length)
      for (const row of rows) {
        expect(row).toHaveLength(labels.length)
        expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)
      }
      // Not a constant: films differ.
      expect(new Set(rows.map(([p]) => p)).size).toBeGreaterThan(1)
    })
})

describe('a head of global average pooling', () => {
  it('gives activation maps as a second output, which changes no bit of the first', async () => {
    const { path, bytes, folder } = await trained(two, { head: 'gap', cutoff: -6, width: 32, height: 32 })
    const { outputs, parity } = await openModelFile(path)
    expect(outputs).toEqual([
      { name: 'probabilities', dtype: 'float', shape: [null, 2] },
      { name: 'cam', dtype: 'float', shape: [null, 2, 1, 1] },
    ])
    expect(parity.map(({ output }) => output)).toEqual(['probabilities', 'cam'])
    expect(JSON.parse(parseMetadata(bytes).get('roentgen.cam') ?? '')).toEqual({
      layer: 'conv_pw_13_relu',
      poolings: [],
    })
    const model = fromBinary(ModelProtoSchema, bytes)
    model.graph!.output.pop()
    model.graph!.node = model.graph!.node.filter(({ output }) => !output.includes('cam'))
    const without = join(folder, 'without.onnx')
    writeFileSync(without, toBinary(ModelProtoSchema, model))
    expect(await outputsOf(without, two)).toEqual(await outputsOf(path, two))
  })
})

it('a training goes on with the same films under the same names only: their order is drawn from', async () => {
  const folder = mkdtempSync(join(root, 'run-'))
  const films = await phantomFolder(join(folder, 'films'), { classes: ['a', 'b'], count: 4 })
  const checkpoint = { path: join(folder, 'checkpoint'), found: 'resume' } as const
  const places = { model: join(folder, 'model.onnx'), cache: join(folder, 'features'), checkpoint }
  const plan = { ...PLAN, head: 'gap', copies: 0 } as const
  const go = async () =>
    train(await readLabelledFolder(films), plan, { ...places, versions: {}, note: () => {} })
  const { history, films: used } = await go()
  expect((await go()).history).toEqual(history)
  const [one, two] = used.filter(({ label, split }) => label === 'a' && split === 'train')
  renameSync(one!.path, join(folder, 'aside'))
  renameSync(two!.path, one!.path)
  renameSync(join(folder, 'aside'), two!.path)
  await expect(go()).rejects.toThrow(
    /^ROE_RESUME: \S+checkpoint: --resume would mix two runs: data\.order was/,
  )
})

describe('what cannot be trained leaves nothing behind', () => {
  it('a rate at which the loss is no number', async () => {
    const folder = mkdtempSync(join(root, 'run-'))
    const attempt = trained(
      two,
      { optimizer: { name: 'adam', learningRate: 1e39, decay: 'none' }, head: 'gap', scaling: 'none' },
      folder,
    )
    await expect(attempt).rejects.toThrow(/^ROE_TRAINING: epoch 1, step 2 of 2: the loss is NaN/)
    expect(readdirSync(folder)).toEqual(['features'])
  })

  it('a film too small for the head', async () => {
    const folder = mkdtempSync(join(root, 'run-'))
    await expect(trained(two, { width: 64, height: 64 }, folder)).rejects.toThrow(
      'ROE_BACKBONE: head recipe: the trunk gives',
    )
    expect(readdirSync(folder)).toEqual([])
  })

  it('an export that says of the films something else than training saw; the model of before stays', async () => {
    const { path, bytes, folder, result } = await trained(two, { head: 'gap' })
    const network = await buildNetwork({ ...PLAN, head: 'gap', classes: 2 })
    const facts = { ...result, plan: PLAN, versions: {} }
    for (const expected of [Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1), new Float32Array(8).fill(Number.NaN)])
      await expect(exportModel(network, path, facts, expected, () => {})).rejects.toThrow('ROE_PARITY')
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['features', 'model.onnx'])
  })
})

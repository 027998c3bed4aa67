import { createHash } from 'node:crypto'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Preprocessing } from '../../src/image/film.ts'
import { runFilms } from '../../src/infer/pipeline.ts'
import { openSession, type Session } from '../../src/infer/session.ts'
import { augment } from '../../src/train/augment.ts'
import {
  type Copy,
  computeFeatures,
  dropOtherFeatures,
  type FeatureFilm,
  type FeatureSource,
  featuresOf,
  keepFeatures,
  lackingFeatures,
} from '../../src/train/features.ts'
import { fixture, writeFilms } from '../infer/films.ts'

let root = ''
let films: FeatureFilm[] = []
let real: Session
let source: FeatureSource
let runs = 0

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-train-'))
  films = (await writeFilms(root, 21)).map((path) => ({
    path,
    sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
  }))
  real = await openSession(fixture('classifier'), { batch: 16 })
})
afterAll(async () => {
  await real.close()
  rmSync(root, { recursive: true, force: true })
})

beforeEach(() => {
  const [height, width] = real.input.filmShape as [number, number]
  runs = 0
  const run: Session['run'] = (pixels, count) => {
    runs += 1
    return real.run(pixels, count)
  }
  const preprocessing: Preprocessing = {
    version: 1,
    steps: [
      { op: 'fit', how: 'stretch', width, height, kernel: 'cv2-linear' },
      { op: 'channels', count: real.input.filmShape[2] as 1 | 3, luma: 'rec601' },
    ],
  }
  const featureCount = real.outputs[0]!.filmShape[0]!
  const folder = mkdtempSync(join(root, 'features-'))
  source = { session: { ...real, run }, model: 'digest', preprocessing, featureCount, folder }
})

const copy = (seed: number): Copy => ({ augmentation: { rotationDegrees: 15, fill: 'nearest' }, seed })
const filesOf = () => readdirSync(source.folder).sort()
/** Batches of 16: 21 films are two. */
const BATCHES = 2

/** The plain way: decode, preprocess, change and run each film for this copy alone. */
async function alone({ augmentation, seed }: NonNullable<Copy>): Promise<Float32Array> {
  const { preprocessing, featureCount } = source
  const all = new Float32Array(films.length * featureCount)
  const paths = films.map(({ path }) => path)
  const seedOf = (index: number) => (seed ^ Number.parseInt(films[index]!.sha256.slice(0, 8), 16)) >>> 0
  const transform = (pixels: Parameters<typeof augment>[0], index: number) =>
    augment(pixels, augmentation, seedOf(index))
  for await (const result of runFilms(paths, [{ session: real, preprocessing }], { transform })) {
    if ('failure' in result) throw new Error(result.failure.code)
    all.set(result.outputs[0]![0]!, result.index * featureCount)
  }
  return all
}

/** All rows of a copy. */
const rowsOf = async (some: readonly FeatureFilm[], given: Copy, from = source): Promise<Float32Array> =>
  (await featuresOf(some, given, from))([...some.keys()])

/** Keeps the features of these copies. @returns how many were there already */
async function keep(some: readonly FeatureFilm[], copies: readonly Copy[], from = source): Promise<number> {
  const lacking = await lackingFeatures([{ films: some, copies }], from)
  await keepFeatures(lacking, from)
  return copies.length - lacking.sets[0]!.copies.length
}

describe('features of copies', () => {
  it('are the same, computed all at once or each alone by decoding again', async () => {
    const copies = [copy(1), null, copy(2)]
    expect(await keep(films, copies)).toBe(0)
    expect(runs).toBe(3 * BATCHES)
    expect(await rowsOf(films, copies[0]!)).toEqual(await alone(copies[0]!))
    expect(await rowsOf(films, copies[2]!)).toEqual(await alone(copies[2]!))
    expect(await rowsOf(films, null)).toEqual(await computeFeatures(films, source))
    expect(filesOf()).toHaveLength(3)
  })

  it('differ from copy to copy, and from the films as they are', async () => {
    const of = (given: Copy) => rowsOf(films, given)
    const all = [await of(null), await of(copy(1)), await of(copy(2))].map((rows) => rows.join())
    expect(new Set(all).size).toBe(3)
  })

  it('of a film do not depend on its company', async () => {
    const [first, ...others] = films as [FeatureFilm, ...FeatureFilm[]]
    const whole = await rowsOf([first, ...others], copy(1))
    const part = await rowsOf([first, ...others.toReversed().slice(3)], copy(1))
    expect(part.subarray(0, source.featureCount)).toEqual(whole.subarray(0, source.featureCount))
  })
})

it('progress is told after each batch of each copy that is computed, up to their number', async () => {
  const told: [number, number][] = []
  const onFilms = (done: number, of: number) => told.push([done, of])
  await keep(films, [copy(1)])
  await keep(films, [copy(1), copy(2), null], { ...source, onFilms })
  expect(told).toEqual([16, 32, 37, 42].map((done) => [done, 42]))
})

it('more copies than files are open at once are computed in several turns', async () => {
  const copies = Array.from({ length: 40 }, (_, i) => copy(i))
  expect(await keep(films.slice(0, 3), copies)).toBe(0)
  expect(filesOf()).toHaveLength(40)
  expect(await keep(films.slice(0, 3), copies)).toBe(40)
  expect(await rowsOf(films.slice(0, 3), copy(39))).toEqual(
    (await alone({ ...copy(39)! })).slice(0, 3 * source.featureCount),
  )
})

describe('kept features', () => {
  it('are found again without a run, and counted', async () => {
    const first = await rowsOf(films, copy(1))
    const before = runs
    expect(await rowsOf(films, copy(1))).toEqual(first)
    expect(await keep(films, [copy(1)])).toBe(1)
    expect(runs).toBe(before)
    expect(await keep(films, [copy(1), copy(2)])).toBe(1)
    expect(runs).toBe(before + BATCHES)
  })

  const damages: [string, (path: string) => void][] = [
    ['short', (path) => truncateSync(path, 40)],
    ['empty', (path) => truncateSync(path, 0)],
    ['longer', (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(4)]))],
    [
      'changed in one bit',
      (path) =>
        writeFileSync(
          path,
          readFileSync(path).map((b, i) => (i === 9 ? b ^ 1 : b)),
        ),
    ],
  ]
  for (const [what, damage] of damages)
    it(`are computed again where the file is ${what}`, async () => {
      const whole = await rowsOf(films, copy(1))
      const path = join(source.folder, filesOf()[0]!)
      const bytes = readFileSync(path)
      damage(path)
      expect(await keep(films, [copy(1)])).toBe(0)
      expect(readFileSync(path)).toEqual(bytes)
      expect(await rowsOf(films, copy(1))).toEqual(whole)
    })

  it('have another name where anything is different that they depend on', async () => {
    const other = { path: films[0]!.path, sha256: films[1]!.sha256 }
    const pad = { ...source.preprocessing.steps[0]!, how: 'pad' } as Preprocessing['steps'][0]
    const steps = [pad, ...source.preprocessing.steps.slice(1)]
    const variants: [FeatureFilm[], Copy, FeatureSource][] = [
      [films, copy(1), source],
      [films, copy(2), source],
      [films, { seed: 1, augmentation: { rotationDegrees: 14, fill: 'nearest' } }, source],
      [films, null, source],
      [films, copy(1), { ...source, model: 'other weights' }],
      [films, copy(1), { ...source, preprocessing: { version: 1, steps } }],
      [films.slice(1), copy(1), source],
      [[other, ...films.slice(1)], copy(1), source],
      [films.toReversed(), copy(1), source],
    ]
    for (const [some, given, from] of variants) await featuresOf(some, given, from)
    expect(filesOf()).toHaveLength(variants.length)
  })

  it('do not depend on where the films lie', async () => {
    await rowsOf(films, copy(1))
    const moved = films.map(({ sha256 }) => ({ path: '/nowhere', sha256 }))
    expect(await keep(moved, [copy(1)])).toBe(1)
  })

  it('of other runs are deleted, and nothing else', async () => {
    await keep(films, [copy(1), copy(2), copy(3)])
    writeFileSync(join(source.folder, 'notes.f32'), '')
    await dropOtherFeatures([{ films, copies: [copy(2), copy(4)] }], source)
    expect(filesOf()).toHaveLength(2)
    expect(await keep(films, [copy(2)])).toBe(1)
  })
})

describe('a film that fails', () => {
  it('is named, and no file of the set is kept', async () => {
    const broken = join(root, 'broken.png')
    writeFileSync(broken, 'no picture')
    const some = [...films.slice(0, 18), { path: broken, sha256: '0'.repeat(64) }]
    await expect(keep(some, [copy(1), null])).rejects.toThrow(
      `ROE_FILM_FORMAT: ${broken}: its content is none of`,
    )
    expect(filesOf()).toEqual([])
  })
})

describe('a frozen part that gives no numbers', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    it(`is told with the film, and no file of the set is kept: ${value}`, async () => {
      const { session } = source
      let batches = 0
      const run: Session['run'] = async (pixels, count) => {
        const [[name, values]] = Object.entries(await session.run(pixels, count)) as [[string, Float32Array]]
        // The second film of the second batch of 16.
        if (++batches === 2) values[source.featureCount] = value
        return { [name]: values }
      }
      await expect(keep(films, [null], { ...source, session: { ...session, run } })).rejects.toThrow(
        `ROE_TRAINING: ${films[17]!.path}: what the frozen layers make of this film are no numbers`,
      )
      expect(filesOf()).toEqual([])
    })
})

describe('rows of features', () => {
  it('are read one by one, in any order and as often as asked for', async () => {
    const whole = await rowsOf(films, copy(1))
    const read = await featuresOf(films, copy(1), source)
    const { featureCount } = source
    const row = (i: number) => [...whole.subarray(i * featureCount, (i + 1) * featureCount)]
    expect([...(await read([20, 3, 3, 0]))]).toEqual([20, 3, 3, 0].flatMap(row))
    expect(await read([])).toHaveLength(0)
  })

  it('that went meanwhile are told in one line', async () => {
    const read = await featuresOf(films, copy(1), source)
    const path = join(source.folder, filesOf()[0]!)
    truncateSync(path, 40)
    await expect(read([5])).rejects.toThrow(
      `ROE_NOT_FOUND: ${path}: there is no such file of features any more`,
    )
    rmSync(path)
    await expect(read([5])).rejects.toThrow('ROE_NOT_FOUND')
  })
})

describe('the space that features take', () => {
  it('is known before they are computed, to the byte', async () => {
    const sets = [
      { films, copies: [null] },
      { films: films.slice(2), copies: [copy(1), copy(2)] },
    ]
    const { bytes } = await lackingFeatures(sets, source)
    for (const { films, copies } of sets) await keep(films, copies)
    const sizes = filesOf().map((name) => statSync(join(source.folder, name)).size)
    expect(bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
    expect(await lackingFeatures(sets, source)).toMatchObject({ bytes: 0 })
  })

  it('must be free: nothing is begun where it is not, and both sizes are told', async () => {
    const attempt = keep(films, [copy(1)], { ...source, featureCount: 2 ** 46 })
    await expect(attempt).rejects.toThrow(
      /^ROE_WRITE: .*features-\S+: the features take 5\.9 PB, and [\d.]+ [GT]B are free; fewer --augment-copies/,
    )
    expect(runs).toBe(0)
    expect(filesOf()).toEqual([])
  })
})

it('a folder that cannot be made is an error in one line', async () => {
  const folder = join(films[0]!.path, 'features')
  await expect(featuresOf(films, null, { ...source, folder })).rejects.toThrow(/^ROE_WRITE: /)
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { RoentgenError } from '../../errors.ts'
import { seededRandom } from '../../random.ts'
import { greyIfGrey, isColoured } from '../../src/image/colour.ts'
import type { Film, Preprocessing } from '../../src/image/film.ts'
import { preprocess } from '../../src/image/preprocess.ts'
import { readJpeg, readWithTurbo } from '../../src/image/read-jpeg.ts'
import { readWithSharp } from '../../src/image/read-sharp.ts'
import { loadTurbo } from '../../src/image/turbo.ts'
import formats from '../fixtures/image/formats.json' with { type: 'json' }
import { hasShared, shared } from '../shared.ts'
import { without } from '../without.ts'
import { makeJpeg, type Settings } from './made-jpeg.ts'

const LIMIT = { limitPixels: 1_000_000 }
const turbo = await loadTurbo()
const absent = typeof turbo === 'string' ? without('libjpeg-turbo', turbo) : ''

type Read = typeof readWithSharp
/** What becomes of a file: its film, grey where it is grey, or the words of its failure. */
const outcome = (read: Read, bytes: Buffer, limit = LIMIT): Promise<Film | string> =>
  read(bytes, 'film', limit).then(greyIfGrey, (error: unknown) => {
    if (!(error instanceof RoentgenError)) throw error
    return error.message
  })
const expectSame = (film: Film | string | null, expected: Film | string): void => {
  if (film === null || typeof film === 'string' || typeof expected === 'string') {
    expect(film).toEqual(expected)
    return
  }
  expect({ ...film, pixels: undefined }).toEqual({ ...expected, pixels: undefined })
  expect(Buffer.compare(film.pixels as Uint8Array, expected.pixels as Uint8Array)).toBe(0)
}

it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('libjpeg-turbo is there', () => {
  expect(absent).toBe('')
})

const SAMPLING = { '4:4:4': 0, '4:2:2': 1, '4:2:0': 2, grey: 3, '4:4:0': 4, '4:1:1': 5, '4:4:1': 6 }
const KINDS: [name: string, settings: Settings][] = [
  ...Object.entries(SAMPLING).map(([name, subsampling]): [string, Settings] => [name, { subsampling }]),
  ['progressive', { subsampling: 2, isProgressive: 1 }],
  ['progressive grey', { subsampling: 3, isProgressive: 1 }],
  ['restart markers', { subsampling: 2, restartBlocks: 2 }],
]
const OTHERS: [name: string, settings: Settings][] = [
  ['RGB', { subsampling: 0, colourSpace: 0 }],
  ['arithmetic coding', { subsampling: 0, isArithmetic: 1 }],
  ['lossless', { subsampling: 0, isLossless: 1 }],
]

const side = fc.integer({ min: 1, max: 70 })
const picture = fc
  .record({ width: side, height: side, quality: fc.integer({ min: 1, max: 100 }), isGrey: fc.boolean() })
  .chain((facts) =>
    fc.uint8Array({ minLength: 3, maxLength: 300 }).map((seed) => ({ ...facts, pixels: paint(facts, seed) })),
  )

type Picture = typeof picture extends fc.Arbitrary<infer T> ? T : never

/** Smooth in places and wild in others. */
function paint(
  { width, height, isGrey }: { width: number; height: number; isGrey: boolean },
  seed: Uint8Array,
) {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), isGrey ? 0 : i % 3]
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    return seed[(Math.floor(x / (1 + (y % 7))) * 3 + y + channel * 11) % seed.length]!
  })
}

describe.skipIf(absent !== '')(`libjpeg-turbo gives the bytes of sharp${absent}`, () => {
  for (const [name, settings] of KINDS)
    it(name, async () => {
      let grey = 0
      const check = async ({ width, height, quality, isGrey, pixels }: Picture) => {
        const bytes = await makeJpeg(pixels, width, height, { quality, ...settings })
        const film = await readWithTurbo(bytes, 'film', LIMIT)
        // Grey in all but name is seen without decoding colours.
        if (isGrey) expect(film?.channels).toBe(1)
        if (isGrey) grey++
        expectSame(film && greyIfGrey(film), await outcome(readWithSharp, bytes))
        // The same library, on this thread.
        expect(await readWithTurbo(bytes, 'film', { ...LIMIT, holds: true })).toEqual(film)
      }
      await fc.assert(fc.asyncProperty(picture, check), { numRuns: 60 })
      expect(grey).toBeGreaterThan(0)
    })
  for (const [name, settings] of OTHERS)
    it(`and leaves ${name} to sharp`, async () => {
      const pixels = paint({ width: 17, height: 11, isGrey: false }, Uint8Array.from([9, 90, 200]))
      const bytes = await makeJpeg(pixels, 17, 11, { quality: 90, ...settings })
      expect(await readWithTurbo(bytes, 'film', LIMIT)).toBeNull()
      expectSame(await outcome(readJpeg, bytes), await outcome(readWithSharp, bytes))
    })
  for (const { name, bytes } of formats.filter((row) => row.name.includes('JPEG')))
    it(`as it is with ${name}`, async () => {
      const jpeg = Buffer.from(bytes, 'base64')
      const film = await readWithTurbo(jpeg, 'film', LIMIT)
      const isForSharp = /orientation [2-8]|CMYK/.test(name)
      expect(film === null).toBe(isForSharp)
      expectSame(await outcome(readJpeg, jpeg), await outcome(readWithSharp, jpeg))
    })
  it('films beyond the limit fail with its words', async () => {
    const bytes = await makeJpeg(
      paint({ width: 20, height: 9, isGrey: true }, Uint8Array.of(1, 2, 3)),
      20,
      9,
      { subsampling: 3, quality: 90 },
    )
    expect(await outcome(readJpeg, bytes, { limitPixels: 179 })).toContain(
      '20 x 9 pixels exceed the limit of 179',
    )
    expect(await readWithTurbo(bytes, 'film', { limitPixels: 180 })).not.toBeNull()
  })
  it('however many are read at once', async () => {
    const bytes = Buffer.from(formats.find(({ name }) => name === 'RGB JPEG of quality 90')!.bytes, 'base64')
    const expected = await outcome(readWithSharp, bytes)
    const films = await Promise.all(Array.from({ length: 600 }, () => outcome(readJpeg, bytes)))
    for (const film of films) expectSame(film, expected)
  })
  it('damaged files become what sharp makes of them: a film, or its words', async () => {
    const bases = await Promise.all(
      KINDS.map(([, settings]) => {
        const pixels = paint(
          { width: 40, height: 33, isGrey: false },
          Uint8Array.from({ length: 97 }, (_, i) => i * 29),
        )
        return makeJpeg(pixels, 40, 33, { quality: 85, ...settings })
      }),
    )
    const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.boolean() })
    const seen = { films: 0, failures: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bases.length - 1),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        async (base, changes) => {
          let bytes = Buffer.from(bases[base]!)
          for (const { at, to, cut } of changes) {
            bytes[3 + (at % (bytes.length - 3))] = to
            if (cut && to < 64) bytes = bytes.subarray(0, 4 + (at % (bytes.length - 4)))
          }
          const [film, expected] = [await outcome(readJpeg, bytes), await outcome(readWithSharp, bytes)]
          seen[typeof expected === 'string' ? 'failures' : 'films']++
          expectSame(film, expected)
        },
      ),
      { numRuns: 400 },
    )
    expect(Math.min(seen.films, seen.failures)).toBeGreaterThan(20)
  })
})

describe.skipIf(!hasShared || absent !== '')(`real films (skipped without ../shared)${absent}`, () => {
  for (const folder of ['seed000', 'seed003', 'seed000-original', 'figure1'])
    it(`${folder}: the bytes of sharp for every JPEG`, async () => {
      let seen = 0
      for (const entry of readdirSync(shared(folder), { recursive: true, withFileTypes: true })) {
        if (!/\.jpe?g$/i.test(entry.name)) continue
        const bytes = readFileSync(join(entry.parentPath, entry.name))
        if (bytes[0] !== 0xff) continue
        const film = await readWithTurbo(bytes, 'film', { limitPixels: 2e8 })
        expectSame(film && greyIfGrey(film), await outcome(readWithSharp, bytes, { limitPixels: 2e8 }))
        seen++
      }
      expect(seen).toBeGreaterThan(5)
    })
})

/** One channel at half the size, as a model would see it. */
const SEEN: Preprocessing = {
  version: 1,
  steps: [
    { op: 'fit', how: 'stretch', width: 30, height: 30, kernel: 'cv2-area' },
    { op: 'channels', count: 1, luma: 'rec601' },
  ],
}
const seen = (film: Film): Uint8Array => preprocess(film, SEEN).pixels
const mostApart = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

describe.skipIf(absent !== '')(`films that are only tinted${absent}`, () => {
  /** Noise in grey, all of it tinted by so many levels. */
  const tinted = (red: number, blue: number, subsampling: number, settings: Settings = {}) => {
    const random = seededRandom(red + 100 * blue)
    const pixels = new Uint8Array(60 * 60 * 3)
    for (let i = 0; i < pixels.length; i += 3) {
      const level = 30 + Math.floor(random() * 190)
      pixels.set([level + red, level, level + blue], i)
    }
    return makeJpeg(pixels, 60, 60, { subsampling, quality: 95, ...settings })
  }
  const TINTS: [name: string, jpeg: () => Promise<Buffer>][] = [
    ['old paper', () => tinted(8, -4, SAMPLING['4:2:0'])],
    ["a monitor's blue", () => tinted(0, 9, SAMPLING['4:4:4'])],
    ['a progressive one', () => tinted(6, 6, SAMPLING['4:2:2'], { isProgressive: 1 })],
  ]
  for (const [name, jpeg] of TINTS)
    it(`${name}: the luma is what a model of one channel sees of the colours`, async () => {
      const bytes = await jpeg()
      const colours = await readWithTurbo(bytes, 'film', LIMIT)
      const luma = await readWithTurbo(bytes, 'film', { ...LIMIT, tinted: 'luma' })
      const both = await readWithTurbo(bytes, 'film', { ...LIMIT, tinted: 'both' })
      expect([colours?.channels, luma?.channels, both?.channels]).toEqual([3, 1, 3])
      expect(colours?.luma).toBeUndefined()
      expect(both?.luma).toEqual(luma?.pixels)
      expect(both?.pixels).toEqual(colours?.pixels)
      expect(mostApart(seen(luma!), seen(colours!))).toBeLessThanOrEqual(1)
    })

  it('a coloured one keeps its colours', async () => {
    const bytes = await tinted(30, -20, SAMPLING['4:2:0'])
    for (const wish of ['luma', 'both'] as const)
      expect(await readWithTurbo(bytes, 'film', { ...LIMIT, tinted: wish })).toEqual(
        await readWithTurbo(bytes, 'film', LIMIT),
      )
  })

  it.skipIf(!hasShared)('real ones differ by a level at most (skipped without ../shared)', async () => {
    let [count, most] = [0, 0]
    for (const folder of ['seed000', 'seed003'])
      for (const entry of readdirSync(shared(folder), { recursive: true, withFileTypes: true })) {
        if (!/\.jpe?g$/i.test(entry.name)) continue
        const bytes = readFileSync(join(entry.parentPath, entry.name))
        const luma = await readWithTurbo(bytes, 'film', { limitPixels: 2e8, tinted: 'luma' })
        const colours = await readWithTurbo(bytes, 'film', { limitPixels: 2e8 })
        if (luma === null || colours === null || luma.channels === greyIfGrey(colours).channels) continue
        expect(isColoured(colours)).toBe(false)
        most = Math.max(most, mostApart(seen(luma), seen(colours)))
        count++
      }
    expect(count).toBeGreaterThan(15)
    expect(most).toBeLessThanOrEqual(1)
  })
})

describe('without the library', () => {
  afterAll(() => {
    vi.doUnmock('koffi')
    vi.resetModules()
  })
  it('sharp reads the film, and what is missing is told', async () => {
    vi.resetModules()
    vi.doMock('koffi', () => {
      throw new Error('not installed')
    })
    const without = await import('../../src/image/read-jpeg.ts')
    const { loadTurbo: load } = await import('../../src/image/turbo.ts')
    expect(await load()).toEqual(expect.any(String))
    const bytes = Buffer.from(formats.find(({ name }) => name === 'RGB JPEG of quality 90')!.bytes, 'base64')
    expect(await without.readWithTurbo(bytes, 'film', LIMIT)).toBeNull()
    expectSame(await outcome(without.readJpeg, bytes), await outcome(readWithSharp, bytes))
  })
})

/** The fast reader of PNG gives what sharp gives, or nothing. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../random.ts'
import { readOrdinaryPng } from '../../src/image/read-png.ts'
import { readWithSharp } from '../../src/image/read-sharp.ts'
import { hasShared, shared } from '../shared.ts'

const LIMIT = { limitPixels: 1e8 }

interface Picture {
  width: number
  height: number
  /** As PNG numbers them: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  colour: 0 | 2 | 3 | 4 | 6
  bits?: number
  interlace?: number
  /** All rows of samples are equal in their colours. */
  isGrey?: boolean
  seed: number
  /** Filter of a row. */
  filter?: (row: number) => number
  /** Chunks before the pixels. */
  before?: Buffer[]
  /** Of how many parts the pixels are. */
  parts?: number
}

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** Rows of any bytes behind any filters are a picture; so the filters need not be computed. */
function rowsOf({
  width,
  height,
  colour,
  bits = 8,
  seed,
  isGrey = false,
  filter = () => 0,
}: Picture): Buffer {
  const random = seededRandom(seed)
  const pixel = (CHANNELS[colour] * bits) / 8
  const stride = width * pixel
  const rows = Buffer.alloc(height * (stride + 1))
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * (stride + 1), (y + 1) * (stride + 1))
    row[0] = filter(y)
    for (let i = 0; i < stride; i++) {
      const isCopy = isGrey && colour !== 4 && i % pixel > 0 && i % pixel < 3
      row[1 + i] = isCopy ? row[i]! : Math.floor(random() * 256)
    }
  }
  return rows
}

function png(picture: Picture, rows = rowsOf(picture)): Buffer {
  const { width, height, colour, bits = 8, interlace = 0, before = [], parts = 1 } = picture
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([bits, colour, 0, 0, interlace], 8)
  const data = deflateSync(rows)
  const length = Math.ceil(data.length / parts)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...before,
    ...Array.from({ length: parts }, (_, i) => chunk('IDAT', data.subarray(i * length, (i + 1) * length))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

async function expectSame(bytes: Buffer): Promise<void> {
  const fast = await readOrdinaryPng(bytes, 'film', LIMIT)
  const { pixels, ...facts } = await readWithSharp(bytes, 'film', LIMIT)
  expect(fast).not.toBeNull()
  expect(await readOrdinaryPng(bytes, 'film', { ...LIMIT, holds: true })).toEqual(fast)
  const size = facts.width * facts.height
  if (fast!.channels < facts.channels) {
    // One channel of a film that is grey; sharp keeps the three that were stored.
    const grey = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length)
    for (let i = 0; i < size; i++)
      for (const c of [0, 1, 2]) if (grey[3 * i + c] !== fast!.pixels[i]) expect.fail(`pixel ${i} differs`)
    expect(fast).toMatchObject({ ...facts, channels: 1 })
  } else {
    expect(fast).toMatchObject(facts)
    expect(Buffer.compare(fast!.pixels as Uint8Array, pixels as Uint8Array)).toBe(0)
  }
  expect(fast!.pixels).toHaveLength(size * fast!.channels)
}

describe('readOrdinaryPng', () => {
  it('gives what sharp gives: every filter, kind of pixel and width', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          width: fc.integer({ min: 1, max: 70 }),
          height: fc.integer({ min: 1, max: 12 }),
          colour: fc.constantFrom(0 as const, 2 as const, 4 as const, 6 as const),
          isGrey: fc.boolean(),
          seed: fc.integer(),
          parts: fc.integer({ min: 1, max: 3 }),
        }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 12, maxLength: 12 }),
        async (picture, filters) => expectSame(png({ ...picture, filter: (row) => filters[row]! })),
      ),
    )
  })

  it('gives one channel where the three are equal, and three otherwise', async () => {
    const plain = { width: 33, height: 9, colour: 6, seed: 1 } as const
    expect(await readOrdinaryPng(png({ ...plain, isGrey: true }), 'film', LIMIT)).toMatchObject({
      channels: 1,
    })
    expect(await readOrdinaryPng(png(plain), 'film', LIMIT)).toMatchObject({ channels: 3 })
  })

  it('keeps no trace of the film before', async () => {
    const large = png({ width: 60, height: 60, colour: 6, seed: 3, filter: () => 4 })
    const small = png({ width: 5, height: 5, colour: 2, seed: 4, filter: () => 3 })
    const first = await readOrdinaryPng(small, 'film', LIMIT)
    const kept = first!.pixels.slice()
    await readOrdinaryPng(large, 'film', LIMIT)
    expect((await readOrdinaryPng(small, 'film', LIMIT))!.pixels).toEqual(kept)
  })

  it('takes texts and colour profiles, which change no pixel', async () => {
    const before = [
      chunk('iCCP', Buffer.from('name\0\0damaged')),
      chunk('tEXt', Buffer.from('Title\0A film')),
    ]
    await expectSame(png({ width: 20, height: 10, colour: 2, seed: 5, before }))
  })

  const PLAIN: Picture = { width: 20, height: 10, colour: 2, seed: 5 }
  const flipped = (bytes: Buffer, at: number): Buffer => {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    return changed
  }
  const text = (words: string): Buffer => chunk('tEXt', Buffer.from(words, 'latin1'))
  /** Puts a chunk behind the first part of the pixels. */
  const withBetween = (bytes: Buffer, between: Buffer): Buffer => {
    const second = bytes.indexOf('IDAT', bytes.indexOf('IDAT') + 4) - 4
    return Buffer.concat([bytes.subarray(0, second), between, bytes.subarray(second)])
  }
  const REFUSED: [string, () => Buffer][] = [
    ['16 bits', () => png({ ...PLAIN, bits: 16 })],
    ['1 bit', () => png({ ...PLAIN, colour: 0, width: 8, bits: 1 }, Buffer.alloc(20))],
    ['a palette', () => png({ ...PLAIN, colour: 3, before: [chunk('PLTE', Buffer.alloc(768))] })],
    ['interlaced rows', () => png({ ...PLAIN, interlace: 1 })],
    ['a transparent colour', () => png({ ...PLAIN, before: [chunk('tRNS', Buffer.alloc(6))] })],
    ['Exif', () => png({ ...PLAIN, before: [chunk('eXIf', Buffer.alloc(8))] })],
    ['a text that may hide Exif', () => png({ ...PLAIN, before: [text('Raw profile type exif\0')] })],
    ['several pictures', () => png({ ...PLAIN, before: [chunk('acTL', Buffer.alloc(8))] })],
    [
      'a chunk without a name of the standard',
      () => png({ ...PLAIN, before: [chunk('abCD', Buffer.alloc(1))] }),
    ],
    ['a wrong checksum', () => flipped(png(PLAIN), 60)],
    ['pixels in two places', () => withBetween(png({ ...PLAIN, parts: 2 }), text('Title\0A film'))],
    ['no end', () => png(PLAIN).subarray(0, -12)],
    ['a cut', () => png(PLAIN).subarray(0, 100)],
    ['too few rows', () => png(PLAIN, rowsOf({ ...PLAIN, height: 9 }))],
    ['too many rows', () => png(PLAIN, rowsOf({ ...PLAIN, height: 11 }))],
    ['a filter without a name', () => png({ ...PLAIN, filter: () => 5 })],
    ['no pixels', () => png({ ...PLAIN, width: 0 })],
    [
      'more pixels than there is memory for',
      () => png({ ...PLAIN, width: 60_000, height: 60_000 }, Buffer.alloc(9)),
    ],
    ['the signature alone', () => png(PLAIN).subarray(0, 8)],
  ]
  for (const [what, make] of REFUSED)
    it(`leaves ${what} to sharp`, async () => {
      expect(await readOrdinaryPng(make(), 'film', { limitPixels: 1e10 })).toBeNull()
    })

  it('leaves what is larger than the limit to sharp, which tells so', async () => {
    expect(await readOrdinaryPng(png(PLAIN), 'film', { limitPixels: 199 })).toBeNull()
    expect(await readOrdinaryPng(png(PLAIN), 'film', { limitPixels: 200 })).not.toBeNull()
  })

  it.skipIf(!hasShared)('gives what sharp gives of real films', async () => {
    const folder = shared('seed000')
    const films = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.png'),
    )
    let fast = 0
    for (const name of films) {
      const bytes = readFileSync(join(folder, name))
      if ((await readOrdinaryPng(bytes, name, LIMIT)) === null) continue
      await expectSame(bytes)
      fast++
    }
    expect(fast).toBe(films.length)
  })
})

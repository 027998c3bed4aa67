import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hasCode, RoentgenError } from '../../errors.ts'
import { greyIfGrey } from '../../src/image/colour.ts'
import { decodeBytes, decodeFilm, lookAtFilm, readFilmBytes } from '../../src/image/decode.ts'
import type { Film } from '../../src/image/film.ts'
import { FORMATS, formatOf } from '../../src/image/formats.ts'
import { sharp } from '../../src/image/sharp.ts'
import probes from '../fixtures/image/decode.json' with { type: 'json' }
import formats from '../fixtures/image/formats.json' with { type: 'json' }
import { hasShared, shared } from '../shared.ts'

const folder = mkdtempSync(join(tmpdir(), 'roentgen-decode-'))
afterAll(() => rmSync(folder, { recursive: true }))

const bytesOf = (name: string): Buffer => {
  const found = formats.find((row) => row.name === name)
  if (found === undefined) throw new Error(`no fixture '${name}'`)
  return Buffer.from(found.bytes, 'base64')
}
const write = (name: string, bytes: Buffer | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const errorOf = async (path: string): Promise<RoentgenError> => {
  const error = await decodeFilm(path).catch((thrown: unknown) => thrown)
  if (!(error instanceof RoentgenError)) throw new Error(`expected a RoentgenError for ${path}`)
  return error
}

const largestDifference = (film: Film, expected: readonly number[]): number => {
  expect(film.pixels.length).toBe(expected.length)
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - film.pixels[i]!)), 0)
}

describe('small films of every kind have the pixels that Pillow sees', () => {
  for (const { name, width, height, channels, bits, bytes, pixels } of formats) {
    if (bits === 32) continue
    // Lossless files agree exactly; JPEG and WebP decoders may round differently, by at most 3 grey levels.
    const tolerance = /JPEG|lossy/.test(name) ? 3 : 0
    it(`${name}, within ${tolerance}`, async () => {
      const film = await decodeBytes(Buffer.from(bytes, 'base64'), name)
      const Samples = bits === 16 ? Uint16Array : Uint8Array
      const stored = { width, height, channels: channels as 1 | 3, bits, source: name }
      const expected = greyIfGrey({ ...stored, pixels: Samples.from(pixels) })
      expect({ ...film, pixels: undefined }).toEqual({ ...expected, pixels: undefined })
      expect(film.pixels).toBeInstanceOf(Samples)
      expect(largestDifference(film, [...expected.pixels])).toBeLessThanOrEqual(tolerance)
    })
  }
  it('whatever the extension says', async () => {
    expect((await decodeFilm(write('jpeg.png', bytesOf('grey JPEG of quality 90')))).width).toBe(13)
  })
  it('and films of several pages give the first', async () => {
    const create = { width: 4, height: 3, channels: 3 as const, background: '#123456' }
    const page = await sharp({ create }).png().toBuffer()
    const pages = await sharp([page, page, page], { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer()
    const { pixels, ...film } = await decodeBytes(pages, 'pages')
    expect(film).toEqual({ width: 4, height: 3, channels: 3, bits: 8, source: 'pages' })
    expect([...pixels.subarray(0, 3)]).toEqual([0x12, 0x34, 0x56])
  })
})

describe('each format of the table', () => {
  const examples: Record<string, string> = {
    png: 'RGBA PNG',
    jpeg: 'RGB JPEG of quality 90',
    tiff: 'LZW TIFF',
    webp: 'lossless WebP',
  }
  for (const { name } of FORMATS) {
    const bytes = bytesOf(examples[name]!)
    it(`${name} is recognised by its first bytes alone`, () => {
      expect(formatOf(bytes.subarray(0, 16))?.name).toBe(name)
      expect(formatOf(bytes.subarray(1))).toBeUndefined()
    })
    it(`${name} cut anywhere is damaged, never half a film`, async () => {
      const whole = await decodeBytes(bytes, 'film')
      let damaged = 0
      for (let length = 16; length < bytes.length; length += 3) {
        const film = await decodeBytes(bytes.subarray(0, length), 'film').catch((thrown: unknown) => thrown)
        // A PNG that lacks its last checksums only has all its pixels.
        if (hasCode(film, 'ROE_FILM_DAMAGED')) damaged++
        else expect(film).toEqual(whole)
      }
      expect(damaged * 3).toBeGreaterThan((bytes.length - 16) * 0.7)
    })
  }
})

describe('what is no film has a code that names the file', () => {
  it('ROE_FILM_MISSING', async () => {
    const path = join(folder, 'nothing.png')
    expect((await errorOf(path)).message).toBe(
      `ROE_FILM_MISSING: ${path}: there is no such file; check the path`,
    )
    expect((await errorOf(join(write('file', 'x'), 'below.png'))).code).toBe('ROE_FILM_MISSING')
  })
  it('ROE_FILM_UNREADABLE, for a link that leads to itself', async () => {
    symlinkSync('loop.png', join(folder, 'loop.png'))
    const error = await errorOf(join(folder, 'loop.png'))
    expect(error.code).toBe('ROE_FILM_UNREADABLE')
    expect(error.message).toContain('its symbolic links form a loop')
  })
  it('ROE_FILM_NOT_A_FILE, for a folder, a device and a pipe, which is not waited for', async () => {
    execFileSync('/usr/bin/env', ['mkfifo', join(folder, 'pipe')])
    const paths = [folder, '/dev/null', join(folder, 'pipe')]
    const errors = await Promise.all(paths.map(errorOf))
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('ROE_FILM_NOT_A_FILE'))
    expect(errors.map(({ reason }) => reason)).toEqual([
      'it is a folder, not a file',
      'it is a device, not a file',
      'it is a pipe, not a file',
    ])
  })
  it('ROE_FILM_EMPTY', async () => {
    expect((await errorOf(write('empty.png', ''))).code).toBe('ROE_FILM_EMPTY')
    await expect(decodeBytes(Buffer.alloc(0), 'none')).rejects.toThrow('ROE_FILM_EMPTY')
  })
  it('ROE_FILM_FORMAT, for text, and for pictures that are not in the table', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
    for (const content of ['no film', svg, gif, 'x']) {
      const error = await errorOf(write('text.png', content))
      expect(error.reason).toBe('its content is none of png, jpeg, tiff, webp')
    }
  })
  it('ROE_FILM_DAMAGED, for a first line that promises too much', async () => {
    const noise = Buffer.alloc(500, 7)
    for (const start of ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'II*\0', 'RIFF\x20\0\0\0WEBP'])
      expect((await errorOf(write('noise', Buffer.concat([Buffer.from(start, 'latin1'), noise])))).code).toBe(
        'ROE_FILM_DAMAGED',
      )
  })
  it('ROE_FILM_DEPTH, for float samples', async () => {
    const error = await errorOf(write('float.tif', bytesOf('TIFF of float samples')))
    expect(error.message).toContain('ROE_FILM_DEPTH')
    expect(error.reason).toBe('its samples are of type float')
  })
  it('ROE_FILM_TOO_LARGE, with the size and the limit', async () => {
    const error = await decodeBytes(bytesOf('RGBA PNG'), 'wide', { limitPixels: 116 }).catch(
      (e: unknown) => e,
    )
    expect(String(error)).toContain('wide: 13 x 9 pixels exceed the limit of 116')
    expect((await decodeBytes(bytesOf('RGBA PNG'), 'wide', { limitPixels: 117 })).width).toBe(13)
  })
})

it('the bytes that a caller hashes are those that are decoded', async () => {
  const path = write('film.png', bytesOf('RGBA PNG'))
  expect((await readFilmBytes(path, await lookAtFilm(path))).equals(readFileSync(path))).toBe(true)
})

it('the loaders that are not in the table are blocked', async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
  await expect(sharp(svg).png().toBuffer()).rejects.toThrow(/unsupported image format/)
})

it('a DICOM file is called one, also behind a preamble that looks like a TIFF', async () => {
  const bytes = Buffer.concat([
    Buffer.from('II*\0'),
    Buffer.alloc(124),
    Buffer.from('DICM'),
    Buffer.alloc(200),
  ])
  await expect(decodeBytes(bytes, 'film.dcm')).rejects.toThrow(
    /^ROE_FILM_FORMAT: film\.dcm: it is DICOM, which is not read yet; formats are png, jpeg, tiff, webp; /,
  )
})

describe.skipIf(!hasShared)('real films (skipped without ../shared)', () => {
  for (const { path, width, height, channels, probes: points } of probes)
    it(`${path} has Pillow's pixels within 3 grey levels`, async () => {
      const film = await decodeFilm(shared(`seed000-original/${path}`))
      expect([film.width, film.height]).toEqual([width, height])
      // Grey in three channels is read as grey.
      expect([1, channels]).toContain(film.channels)
      const scale = film.bits === 16 ? 1 / 257 : 1
      for (const [x, y, ...values] of points)
        for (const [c, value] of values.entries()) {
          const stored = film.pixels[(y! * width + x!) * film.channels + (film.channels === 1 ? 0 : c)]!
          expect(Math.abs(stored * scale - value)).toBeLessThanOrEqual(3)
        }
    })
})

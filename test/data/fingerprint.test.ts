import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { FINGERPRINT, fingerprintFilms, fingerprintOf } from '../../src/data/fingerprint.ts'
import { decodeBytes } from '../../src/image/decode.ts'
import type { Film } from '../../src/image/film.ts'
import { folderOf } from './files.ts'
import { asPng, COPYINGS, madeFilm } from './made-films.ts'

const film = (width: number, height: number, value: (x: number, y: number) => number): Film => ({
  width,
  height,
  channels: 1,
  bits: 8,
  pixels: Uint8Array.from({ length: width * height }, (_, index) =>
    value(index % width, Math.floor(index / width)),
  ),
  source: 'made',
})

test('the average hash has a bit for each block, row by row, set where it is lighter than the mean', () => {
  const half = (pixels: Film) => fingerprintOf(pixels, new Uint8Array()).averageHash
  expect(half(film(64, 64, (x) => (x < 32 ? 0 : 200)))).toBe('00ff'.repeat(16))
  expect(half(film(64, 64, (_, y) => (y < 32 ? 200 : 0)))).toBe('ff'.repeat(16) + '00'.repeat(16))
  expect(half(film(32, 32, (x, y) => (x < 2 && y < 2 ? 255 : 0)))).toBe(`8${'0'.repeat(63)}`)
  expect(half(film(64, 64, () => 77))).toBe('0'.repeat(64))
})

test('the thumbnail is the area average, and the digest is of the bytes', () => {
  const bytes = Buffer.from('any bytes')
  const { thumbnail, sha256 } = fingerprintOf(
    film(64, 96, (x, y) => (x >> 1) + (Math.floor(y / 3) >> 1)),
    bytes,
  )
  const expected = Array.from({ length: 1024 }, (_, index) => (index % 32) + (Math.floor(index / 32) >> 1))
  expect([...Buffer.from(thumbnail, 'base64')]).toEqual(expected)
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('a deep film that fills a part of its range has the thumbnail of its full range', async () => {
  const bytes = await COPYINGS['12 bits in 16']!(madeFilm(1))
  const decoded = await decodeBytes(bytes, 'film.png')
  expect(decoded.bits).toBe(16)
  const pixels = Buffer.from(fingerprintOf(decoded, bytes).thumbnail, 'base64')
  expect(Math.max(...pixels)).toBeGreaterThan(200)
})

test('what was written into metadata reads back; anything else does not', () => {
  const print = fingerprintOf(
    film(64, 64, (x) => x),
    new Uint8Array(),
  )
  expect(FINGERPRINT.parse(JSON.parse(JSON.stringify(print)))).toEqual(print)
  for (const wrong of [
    { ...print, sha256: 'abc' },
    { ...print, averageHash: print.averageHash.toUpperCase().replace(/^./, 'G') },
    { ...print, thumbnail: print.thumbnail.slice(4) },
    { ...print, thumbnail: 'not base64!' },
    { sha256: print.sha256 },
  ])
    expect(FINGERPRINT.safeParse(wrong).success).toBe(false)
})

test('films that fail are returned with their codes, the others have their prints, all in order', async () => {
  const png = await asPng(madeFilm(1))
  const folder = folderOf({
    'a.png': png,
    'b.png': '',
    'c.png': 'text',
    'd.png': png.subarray(0, 900),
    'f.png': png,
  })
  const paths = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${folder}/${name}.png`)
  const one = await fingerprintFilms(paths, 1)
  expect(one.prints.map(({ path }) => path)).toEqual([paths[0], paths[5]])
  expect(one.failures.map(({ path, error }) => [path, error.code])).toEqual([
    [paths[1], 'ROE_FILM_EMPTY'],
    [paths[2], 'ROE_FILM_FORMAT'],
    [paths[3], 'ROE_FILM_DAMAGED'],
    [paths[4], 'ROE_FILM_MISSING'],
  ])
  expect((await fingerprintFilms(paths, 5)).prints).toEqual(one.prints)
})

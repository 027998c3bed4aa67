import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fill } from '../../src/image/affine.ts'
import { type Change, changeFilm } from '../../src/image/change.ts'
import type { Pixels } from '../../src/image/film.ts'
import fixtures from '../fixtures/image/changes.json' with { type: 'json' }

const films = fc
  .record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    channels: fc.constantFrom(1, 3),
  })
  .chain((size) => {
    const length = size.width * size.height * size.channels
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((pixels) => ({ ...size, pixels }) as Pixels)
  })

const real = (most: number) => fc.double({ min: -most, max: most, noNaN: true })
const fills = fc.constantFrom<Fill>('nearest', 'constant', 'reflect', 'wrap')
const moves: fc.Arbitrary<Change> = fc.record({
  rotationDegrees: real(180),
  shiftX: real(60),
  shiftY: real(60),
  shearDegrees: real(60),
  zoomX: fc.double({ min: 0.2, max: 5, noNaN: true }),
  zoomY: fc.double({ min: 0.2, max: 5, noNaN: true }),
  flipX: fc.boolean(),
  flipY: fc.boolean(),
  fill: fills,
})

/** Keras' names of the parameters, and ours. */
const NAMES: Readonly<Record<string, keyof Change>> = {
  theta: 'rotationDegrees',
  tx: 'shiftX',
  ty: 'shiftY',
  shear: 'shearDegrees',
  zx: 'zoomX',
  zy: 'zoomY',
  flip_horizontal: 'flipX',
  flip_vertical: 'flipY',
  brightness: 'brightness',
  contrast: 'contrast',
  saturation: 'saturation',
}

describe('a changed film is that of Keras to one grey level', () => {
  for (const [i, { side, channels, fill, given, film, changed }] of fixtures.entries())
    it(`${i}: ${JSON.stringify(given)}, ${fill}, ${channels} channels`, () => {
      const change = Object.fromEntries(Object.entries(given).map(([name, value]) => [NAMES[name], value]))
      const pixels: Pixels = {
        width: side,
        height: side,
        channels: channels as 1 | 3,
        pixels: Uint8Array.from(film),
      }
      const ours = changeFilm(pixels, { ...change, fill: fill as Fill, fillValue: 77 }).pixels
      expect(ours).toHaveLength(changed.length)
      const furthest = Math.max(...changed.map((value, at) => Math.abs(value - ours[at]!)))
      expect(furthest).toBeLessThanOrEqual(1)
    })
})

const film = (width: number, height: number, pixels: readonly number[]): Pixels => ({
  width,
  height,
  channels: 1,
  pixels: Uint8Array.from(pixels),
})

describe('a film is', () => {
  const cases: [string, Change, Pixels, number[]][] = [
    [
      'turned by 90 degrees, its right column on top',
      { rotationDegrees: 90 },
      film(3, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      [3, 6, 9, 2, 5, 8, 1, 4, 7],
    ],
    [
      'turned about the middle where it is not square',
      { rotationDegrees: 180 },
      film(4, 2, [1, 2, 3, 4, 5, 6, 7, 8]),
      [8, 7, 6, 5, 4, 3, 2, 1],
    ],
    [
      'turned by 90 degrees with nothing beyond the border',
      { rotationDegrees: 90, fill: 'constant' },
      film(3, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      [3, 6, 9, 2, 5, 8, 1, 4, 7],
    ],
    [
      'turned by 270 degrees and repeated',
      { rotationDegrees: 270, fill: 'wrap' },
      film(3, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      [7, 4, 1, 8, 5, 2, 9, 6, 3],
    ],
    ['mirrored left and right', { flipX: true }, film(3, 2, [1, 2, 3, 4, 5, 6]), [3, 2, 1, 6, 5, 4]],
    ['mirrored top and bottom', { flipY: true }, film(3, 2, [1, 2, 3, 4, 5, 6]), [4, 5, 6, 1, 2, 3]],
    ['moved to the left', { shiftX: 1 }, film(3, 2, [1, 2, 3, 4, 5, 6]), [2, 3, 3, 5, 6, 6]],
    [
      'moved up',
      { shiftY: 1, fill: 'constant', fillValue: 9 },
      film(3, 2, [1, 2, 3, 4, 5, 6]),
      [4, 5, 6, 9, 9, 9],
    ],
    ['repeated mirrored', { shiftX: 3, fill: 'reflect' }, film(3, 1, [1, 2, 3]), [3, 2, 1]],
    ['repeated, its last pixel on its first', { shiftX: 2, fill: 'wrap' }, film(3, 1, [1, 2, 3]), [3, 2, 1]],
  ]
  for (const [name, change, before, after] of cases)
    it(name, () => {
      expect([...changeFilm(before, change).pixels]).toEqual(after)
    })

  it('itself where nothing is changed', () => {
    fc.assert(
      fc.property(films, fills, (film, fill) => {
        const still = { rotationDegrees: 0, zoomX: 1, brightness: 1, contrast: 1, saturation: 1, fill }
        expect(changeFilm(film, still)).toEqual(film)
      }),
    )
  })

  it('itself when it is mirrored twice', () => {
    fc.assert(
      fc.property(films, fc.boolean(), fc.boolean(), (film, flipX, flipY) => {
        const change = { flipX, flipY }
        expect(changeFilm(changeFilm(film, change), change)).toEqual(film)
      }),
    )
  })

  it('within its grey levels however it is moved, so that a flat one stays flat', () => {
    fc.assert(
      fc.property(films, moves, (film, change) => {
        const { pixels } = changeFilm(film, { ...change, fillValue: film.pixels[0]! })
        expect(Math.min(...pixels)).toBeGreaterThanOrEqual(Math.min(...film.pixels))
        expect(Math.max(...pixels)).toBeLessThanOrEqual(Math.max(...film.pixels))
      }),
    )
  })

  it('the same in each channel as the film of that channel alone', () => {
    fc.assert(
      fc.property(films, moves, fc.boolean(), (film, change, grey) => {
        const { channels } = film
        // Grey in three channels takes a shorter way.
        const coloured = grey
          ? { ...film, pixels: film.pixels.map((_, i, all) => all[i - (i % channels)]!) }
          : film
        const changed = changeFilm(coloured, change).pixels
        for (let channel = 0; channel < channels; channel++) {
          const only = (pixels: Uint8Array) => pixels.filter((_, i) => i % channels === channel)
          const alone = changeFilm({ ...film, channels: 1, pixels: only(coloured.pixels) }, change)
          expect(alone.pixels).toEqual(only(changed))
        }
      }),
    )
  })

  it('without colour where saturation is taken away, and grey stays grey', () => {
    fc.assert(
      fc.property(films, fc.double({ min: 0, max: 9, noNaN: true }), (film, factor) => {
        const { channels } = film
        if (channels === 1) return
        const none = changeFilm(film, { saturation: 0 })
        expect(none.pixels.every((value, i, all) => value === all[i - (i % 3)])).toBe(true)
        expect(changeFilm(none, { saturation: factor })).toEqual(none)
      }),
    )
  })
})

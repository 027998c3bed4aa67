import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Pixels } from '../../src/image/film.ts'
import { augment, rotate } from '../../src/train/augment.ts'
import rotations from '../fixtures/train/rotation.json' with { type: 'json' }

const RULE = { rotationDegrees: 15, fill: 'nearest' } as const

const squareFilm = (side: number, channels: 1 | 3, pixels: ArrayLike<number>): Pixels => ({
  width: side,
  height: side,
  channels,
  pixels: Uint8Array.from(pixels),
})

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

describe('a turned film', () => {
  for (const { degrees, side, channels, film, turned } of rotations)
    it(`is that of Keras to the nearest grey level: ${degrees} degrees, ${channels} channels`, () => {
      const { pixels } = rotate(squareFilm(side, channels as 1 | 3, film), degrees)
      expect(pixels).toHaveLength(turned.length)
      const furthest = Math.max(...turned.map((value, i) => Math.abs(value - pixels[i]!)))
      // The fixture has three decimals, and ours is the whole number next to it.
      expect(furthest).toBeLessThanOrEqual(0.501)
    })

  it('by 90 degrees has its right column on top', () => {
    const { pixels } = rotate(squareFilm(3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]), 90)
    expect([...pixels]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7])
  })

  it('is turned about the middle where it is not square', () => {
    const film = { width: 4, height: 2, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) } as const
    expect([...rotate(film, 180).pixels]).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('by no degrees is the film', () => {
    fc.assert(
      fc.property(films, (film) => {
        expect(rotate(film, 0)).toEqual(film)
      }),
    )
  })

  it('stays within the grey levels of the film, so that a flat film stays flat', () => {
    fc.assert(
      fc.property(films, fc.double({ min: -180, max: 180, noNaN: true }), (film, degrees) => {
        const { pixels } = rotate(film, degrees)
        expect(Math.min(...pixels)).toBeGreaterThanOrEqual(Math.min(...film.pixels))
        expect(Math.max(...pixels)).toBeLessThanOrEqual(Math.max(...film.pixels))
      }),
    )
  })

  it('is the same in each channel as the film of that channel alone', () => {
    fc.assert(
      fc.property(
        films,
        fc.double({ min: -45, max: 45, noNaN: true }),
        fc.boolean(),
        (film, degrees, grey) => {
          const { channels } = film
          // Grey in three channels takes a shorter way.
          const coloured = grey
            ? { ...film, pixels: film.pixels.map((_, i, all) => all[i - (i % channels)]!) }
            : film
          const turned = rotate(coloured, degrees).pixels
          for (let channel = 0; channel < channels; channel++) {
            const only = (pixels: Uint8Array) => pixels.filter((_, i) => i % channels === channel)
            expect(rotate({ ...film, channels: 1, pixels: only(coloured.pixels) }, degrees).pixels).toEqual(
              only(turned),
            )
          }
        },
      ),
    )
  })
})

const stripes = squareFilm(
  32,
  1,
  Array.from({ length: 1024 }, (_, i) => (i % 5) * 50),
)

test('the same seed gives the same pixels, another one others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      expect(augment(stripes, RULE, seed)).toEqual(augment(stripes, RULE, seed))
      expect(augment(stripes, RULE, seed)).not.toEqual(augment(stripes, RULE, seed + 1))
    }),
  )
})

test('a range of no degrees changes nothing', () => {
  expect(augment(stripes, { rotationDegrees: 0, fill: 'nearest' }, 3)).toEqual(stripes)
})

test('angles fill their range on both sides evenly', () => {
  // A film of one white column, left of the middle and far from it: where the topmost white pixel lies tells the angle.
  const side = 101
  const film = squareFilm(
    side,
    1,
    Array.from({ length: side * side }, (_, i) => (i % side === 50 ? 255 : 0)),
  )
  const tops = Array.from({ length: 400 }, (_, seed) => {
    const { pixels } = augment(film, RULE, seed)
    const top = pixels.subarray(0, side)
    return top.indexOf(Math.max(...top)) - 50
  })
  const most = Math.round(50 * Math.tan((15 * Math.PI) / 180))
  expect(Math.max(...tops)).toBeLessThanOrEqual(most)
  expect(Math.min(...tops)).toBeGreaterThanOrEqual(-most)
  expect(Math.max(...tops)).toBeGreaterThanOrEqual(most - 1)
  expect(Math.min(...tops)).toBeLessThanOrEqual(-most + 1)
  const left = tops.filter((top) => top < 0).length / tops.length
  expect(left).toBeGreaterThan(0.4)
  expect(left).toBeLessThan(0.6)
})

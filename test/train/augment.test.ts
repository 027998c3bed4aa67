import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { changeFilm } from '../../src/image/change.ts'
import type { Pixels } from '../../src/image/film.ts'
import { type Augmentation, augment, drawChange } from '../../src/train/augment.ts'
import rotations from '../fixtures/train/rotation.json' with { type: 'json' }

const RULE = { rotationDegrees: 15, fill: 'nearest' } as const
const SIZE = { width: 200, height: 100 }

const squareFilm = (side: number, channels: 1 | 3, pixels: ArrayLike<number>): Pixels => ({
  width: side,
  height: side,
  channels,
  pixels: Uint8Array.from(pixels),
})

for (const { degrees, side, channels, film, turned } of rotations)
  test(`a turned film is that of Keras to the nearest grey level: ${degrees} degrees, ${channels} channels`, () => {
    const { pixels } = changeFilm(squareFilm(side, channels as 1 | 3, film), { rotationDegrees: degrees })
    const furthest = Math.max(...turned.map((value, i) => Math.abs(value - pixels[i]!)))
    // The fixture has three decimals, and ours is the whole number next to it.
    expect(furthest).toBeLessThanOrEqual(0.501)
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

test('no range changes nothing', () => {
  expect(augment(stripes, { fill: 'nearest' }, 3)).toEqual(stripes)
})

/** Each range, what is drawn from it, and its bounds for a film of 200 x 100. */
const RANGES: readonly [Partial<Augmentation>, keyof ReturnType<typeof drawChange>, number, number][] = [
  [{ rotationDegrees: 15 }, 'rotationDegrees', -15, 15],
  [{ widthShift: 0.2 }, 'shiftX', -40, 40],
  [{ heightShift: 0.2 }, 'shiftY', -20, 20],
  [{ shearDegrees: 10 }, 'shearDegrees', -10, 10],
  [{ zoom: 0.2 }, 'zoomX', 0.8, 1.2],
  [{ zoom: 0.2 }, 'zoomY', 0.8, 1.2],
  [{ flipX: true }, 'flipX', 0, 1],
  [{ flipY: true }, 'flipY', 0, 1],
  [{ brightness: [0.5, 1.5] }, 'brightness', 0.5, 1.5],
  [{ contrast: [0.5, 2] }, 'contrast', 0.5, 2],
  [{ saturation: [1, 3] }, 'saturation', 1, 3],
]

describe('a range is filled evenly, and nothing else changes:', () => {
  const still = drawChange({ fill: 'reflect' }, SIZE, 0)
  for (const [range, name, from, to] of RANGES)
    it(`${name} of ${JSON.stringify(range)}`, () => {
      const changes = Array.from({ length: 400 }, (_, seed) =>
        drawChange({ ...range, fill: 'reflect' }, SIZE, seed),
      )
      const drawn = changes.map((change) => Number(change[name]))
      const width = to - from
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(from)
      expect(Math.max(...drawn)).toBeLessThanOrEqual(to)
      expect(Math.min(...drawn)).toBeLessThan(from + width / 50)
      expect(Math.max(...drawn)).toBeGreaterThan(to - width / 50)
      const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length
      expect(Math.abs(mean - (from + to) / 2)).toBeLessThan(width * 0.06)
      const touched = new Set<string>(Object.keys(range)[0] === 'zoom' ? ['zoomX', 'zoomY'] : [name])
      for (const change of changes)
        for (const [other, value] of Object.entries(change))
          if (!touched.has(other)) expect(value === still[other as keyof typeof still], other).toBe(true)
    })
})

test('one range more leaves the others as they were drawn', () => {
  const more = { ...RULE, zoom: 0.2, flipX: true, brightness: [0.5, 2] } as const
  for (let seed = 0; seed < 50; seed++)
    expect(drawChange(more, SIZE, seed).rotationDegrees).toBe(drawChange(RULE, SIZE, seed).rotationDegrees)
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../random.ts'
import type { Film } from '../../src/image/film.ts'
import { phantomFilm } from '../../src/image/phantom.ts'

const seeds = Array.from({ length: 150 }, (_, i) => i)
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

/** Mean grey within a circle, of pixels that are on the film. */
const meanIn = (film: Film, circle: { x: number; y: number; radius: number }): number => {
  const inside: number[] = []
  for (const [i, value] of film.pixels.entries()) {
    const [x, y] = [i % film.width, Math.floor(i / film.width)]
    if (Math.hypot(x - circle.x, y - circle.y) < circle.radius) inside.push(value)
  }
  return mean(inside)
}

describe('phantomFilm', () => {
  it('gives the same film for the same seed, and another for another', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, positive) => {
        const made = phantomFilm({ seed, positive, size: 48 })
        expect(phantomFilm({ seed, positive, size: 48 })).toEqual(made)
        expect(phantomFilm({ seed: seed + 1, positive, size: 48 }).film.pixels).not.toEqual(made.film.pixels)
      }),
      { numRuns: 20 },
    )
  })
  it('is a grey film of 8 bits and of the size asked for', () => {
    const { film } = phantomFilm({ seed: 3, positive: false })
    expect({ ...film, pixels: film.pixels.length }).toEqual({
      ...{ width: 256, height: 256, channels: 1, bits: 8, pixels: 65_536, source: 'phantom 3' },
    })
    expect(phantomFilm({ seed: 3, positive: false, size: 97 }).film.pixels.length).toBe(97 * 97)
  })
  it('has one to three opacities on the film where positive, none where negative', () => {
    for (const seed of seeds) {
      const { film, opacities } = phantomFilm({ seed, positive: true, size: 48 })
      expect([1, 2, 3]).toContain(opacities.length)
      for (const { x, y, radius } of opacities) {
        expect(Math.min(x, y)).toBeGreaterThan(0)
        expect(Math.max(x, y)).toBeLessThan(film.width)
        expect(radius).toBeGreaterThan(1)
      }
      expect(phantomFilm({ seed, positive: false, size: 48 }).opacities).toEqual([])
    }
  })
  it('is brighter where it says that an opacity is than the same patient without', () => {
    const gains = seeds.slice(0, 40).flatMap((seed) => {
      const { film, opacities } = phantomFilm({ seed, positive: true, size: 96 })
      const clear = phantomFilm({ seed, positive: false, size: 96 }).film
      return opacities.map(({ x, y, radius }) => {
        const middle = { x, y, radius: radius / 2 }
        return meanIn(film, middle) - meanIn(clear, middle)
      })
    })
    // A black bar may cover one here and there.
    expect(gains.filter((gain) => gain > 8).length / gains.length).toBeGreaterThan(0.95)
  })
  it('cannot be told by brightness, bars or letters', () => {
    const positives = seeds.map((seed) => phantomFilm({ seed: 2 * seed, positive: true, size: 48 }).film)
    const negatives = seeds.map((seed) => phantomFilm({ seed: 2 * seed + 1, positive: false, size: 48 }).film)
    const auc = (feature: (film: Film) => number): number => {
      const clear = negatives.map(feature)
      const wins = positives.map(feature).map((p) => mean(clear.map((n) => (Math.sign(p - n) + 1) / 2)))
      return mean(wins)
    }
    const corner = ({ pixels }: Film): number => mean(pixels.subarray(0, 48 * 6))
    const bright = ({ pixels }: Film): number => pixels.filter((value) => value > 240).length
    for (const feature of [({ pixels }: Film) => mean(pixels), corner, bright])
      expect(Math.abs(auc(feature) - 0.5)).toBeLessThan(0.12)
  })
})

it('seededRandom is even over [0, 1)', () => {
  const random = seededRandom(7)
  const values = Array.from({ length: 20_000 }, random)
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = values.filter((value) => Math.floor(value * 10) === tenth).length / values.length
    expect(Math.abs(share - 0.1)).toBeLessThan(0.01)
  }
  expect(seededRandom(7)()).toBe(values[0])
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JET, jetAt } from '../../src/explain/jet.ts'
import { type ActivationMap, overlay } from '../../src/explain/overlay.ts'
import type { Pixels } from '../../src/image/film.ts'

describe('jet', () => {
  it("is matplotlib's, colour for colour", () => {
    const expected = JSON.parse(
      readFileSync(new URL('../fixtures/explain/jet.json', import.meta.url), 'utf8'),
    )
    expect([...JET]).toEqual(expected.flat())
  })

  it('reaches from its first to its last colour', () => {
    expect([0, 0.5, 0.999_999, 1].map(jetAt)).toEqual([0, 3 * 128, 3 * 255, 3 * 255])
  })
})

const black = (width: number, height: number): Pixels => ({
  width,
  height,
  channels: 1,
  pixels: new Uint8Array(width * height),
})
const mapOf = (width: number, values: number[]): ActivationMap => ({
  width,
  height: values.length / width,
  values: Float32Array.from(values),
})
const whole = ({ width, height }: Pixels) => ({ x: 0, y: 0, width, height })
const at = ({ width, pixels }: Pixels, x: number, y: number) => [
  ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
]
const coloured = (value: number, grey = 0) =>
  [...JET.subarray(jetAt(value), jetAt(value) + 3)].map((level) => Math.round(0.65 * grey + 0.35 * level))

describe('an overlay', () => {
  it('goes from the least value to the largest by straight lines between the middles of places', () => {
    const film = black(8, 4)
    const picture = overlay(film, mapOf(2, [3, 7]), whole(film))
    expect(at(picture, 0, 0)).toEqual(coloured(0))
    expect(at(picture, 1, 3)).toEqual(coloured(0))
    // Pixel 2 has its middle at 2.5 of 8, an eighth of the way from the first place's middle, at 2.
    for (const [x, share] of [
      [2, 0.125],
      [3, 0.375],
      [5, 0.875],
      [7, 1],
    ] as const)
      expect(at(picture, x, 2)).toEqual(coloured(share))
  })

  it('is 65 % film, and leaves what is outside of the map as it is', () => {
    const film = { ...black(6, 6), pixels: new Uint8Array(36).fill(200) }
    const picture = overlay(film, mapOf(1, [5]), { x: 2, y: 3, width: 3, height: 10 })
    expect(at(picture, 2, 3)).toEqual(coloured(0, 200))
    expect(at(picture, 4, 5)).toEqual(coloured(0, 200))
    for (const [x, y] of [
      [1, 4],
      [5, 4],
      [3, 2],
    ] as const)
      expect(at(picture, x, y)).toEqual([200, 200, 200])
  })

  it('keeps the colours of a film that has some', () => {
    const film: Pixels = { width: 1, height: 1, channels: 3, pixels: Uint8Array.of(10, 100, 200) }
    expect(at(overlay(film, mapOf(1, [1]), whole(film)), 0, 0)).toEqual(
      [10, 100, 200].map((grey, c) => Math.round(0.65 * grey + 0.35 * JET[c]!)),
    )
  })

  it('is largest where the map is, whatever the sizes', () => {
    const sizes = fc.record({
      places: fc.integer({ min: 1, max: 6 }),
      rows: fc.integer({ min: 1, max: 6 }),
      times: fc.integer({ min: 1, max: 9 }),
      peak: fc.nat(35),
    })
    fc.assert(
      fc.property(sizes, ({ places, rows, times, peak }) => {
        const values = Array.from({ length: places * rows }, (_, i) => i % 3)
        values[peak % values.length] = 9
        const film = black(places * times, rows * times)
        const picture = overlay(film, mapOf(places, values), whole(film))
        const [x, y] = [(peak % values.length) % places, Math.floor((peak % values.length) / places)]
        const middle = Math.floor(times / 2)
        const reds = at(picture, x * times + middle, y * times + middle)
        // Of an even number of pixels none is in the very middle.
        if (times % 2 === 1) expect(reds).toEqual(coloured(values.length === 1 ? 0 : 1))
        expect(picture.pixels).toHaveLength(film.pixels.length * 3)
      }),
    )
  })
})

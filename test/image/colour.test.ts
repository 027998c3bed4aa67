import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RoentgenError } from '../../errors.ts'
import { greyIfGrey, isColoured, isTint } from '../../src/image/colour.ts'
import { BAR_RULES, type Film, KERNELS, type Step } from '../../src/image/film.ts'
import { preprocess } from '../../src/image/preprocess.ts'

const film = (channels: 1 | 3, bits: number, values: number[]): Film => ({
  width: values.length / channels,
  height: 1,
  channels,
  bits,
  pixels: bits > 8 ? Uint16Array.from(values) : Uint8Array.from(values),
  source: 'made',
})

describe('three equal channels are one', () => {
  it('of 8 bits, and of 16', () => {
    expect(greyIfGrey(film(3, 8, [7, 7, 7, 9, 9, 9]))).toEqual(film(1, 8, [7, 9]))
    expect(greyIfGrey(film(3, 16, [700, 700, 700, 9, 9, 9]))).toEqual(film(1, 16, [700, 9]))
  })
  it('and stay three where one sample of the last pixel is a level off', () => {
    for (const last of [
      [9, 9, 8],
      [9, 8, 9],
      [8, 9, 9],
    ])
      expect(greyIfGrey(film(3, 8, [7, 7, 7, ...last])).channels).toBe(3)
  })
  it('and one channel is left as it is', () => {
    const grey = film(1, 8, [1, 2, 3])
    expect(greyIfGrey(grey)).toBe(grey)
  })
})

const COLOURS: [title: string, film: Film, expected: boolean][] = [
  ['grey is not', film(1, 8, [0, 255]), false],
  ['grey in three channels is not', film(3, 8, [0, 0, 0, 255, 255, 255]), false],
  ['a tint is not', film(3, 8, [100, 100, 116, 16, 0, 0]), false],
  ['one pixel beyond it is', film(3, 8, [100, 100, 100, 17, 0, 0]), true],
  ['green is', film(3, 8, [0, 17, 0]), true],
  ['blue against green is', film(3, 8, [8, 0, 17]), true],
  ['a tint of 16 bits is not', film(3, 16, [0, 0, 16 * 257]), false],
  ['a colour of 16 bits is', film(3, 16, [0, 0, 16 * 257 + 1]), true],
]
describe('coloured', () => {
  for (const [title, made, expected] of COLOURS) it(title, () => expect(isColoured(made)).toBe(expected))
})

it('no step tells grey in three channels from grey', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.constantFrom(...BAR_RULES).map((rule) => ({ op: 'bars' as const, rule })),
    fc
      .constantFrom(...KERNELS)
      .map((kernel) => ({ op: 'fit' as const, how: 'pad' as const, width: 9, height: 7, kernel })),
    fc
      .constantFrom(1 as const, 3 as const)
      .map((count) => ({ op: 'channels' as const, count, luma: 'rec601' as const })),
  )
  // Dark levels around the limits of the rules for bars, and any other.
  const level = fc.oneof(fc.nat(255), fc.integer({ min: 0, max: 45 }), fc.constant(40))
  let refused = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.array(level, { minLength: 400, maxLength: 400 }),
      fc.array(step, { maxLength: 4 }),
      (side, levels, steps) => {
        const grey = { ...film(1, 8, levels.slice(0, side * side)), width: side, height: side }
        const copied = {
          ...grey,
          channels: 3 as const,
          pixels: Uint8Array.from(
            { length: grey.pixels.length * 3 },
            (_, i) => grey.pixels[Math.floor(i / 3)]!,
          ),
        }
        const list = {
          version: 1 as const,
          steps: [
            { op: 'window' as const },
            ...steps,
            { op: 'channels' as const, count: 3 as const, luma: 'rec601' as const },
          ],
        }
        const outcome = (made: Film) => {
          try {
            return preprocess(made, list)
          } catch (error) {
            if (!(error instanceof RoentgenError)) throw error
            refused++
            return error.code
          }
        }
        expect(outcome(greyIfGrey(copied))).toEqual(outcome(copied))
      },
    ),
  )
  expect(refused).toBeLessThan(100)
})

describe('isTint', () => {
  it('is never said of chroma that makes a coloured pixel', () => {
    const near = fc.integer({ min: 112, max: 144 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), near, near, (y, cb, cr) => {
        fc.pre(isTint(Uint8Array.of(128, cb), Uint8Array.of(128, cr)))
        expect(isColoured(film(3, 8, rgbOf(y, cb - 128, cr - 128)))).toBe(false)
      }),
    )
  })
  it('is said of all chroma whose colours lie two levels below the limit', () => {
    const near = fc.integer({ min: 112, max: 144 })
    fc.assert(
      fc.property(near, near, (cb, cr) => {
        const [r, g, b] = rgbOf(128, cb - 128, cr - 128) as [number, number, number]
        fc.pre(Math.max(r, g, b) - Math.min(r, g, b) <= 13)
        expect(isTint(Uint8Array.of(cb), Uint8Array.of(cr))).toBe(true)
      }),
    )
  })
  it('is not said where the last of many samples is coloured', () => {
    const none = new Uint8Array(10_000).fill(128)
    const one = Uint8Array.from(none).fill(150, 9999)
    expect([isTint(none, none), isTint(one, none), isTint(none, one)]).toEqual([true, false, false])
  })
})

/** As every decoder: rounded and cut to 0..255. @source ITU-T T.871 (JFIF), 7 */
const rgbOf = (y: number, cb: number, cr: number): number[] =>
  [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb].map((value) =>
    Math.min(255, Math.max(0, Math.round(value))),
  )

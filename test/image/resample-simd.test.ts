import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KERNELS, type Pixels } from '../../src/image/film.ts'
import { RESAMPLERS, type Taps, tapsOf } from '../../src/image/kernels.ts'
import { resamplePlain } from '../../src/image/resample-plain.ts'
import { resampleSimd } from '../../src/image/resample-simd.ts'

const noise = (width: number, height: number, channels: 1 | 3, seed: number): Pixels => {
  const pixels = new Uint8Array(width * height * channels)
  let state = seed | 1
  for (let i = 0; i < pixels.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223
    pixels[i] = state >>> 24
  }
  // Extremes show sums that overflow.
  if (seed % 5 === 0) pixels.fill(seed % 2 === 0 ? 255 : 0)
  return { width, height, channels, pixels }
}

/** Taps as a frame that is cut or padded has them: some of them without any pixel. */
const cut = ({ starts, ends, ...taps }: Taps, size: number): Taps => ({
  ...taps,
  starts: starts.map((start) => Math.min(start, size)),
  ends: ends.map((end) => Math.min(end, size)),
})

const side = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 700 }))
const target = fc.integer({ min: 1, max: 90 })
const channels = fc.constantFrom(1 as const, 3 as const)

describe('vectors give the bytes of the plain passes', () => {
  for (const kernel of KERNELS)
    it(kernel, () => {
      const row = RESAMPLERS[kernel]
      let grown = 0
      fc.assert(
        fc.property(
          side,
          side,
          channels,
          target,
          target,
          fc.nat(),
          fc.nat(3),
          (w, h, c, tw, th, seed, gone) => {
            const film = noise(w, h, c, seed)
            const growing = tw > w || th > h
            if (growing) grown++
            const resampler = growing ? (row.growing ?? row) : row
            // A frame a little larger than the film.
            const across = cut(tapsOf(resampler, { size: w + gone, target: tw }), w)
            const down = cut(tapsOf(resampler, { size: h + gone, target: th }), h)
            const vectors = resampleSimd(film, across, down, resampler)
            expect(
              vectors !== null && Buffer.compare(vectors, resamplePlain(film, across, down, resampler)),
            ).toBe(0)
          },
        ),
      )
      expect(grown).toBeGreaterThan(0)
    })
})

it('many taps, each of the largest value, do not overflow', () => {
  for (const kernel of KERNELS) {
    const film = noise(5000, 3, 1, 10)
    const across = tapsOf(RESAMPLERS[kernel], { size: 5000, target: 1 })
    const down = tapsOf(RESAMPLERS[kernel], { size: 3, target: 1 })
    expect([...resampleSimd(film, across, down, RESAMPLERS[kernel])!], kernel).toEqual([255])
  }
})

it('a film that would need too much memory is left to the plain passes', () => {
  const film = noise(1, 70_000, 1, 1)
  const across = tapsOf(RESAMPLERS['pil-bilinear'], { size: 1, target: 2000 })
  const down = tapsOf(RESAMPLERS['pil-bilinear'], { size: 70_000, target: 1 })
  expect(resampleSimd(film, across, down, RESAMPLERS['pil-bilinear'])).toBeNull()
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Film, Preprocessing } from '../../src/image/film.ts'
import { preprocess } from '../../src/image/preprocess.ts'
import { seenFrame } from '../../src/image/seen.ts'

const fitted = (how: 'stretch' | 'pad' | 'crop', width: number, height: number): Preprocessing => ({
  version: 1,
  steps: [
    { op: 'window' },
    { op: 'bars', rule: 'robust' },
    { op: 'fit', how, width, height, kernel: 'cv2-area' },
  ],
})

describe('the part of a film that a model sees', () => {
  const CASES = [
    ['stretched, all of it', 'stretch', { x: 0, y: 0, width: 300, height: 200 }],
    ['padded, more than it', 'pad', { x: 0, y: -50, width: 300, height: 300 }],
    ['cropped, its middle', 'crop', { x: 50, y: 0, width: 200, height: 200 }],
  ] as const
  for (const [name, how, frame] of CASES)
    it(name, () => {
      expect(seenFrame({ width: 300, height: 200 }, null, fitted(how, 64, 64))).toEqual(frame)
    })

  it('lies within bars, and a second fit within the first', () => {
    const bars = { left: 10, top: 0, right: 30, bottom: 20 }
    const { steps } = fitted('stretch', 100, 50)
    const twice: Preprocessing = { version: 1, steps: [...steps, ...fitted('crop', 50, 50).steps.slice(2)] }
    expect(seenFrame({ width: 140, height: 120 }, bars, twice)).toEqual({
      x: 35,
      y: 0,
      width: 50,
      height: 100,
    })
  })

  it('shows a bright spot where the preprocessed film has it', () => {
    const films = fc.record({
      how: fc.constantFrom('stretch', 'pad', 'crop'),
      width: fc.integer({ min: 120, max: 200 }),
      height: fc.integer({ min: 120, max: 200 }),
      left: fc.integer({ min: 0, max: 20 }),
      bottom: fc.integer({ min: 0, max: 20 }),
    })
    fc.assert(
      fc.property(films, ({ how, width, height, left, bottom }) => {
        const pixels = new Uint8Array(width * height).fill(90)
        const spot = { x: (width + left) / 2 + 8, y: (height - bottom) / 2 - 12 }
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            if (x < left || y >= height - bottom) pixels[y * width + x] = 0
            else if (Math.hypot(x + 0.5 - spot.x, y + 0.5 - spot.y) < 8) pixels[y * width + x] = 250
          }
        const film: Film = { width, height, channels: 1, bits: 8, pixels, source: 'made' }
        const preprocessing = fitted(how, 64, 48)
        const seen = preprocess(film, preprocessing)
        const frame = seenFrame(film, seen.bars, preprocessing)
        let [sum, x, y] = [0, 0, 0]
        seen.pixels.forEach((value, i) => {
          const weight = Math.max(0, value - 100)
          sum += weight
          x += weight * ((i % 64) + 0.5)
          y += weight * (Math.floor(i / 64) + 0.5)
        })
        expect(Math.abs(frame.x + (x / sum / 64) * frame.width - spot.x)).toBeLessThan(1.5)
        expect(Math.abs(frame.y + (y / sum / 48) * frame.height - spot.y)).toBeLessThan(1.5)
      }),
    )
  })
})

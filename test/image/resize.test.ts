import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KERNELS, type Pixels } from '../../src/image/film.ts'
import { fitInto, resize } from '../../src/image/resize.ts'
import fixtures from '../fixtures/image/resize.json' with { type: 'json' }
import tensorflow from '../fixtures/image/resize-tf.json' with { type: 'json' }

interface Packed {
  width: number
  height: number
  channels: number
  pixels: string
}
const unpack = ({ width, height, channels, pixels }: Packed): Pixels => ({
  width,
  height,
  channels: channels as 1 | 3,
  pixels: new Uint8Array(Buffer.from(pixels, 'base64')),
})
const sources = new Map(Object.entries(fixtures.sources).map(([name, film]) => [name, unpack(film)]))

const differences = (a: Uint8Array, b: Uint8Array): { most: number; mean: number } => {
  expect(a.length).toBe(b.length)
  const each = Array.from(a, (value, i) => Math.abs(value - b[i]!))
  return { most: Math.max(...each), mean: each.reduce((sum, d) => sum + d, 0) / each.length }
}

const isTensorflow = (kernel: string) => kernel.startsWith('tf-')
const cases = [...fixtures.cases, ...tensorflow.cases.filter(({ kernel }) => isTensorflow(kernel))]

describe('each kernel gives the pixels of its library within one grey level', () => {
  for (const { kernel, source, ...packed } of cases) {
    const film = sources.get(source)!
    const { width, height, channels } = packed
    it(`${kernel}, ${film.width}x${film.height}x${channels} to ${width}x${height}`, () => {
      const name = KERNELS.find((known) => known === kernel)
      const { most, mean } = differences(
        resize(film, { width, height, kernel: name! }).pixels,
        unpack(packed).pixels,
      )
      expect(most).toBeLessThanOrEqual(1)
      // A level here and there is rounding; more would be another kernel.
      expect(mean).toBeLessThan(0.05)
    })
  }
  it('and every kernel has its cases', () => {
    for (const kernel of KERNELS) expect(cases.filter((row) => row.kernel === kernel).length).toBe(16)
  })
})

describe('tf.image.resize with antialias is pil-bilinear but for its rounding between the passes', () => {
  for (const { kernel, source, ...packed } of tensorflow.cases.filter((row) => !isTensorflow(row.kernel))) {
    const film = sources.get(source)!
    const { width, height } = packed
    it(`${film.width}x${film.height}x${film.channels} to ${width}x${height}`, () => {
      const name = KERNELS.find((known) => known === kernel)
      const { pixels } = resize(film, { width, height, kernel: name! })
      expect(differences(pixels, unpack(packed).pixels).most).toBeLessThanOrEqual(1)
    })
  }
})

const size = fc.integer({ min: 1, max: 40 })
const film = fc
  .record({ width: size, height: size, channels: fc.constantFrom(1 as const, 3 as const) })
  .chain((shape) =>
    fc
      .uint8Array({ minLength: 1, maxLength: 50 })
      .map(
        (seed): Pixels => ({ ...shape, pixels: repeat(seed, shape.width * shape.height * shape.channels) }),
      ),
  )
const repeat = (seed: Uint8Array, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => seed[(i * 7) % seed.length]!)

for (const kernel of KERNELS)
  describe(kernel, () => {
    it('leaves a film of the same size as it is', () => {
      fc.assert(
        fc.property(film, (pixels) => {
          expect(resize(pixels, { width: pixels.width, height: pixels.height, kernel })).toEqual(pixels)
        }),
      )
    })
    it('keeps a constant film constant', () => {
      fc.assert(
        fc.property(film, size, size, fc.integer({ min: 0, max: 255 }), (shape, width, height, grey) => {
          const constant = { ...shape, pixels: new Uint8Array(shape.pixels.length).fill(grey) }
          const { pixels } = resize(constant, { width, height, kernel })
          expect(pixels.length).toBe(width * height * shape.channels)
          expect(pixels.every((value) => value === grey)).toBe(true)
        }),
      )
    })
    it('treats each channel like a film of its own', () => {
      fc.assert(
        fc.property(film, size, size, (pixels, width, height) => {
          const all = resize(pixels, { width, height, kernel })
          const first = { ...pixels, channels: 1 as const, pixels: channel(pixels, 0) }
          expect(resize(first, { width, height, kernel }).pixels).toEqual(channel(all, 0))
        }),
      )
    })
    it('pads and crops as if the frame had been built first', () => {
      fc.assert(
        fc.property(
          film,
          size,
          size,
          fc.constantFrom('pad' as const, 'crop' as const),
          (pixels, width, height, how) => {
            const frame = framed(pixels, width / height, how === 'pad' ? Math.max : Math.min)
            expect(fitInto(pixels, { op: 'fit', how, width, height, kernel })).toEqual(
              resize(frame, { width, height, kernel }),
            )
          },
        ),
      )
    })
  })

it('padding a film of absurd shape costs no more than the film', () => {
  const line: Pixels = { width: 60_000, height: 1, channels: 1, pixels: new Uint8Array(60_000).fill(200) }
  const { pixels } = fitInto(line, { op: 'fit', how: 'pad', width: 9, height: 9, kernel: 'cv2-linear' })
  expect(pixels.length).toBe(81)
})

it('fit stretches, pads and crops', () => {
  const pixels: Pixels = {
    width: 4,
    height: 2,
    channels: 1,
    pixels: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
  }
  const target = { op: 'fit', width: 4, height: 4, kernel: 'keras-nearest' } as const
  const rows = (how: 'stretch' | 'pad' | 'crop') => [...fitInto(pixels, { ...target, how }).pixels].join(' ')
  expect(rows('stretch')).toBe('1 2 3 4 1 2 3 4 5 6 7 8 5 6 7 8')
  expect(rows('pad')).toBe('0 0 0 0 1 2 3 4 5 6 7 8 0 0 0 0')
  expect(rows('crop')).toBe('2 2 3 3 2 2 3 3 6 6 7 7 6 6 7 7')
})

function channel({ channels, pixels }: Pixels, c: number): Uint8Array {
  return pixels.filter((_, i) => i % channels === c)
}

/** The film on black, or cut, to a ratio; pixel by pixel. */
function framed(film: Pixels, ratio: number, choose: (a: number, b: number) => number): Pixels {
  const { channels } = film
  const width = Math.max(1, choose(film.width, Math.round(film.height * ratio)))
  const height = Math.max(1, choose(film.height, Math.round(film.width / ratio)))
  const left = Math.floor((film.width - width) / 2)
  const top = Math.floor((film.height - height) / 2)
  const pixels = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        if (x + left >= 0 && x + left < film.width && y + top >= 0 && y + top < film.height)
          pixels[(y * width + x) * channels + c] =
            film.pixels[((y + top) * film.width + x + left) * channels + c]!
  return { width, height, channels, pixels }
}

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RoentgenError } from '../../errors.ts'
import { seededRandom } from '../../random.ts'
import { findBars } from '../../src/image/bars/robust.ts'
import { removeBars } from '../../src/image/bars.ts'
import { decodeFilm } from '../../src/image/decode.ts'
import type { Film } from '../../src/image/film.ts'
import { hasShared, shared } from '../shared.ts'

type Paint = (x: number, y: number) => number

const paint = (width: number, height: number, grey: Paint, bits = 8, channels: 1 | 3 = 1): Film => {
  const length = width * height * channels
  const pixels = bits > 8 ? new Uint16Array(length) : new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const pixel = Math.floor(i / channels)
    pixels[i] = grey(pixel % width, Math.floor(pixel / width))
  }
  return { width, height, channels, bits, pixels, source: 'made' }
}
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof RoentgenError) return error.code
    throw error
  }
  return 'none'
}
const shape = ({ width, height }: Film): string => `${width} x ${height}`

describe('hansen', () => {
  const bars = (top: number, left: number, right = 0, side = 1000): Film =>
    paint(side, side, (x, y) => (y < top || x < left || x >= side - right ? 39 : 40))

  const CASES: [title: string, film: Film, expected: string][] = [
    ['a film without bars stays', bars(0, 0), '1000 x 1000'],
    ['as many rows as columns go', bars(30, 30), '970 x 970'],
    ['the other axis loses the difference', bars(0, 30, 20), '950 x 950'],
    ['a difference of one does not empty the film', bars(0, 1), '999 x 999'],
    ['lines 200 to 800 stay, however black', bars(300, 0), '800 x 800'],
    [
      'lines of which just half is black stay, here all rows',
      paint(1000, 1000, (x) => (x < 500 ? 0 : 200)),
      '800 x 800',
    ],
    ['a small film has no protected middle', bars(20, 0, 0, 100), '80 x 80'],
  ]
  for (const [title, film, expected] of CASES)
    it(title, () => expect(shape(removeBars(film, 'hansen'))).toBe(expected))

  it('the difference goes half at each end, its odd line at the end', () => {
    // Columns 0..2 are black, so rows lose three: one above, two below. Each other pixel tells its row.
    const film = paint(100, 100, (x, y) => (x < 3 ? 0 : 50 + y))
    const { height, pixels, width } = removeBars(film, 'hansen')
    expect([pixels[0], pixels[width * (height - 1)]]).toEqual([51, 50 + 97])
  })
  it('black is the mean of the channels', () => {
    const film = (blue: number) => ({
      ...paint(10, 10, () => 0, 8, 3),
      pixels: Uint8Array.from({ length: 300 }, (_, i) => (i < 30 && i % 3 === 2 ? blue : 200)),
    })
    const dark = (blue: number): Film => {
      const made = film(blue)
      for (let i = 0; i < 30; i += 3) made.pixels.set([0, 0], i)
      return made
    }
    expect(shape(removeBars(dark(119), 'hansen'))).toBe('9 x 9')
    expect(shape(removeBars(dark(120), 'hansen'))).toBe('10 x 10')
  })
  it('black is 40 of 255 whatever the depth', () => {
    const film = (level: number) => paint(10, 10, (_, y) => (y === 0 ? level : 60_000), 16)
    expect(shape(removeBars(film(40 * 257 - 1), 'hansen'))).toBe('9 x 9')
    expect(shape(removeBars(film(40 * 257), 'hansen'))).toBe('10 x 10')
  })
  it('refuses what is not square, and what leaves nothing', () => {
    expect(
      codeOf(() =>
        removeBars(
          paint(9, 10, () => 99),
          'hansen',
        ),
      ),
    ).toBe('ROE_BARS_NOT_SQUARE')
    expect(
      codeOf(() =>
        removeBars(
          paint(10, 10, () => 0),
          'hansen',
        ),
      ),
    ).toBe('ROE_BARS_ALL_BLACK')
  })
  it('always leaves a square', () => {
    const side = fc.integer({ min: 1, max: 60 })
    fc.assert(
      fc.property(side, fc.integer(), fc.integer({ min: 0, max: 60 }), (size, seed, dark) => {
        const random = seededRandom(seed)
        const film = paint(size, size, (x) => (x < dark ? 60 : 120) * random())
        const code = codeOf(() => {
          const left = removeBars(film, 'hansen')
          expect(left.width).toBe(left.height)
          expect(left.pixels.length).toBe(left.width * left.height)
        })
        expect(['none', 'ROE_BARS_ALL_BLACK']).toContain(code)
      }),
    )
  })
})

describe('robust', () => {
  const side = fc.integer({ min: 40, max: 300 })
  const share = fc.double({ min: 0, max: 0.3, noNaN: true })
  const scene = fc
    .record({
      width: side,
      height: side,
      bits: fc.constantFrom(8, 12, 16),
      channels: fc.constantFrom(1 as const, 3 as const),
    })
    .chain(({ width, height, bits, channels }) =>
      fc.tuple(share, share, share, share, fc.integer()).map(([top, bottom, left, right, seed]) => {
        const box = { top: Math.round(top * height), left: Math.round(left * width), height: 0, width: 0 }
        box.height = height - box.top - Math.round(bottom * height)
        box.width = width - box.left - Math.round(right * width)
        const random = seededRandom(seed)
        const full = 2 ** bits - 1
        // Noise in the bars of up to 3 % of the range, tissue from 20 to 80 %.
        const film = paint(
          width,
          height,
          (x, y) => {
            const inside =
              x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height
            return full * (inside ? 0.2 + 0.6 * random() : 0.03 * random())
          },
          bits,
          channels,
        )
        return { film, box }
      }),
    )

  it('finds noisy bars of any width, at any size, depth and aspect', () => {
    fc.assert(
      fc.property(scene, ({ film, box }) => {
        expect(findBars(film)).toEqual(box)
      }),
    )
  })
  it('finds a bar of one line at each edge, where it is all the black there is', () => {
    for (const [edge, isBar] of [
      ['top', (_: number, y: number) => y === 0],
      ['bottom', (_: number, y: number) => y === 276],
      ['left', (x: number) => x === 0],
      ['right', (x: number) => x === 40],
    ] as const) {
      const found = findBars(paint(41, 277, (x, y) => (isBar(x, y) ? 3 : 60 + ((x * 7 + y * 13) % 140))))
      expect(found, edge).not.toEqual({ top: 0, left: 0, height: 277, width: 41 })
    }
  })
  it('gives the pixels between the bars, and the film itself where there are none', () => {
    const film = paint(5, 4, (x, y) => (y === 0 || x === 4 ? 0 : 100 + 10 * y + x))
    expect(removeBars(film, 'robust')).toEqual({
      ...film,
      width: 4,
      height: 3,
      pixels: Uint8Array.from([110, 111, 112, 113, 120, 121, 122, 123, 130, 131, 132, 133]),
      bars: { left: 0, top: 1, right: 1, bottom: 0 },
    })
    const clear = paint(50, 40, (x) => 60 + x)
    expect(removeBars(clear, 'robust')).toBe(clear)
  })
  it('removes nothing twice', () => {
    fc.assert(
      fc.property(scene, ({ film }) => {
        const once = removeBars(film, 'robust')
        expect(removeBars(once, 'robust')).toBe(once)
      }),
    )
  })

  const lungs: Paint = (x, y) => (Math.hypot((x - 60) / 45, (y - 100) / 80) < 1 ? 4 : 150)
  const CASES: [title: string, film: Film, expected: ReturnType<typeof findBars>][] = [
    [
      'keeps a black lung that touches the edge',
      paint(200, 200, (x, y) => lungs(x + 20, y)),
      { top: 0, left: 0, height: 200, width: 200 },
    ],
    [
      'keeps a black corner, of which no line is nearly full',
      paint(200, 200, (x, y) => (x + y < 150 ? 0 : 150)),
      { top: 0, left: 0, height: 200, width: 200 },
    ],
    [
      'removes a bar with a mark in it',
      paint(200, 200, (x, y) => (x < 40 ? (x > 10 && x < 20 && y > 90 && y < 130 ? 255 : 2) : 150)),
      { top: 0, left: 40, height: 200, width: 160 },
    ],
    [
      'removes a bar with a line of writing',
      paint(200, 200, (x, y) => (y >= 160 ? (y > 190 && y < 196 && x > 90 && x % 3 > 0 ? 240 : 5) : 150)),
      { top: 0, left: 0, height: 160, width: 200 },
    ],
    [
      'keeps a small patient between four wide bars, one of them with writing',
      paint(200, 200, (x, y) =>
        x >= 60 && x < 140 && y >= 60 && y < 140 ? 150 : y > 190 && x > 90 && x % 3 > 0 ? 240 : 5,
      ),
      { top: 60, left: 60, height: 80, width: 80 },
    ],
    [
      'leaves writing that no bar follows',
      paint(200, 200, (x, y) => (y < 20 ? (x > 90 && x % 3 > 0 ? 240 : 5) : 150)),
      { top: 0, left: 0, height: 200, width: 200 },
    ],
    [
      'leaves a grey border, which is not black',
      paint(200, 200, (x) => (x < 30 ? 60 : 200)),
      { top: 0, left: 0, height: 200, width: 200 },
    ],
    [
      'finds bars around a faint film',
      paint(200, 200, (x) => (x < 30 ? 0 : 25 + (x % 7))),
      { top: 0, left: 30, height: 200, width: 170 },
    ],
    [
      'finds 12 bits in a film of 16',
      paint(200, 200, (x) => (x < 30 ? 20 : 1000 + 10 * x), 16),
      { top: 0, left: 30, height: 200, width: 170 },
    ],
  ]
  for (const [title, film, expected] of CASES) it(title, () => expect(findBars(film)).toEqual(expected))

  it('works on a film of one bit', () => {
    const film = paint(20, 20, (x) => (x < 5 ? 0 : 1), 1)
    expect(findBars(film)).toEqual({ top: 0, left: 5, height: 20, width: 15 })
  })
  it('refuses a black film, and leaves one of a single grey', () => {
    expect(
      codeOf(() =>
        removeBars(
          paint(30, 20, (x) => x % 4),
          'robust',
        ),
      ),
    ).toBe('ROE_BARS_ALL_BLACK')
    expect(
      codeOf(() =>
        removeBars(
          paint(1, 1, () => 0, 16),
          'robust',
        ),
      ),
    ).toBe('ROE_BARS_ALL_BLACK')
    const grey = paint(30, 20, () => 90)
    expect(removeBars(grey, 'robust')).toBe(grey)
  })

  const REAL: [path: string, box: (film: Film) => number[]][] = [
    // Looked at by eye: bars with writing above and below, rows 68 to 444 are the patient; black to the sides.
    ['seed000/covid/covid19_32.jpeg', ({ height }) => [67, height - 445]],
    ['seed000/covid/covid19_85.jpg', () => [0, 15]],
    ['seed000/normal/kaggle_94.jpeg', () => [0, 0]],
  ]
  for (const [path, expected] of REAL)
    it.skipIf(!hasShared)(`${path} loses what the eye calls a bar (skipped without ../shared)`, async () => {
      const film = await decodeFilm(shared(path))
      const { top, height } = findBars(film)
      for (const [i, bar] of expected(film).entries())
        expect(Math.abs([top, film.height - top - height][i]! - bar)).toBeLessThanOrEqual(3)
    })
})

import { describe, expect, it } from 'vitest'
import { decodeFilm } from '../../src/image/decode.ts'
import type { Film, Preprocessing, Step } from '../../src/image/film.ts'
import { describePreprocessing, PREPROCESSING, preprocess, takesLuma } from '../../src/image/preprocess.ts'
import { hasShared, shared } from '../shared.ts'

const list = (...steps: Step[]): Preprocessing => ({ version: 1, steps })
const film = (channels: 1 | 3, bits: number, values: number[]): Film => ({
  width: values.length / channels,
  height: 1,
  channels,
  bits,
  pixels: bits > 8 ? Uint16Array.from(values) : Uint8Array.from(values),
  source: 'made',
})

const sized = (width: number, height: number, values: number[]): Film => ({
  ...film(1, 8, values),
  width,
  height,
})

const CASES: [title: string, film: Film, steps: Step[], expected: number[]][] = [
  ['no step leaves 8 bits as they are', film(1, 8, [0, 7, 255]), [], [0, 7, 255]],
  ['the default window of 8 bits changes nothing', film(1, 8, [0, 7, 255]), [{ op: 'window' }], [0, 7, 255]],
  [
    'the default window of 16 bits is their full range',
    film(1, 16, [0, 128, 129, 32_768, 65_535]),
    [{ op: 'window' }],
    [0, 0, 1, 128, 255],
  ],
  [
    'the default window of 12 bits is theirs',
    film(1, 12, [0, 8, 9, 4095]),
    [{ op: 'window' }],
    [0, 0, 1, 255],
  ],
  [
    'a window stretches its range and cuts the rest',
    film(1, 8, [10, 50, 75, 100, 200]),
    [{ op: 'window', from: 50, to: 100 }],
    [0, 0, 128, 255, 255],
  ],
  [
    'one bound of a window may be the default',
    film(1, 8, [0, 155, 205, 255]),
    [{ op: 'window', from: 155 }],
    [0, 0, 128, 255],
  ],
  [
    'grey to three channels copies',
    film(1, 8, [3, 9]),
    [{ op: 'channels', count: 3, luma: 'rec601' }],
    [3, 3, 3, 9, 9, 9],
  ],
  [
    'colour to one channel is luma, as Pillow rounds it',
    film(3, 8, [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]),
    [{ op: 'channels', count: 1, luma: 'rec601' }],
    [76, 150, 29, 9],
  ],
  [
    'channels work before the window, too',
    film(3, 16, [65_535, 65_535, 65_535, 257, 257, 257]),
    [{ op: 'channels', count: 1, luma: 'rec601' }, { op: 'window' }],
    [255, 1],
  ],
  [
    'steps run in their order',
    film(1, 8, [0, 100, 200, 100]),
    [
      { op: 'fit', how: 'stretch', width: 2, height: 1, kernel: 'cv2-area' },
      { op: 'window', from: 50, to: 150 },
    ],
    [0, 255],
  ],
]

describe('preprocess', () => {
  for (const [title, input, steps, expected] of CASES)
    it(title, () => {
      const before = [...input.pixels]
      expect([...preprocess(input, list(...steps)).pixels]).toEqual(expected)
      expect([...input.pixels]).toEqual(before)
    })
  it('says what was taken as bars, in pixels of the film, and null where none are looked for', () => {
    const rows = [0, 0, 100, 150, 200, 0].flatMap((level) => [0, level, level + 5, level + 9, level])
    const fit: Step = { op: 'fit', how: 'stretch', width: 2, height: 2, kernel: 'cv2-area' }
    const barred = sized(5, 6, rows)
    const bars: Step = { op: 'bars', rule: 'robust' }
    expect(preprocess(barred, list(bars, fit)).bars).toEqual({ left: 1, top: 2, right: 0, bottom: 1 })
    expect(preprocess(sized(2, 2, [90, 100, 110, 120]), list(bars, fit)).bars).toEqual({
      left: 0,
      top: 0,
      right: 0,
      bottom: 0,
    })
    expect(preprocess(barred, list(fit)).bars).toBeNull()
  })
  it('counts the lines that hansen takes, so that taken and kept are all', () => {
    const inside = sized(
      20,
      20,
      Array.from({ length: 400 }, (_, i) => (i % 20 === 3 || i % 20 > 16 ? 0 : 200)),
    )
    const { width, height, bars } = preprocess(inside, list({ op: 'bars', rule: 'hansen' }))
    expect([width, height]).toEqual([16, 16])
    expect(bars).toEqual({ left: 1, top: 2, right: 3, bottom: 2 })
  })
  it('wants a window before more than 8 bits are fitted or given to a model', () => {
    const deep = film(1, 16, [1, 2])
    expect(() => preprocess(deep, list())).toThrow('a film of 16 bits needs a window step first')
    const fit: Step = { op: 'fit', how: 'pad', width: 2, height: 2, kernel: 'cv2-linear' }
    expect(() => preprocess(deep, list(fit, { op: 'window' }))).toThrow('needs a window step first')
    expect(preprocess(deep, list({ op: 'window' }, fit)).pixels).toBeInstanceOf(Uint8Array)
  })
})

const ALL = list(
  { op: 'bars', rule: 'robust' },
  { op: 'window', from: 10, to: 200 },
  { op: 'fit', how: 'crop', width: 224, height: 224, kernel: 'cv2-linear' },
  { op: 'channels', count: 3, luma: 'rec601' },
)

describe('the description', () => {
  it('survives JSON', () => {
    expect(PREPROCESSING.parse(JSON.parse(JSON.stringify(ALL)))).toEqual(ALL)
    expect(PREPROCESSING.parse(list({ op: 'window' }))).toEqual(list({ op: 'window' }))
  })
  const WRONG: [problem: string, value: unknown][] = [
    ['another version', { version: 2, steps: [] }],
    ['an unknown step', { version: 1, steps: [{ op: 'blur' }] }],
    ['an unknown rule', { version: 1, steps: [{ op: 'bars', rule: 'none' }] }],
    ['a fit without a kernel', { version: 1, steps: [{ op: 'fit', how: 'pad', width: 9, height: 9 }] }],
    [
      'a size of zero',
      { version: 1, steps: [{ op: 'fit', how: 'pad', width: 0, height: 9, kernel: 'cv2-linear' }] },
    ],
    ['a window that runs backwards', { version: 1, steps: [{ op: 'window', from: 9, to: 3 }] }],
    ['two channels', { version: 1, steps: [{ op: 'channels', count: 2, luma: 'rec601' }] }],
    ['a word that nothing reads', { version: 1, steps: [{ op: 'bars', rule: 'robust', sides: 'left' }] }],
    ['no list', { version: 1 }],
  ]
  for (const [problem, value] of WRONG)
    it(`refuses ${problem}`, () => expect(PREPROCESSING.safeParse(value).success).toBe(false))
  it('reads as one line', () => {
    expect(describePreprocessing(ALL)).toBe(
      'remove black bars (robust), then 10..200 to 0..255, then crop to 224 x 224 (cv2-linear), then three channels',
    )
    expect(describePreprocessing(list({ op: 'window' }, { op: 'channels', count: 1, luma: 'rec601' }))).toBe(
      'the full range of the stored bits to 0..255, then one channel (luma of Rec. 601)',
    )
    expect(describePreprocessing(list())).toBe('nothing')
  })
})

it.skipIf(!hasShared)(
  'a real film of 16 bits becomes what a model takes (skipped without ../shared)',
  async () => {
    const deep = await decodeFilm(shared('seed000-original/covid/covid19_35.png'))
    expect(deep.bits).toBe(16)
    const fit: Step = { op: 'fit', how: 'stretch', width: 224, height: 224, kernel: 'cv2-linear' }
    const three: Step = { op: 'channels', count: 3, luma: 'rec601' }
    const { width, height, channels, pixels } = preprocess(deep, list({ op: 'window' }, fit, three))
    expect([width, height, channels, pixels.length]).toEqual([224, 224, 3, 224 * 224 * 3])
    expect(pixels.some((value) => value > 200)).toBe(true)
  },
)

describe('takesLuma', () => {
  const fit: Step = { op: 'fit', how: 'pad', width: 8, height: 8, kernel: 'pil-bilinear' }
  const grey: Step = { op: 'channels', count: 1, luma: 'rec601' }
  const colour: Step = { op: 'channels', count: 3, luma: 'rec601' }
  const ROWS: [string, Step[], boolean][] = [
    ['one channel at the end', [{ op: 'window' }, fit, grey], true],
    [
      'one channel first, then anything',
      [grey, { op: 'window', from: 10, to: 90 }, { op: 'bars', rule: 'robust' }],
      true,
    ],
    ['one channel, spread to three', [grey, colour], true],
    ['three channels', [fit, colour], false],
    ['no word of channels', [fit], false],
    ['bars are looked for in colours', [{ op: 'bars', rule: 'hansen' }, fit, grey], false],
    ['a window that cuts', [{ op: 'window', from: 10, to: 90 }, fit, grey], false],
  ]
  for (const [title, steps, expected] of ROWS)
    it(title, () => expect(takesLuma(list(...steps))).toBe(expected))
})

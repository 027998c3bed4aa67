/** Figures of a set: what is counted is what was made, copies and their labels, and cues that betray the class. */
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readLabelled } from '../../src/data/manifest.ts'
import { lookAtAll } from '../../src/dataset/facts.ts'
import { inspectionOf } from '../../src/dataset/inspect.ts'
import { inspectionText } from '../../src/dataset/inspect-text.ts'
import { folderOf } from '../data/files.ts'
import { asPng, COPYINGS, madeFilm } from '../data/made-films.ts'
import { hasShared, shared } from '../shared.ts'

const flat = (width: number, height: number, grey: number, border = grey) =>
  Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)]
    return x === 0 || y === 0 || x === width - 1 || y === height - 1 ? border : grey
  })

const png = (pixels: Uint8Array, width: number, height: number, channels: 1 | 3 = 1) => {
  const image = sharp(pixels, { raw: { width, height, channels } })
  return (channels === 1 ? image.toColourspace('b-w') : image).png().toBuffer()
}

async function inspected(folder: string) {
  const set = await readLabelled(folder)
  return inspectionOf(await lookAtAll(set.films), set.labels)
}

describe('a set in figures', () => {
  it('has sizes, formats, depths, colours, borders and bars by class, and films that cannot be read', async () => {
    const deep = sharp(
      Uint16Array.from(flat(40, 20, 100), (value) => value * 257),
      {
        raw: { width: 40, height: 20, channels: 1 },
      },
    )
    const red = Uint8Array.from({ length: 40 * 20 * 3 }, (_, at) => (at % 3 === 0 ? 200 : 100))
    const barred = Uint8Array.from({ length: 60 * 60 }, (_, at) => (at % 60 < 10 ? 0 : 100 + (at % 97)))
    const folder = folderOf({
      'a/edged.png': await png(flat(40, 20, 100, 200), 40, 20),
      'a/deep.png': await deep.toColourspace('grey16').png().toBuffer(),
      'a/red.png': await png(red, 40, 20, 3),
      'a/text.png': 'no film',
      'b/barred.jpg': await sharp(barred, { raw: { width: 60, height: 60, channels: 1 } })
        .toColourspace('b-w')
        .jpeg({ quality: 100 })
        .toBuffer(),
    })
    const { films, classes, failed } = await inspected(folder)
    expect(films).toBe(4)
    const [a, b] = classes
    expect(a).toMatchObject({
      films: 3,
      formats: { png: 3 },
      bits: { 8: 2, 16: 1 },
      colours: { coloured: 1, grey: 2 },
      width: [40, 40, 40],
      height: [20, 20, 20],
      withBars: 0,
      failed: 1,
    })
    expect(a!.borderGrey[2]).toBe(200)
    expect(a!.borderGrey[0]).toBeCloseTo(100, 1)
    expect(b).toMatchObject({ films: 1, formats: { jpeg: 1 }, withBars: 1, failed: 0 })
    expect(failed.map(({ path, code }) => [path, code])).toEqual([
      [join(folder, 'a/text.png'), 'ROE_FILM_FORMAT'],
    ])
  })

  it('names copies that have two labels or stand in two parts', async () => {
    const folder = folderOf({
      'films.csv': 'path,label,split\n1.png,a,train\n2.png,b,train\n3.png,b,test\n4.png,a,test\n',
      '1.png': await asPng(madeFilm(1)),
      '2.png': await COPYINGS['JPEG of quality 92']!(madeFilm(1)),
      '3.png': await asPng(madeFilm(3)),
      '4.png': await asPng(madeFilm(4)),
    })
    const inspection = await inspected(join(folder, 'films.csv'))
    expect(inspection.copies).toEqual([
      {
        paths: [join(folder, '1.png'), join(folder, '2.png')],
        identical: false,
        acrossLabels: true,
        acrossSplits: false,
      },
    ])
    expect(inspection.classes.map(({ copied }) => copied)).toEqual([1, 1])
    expect(inspectionText(inspection)).toContain(
      `1 with two labels, 0 in two parts of a split\n  ${folder}/1.png = `,
    )
  })

  it('says what guesses the label: here the format and the border do, the size does not', async () => {
    const files: Record<string, Uint8Array> = {}
    for (let number = 0; number < 60; number++) {
      const border = number < 30 ? 40 : 200
      const film = flat(20 + (number % 5), 20, 100 + (number % 7), border + (number % 3))
      files[`${number < 30 ? 'a' : 'b'}/${number}.png`] = await png(film, 20 + (number % 5), 20)
    }
    const { guesses } = await inspected(folderOf(files))
    expect(guesses?.chance).toBe(0.5)
    expect(guesses?.cues[0]).toEqual({ cue: 'grey of the border', right: 1 })
    const right = Object.fromEntries(guesses!.cues.map(({ cue, right: share }) => [cue, share]))
    expect(right['file format']).toBe(0.5)
    expect(right.pixels).toBe(0.5)
    for (const { right: share } of guesses!.cues) expect(share).toBeGreaterThanOrEqual(0.5)
  })
})

describe.skipIf(!hasShared)('on the team’s films (../shared/data)', () => {
  it('counts seed000 as its description does', async () => {
    const { classes, guesses } = await inspected(shared('seed000'))
    expect(classes.map(({ label, films }) => [label, films])).toEqual([
      ['covid', 101],
      ['normal', 102],
      ['pneumonia', 102],
    ])
    // By Pillow 13 and numpy, of the luma; here of the mean of the channels.
    for (const [index, grey] of [118.2, 78.8, 88.9].entries())
      expect(Math.abs(classes[index]!.borderGreyMean - grey)).toBeLessThan(0.3)
    expect(classes.map(({ formats }) => formats.png ?? 0)).toEqual([21, 0, 0])
    expect(classes.map(({ colours }) => colours.coloured ?? 0)).toEqual([11, 0, 0])
    const border = guesses!.cues.find(({ cue }) => cue === 'grey of the border')!.right
    expect(border).toBeGreaterThan(0.5)
  })
})

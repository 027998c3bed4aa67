import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import {
  accuracyAndLossPicture,
  accuracyPicture,
  type EpochFigures,
  historyPicture,
} from '../../src/report/history.ts'
import { joined, type Picture } from '../../src/report/plot.ts'
import { pngOf } from '../../src/report/png.ts'

const epochs = (count: number): EpochFigures[] =>
  Array.from({ length: count }, (_, epoch) => ({
    epoch,
    loss: 1 / (epoch + 1),
    accuracy: 1 - 1 / (epoch + 2),
    valLoss: 1.2 / (epoch + 1),
    valAccuracy: 0.9 - 1 / (epoch + 2),
  }))

/** The words of a picture, in the order of the document. */
const words = ({ svg }: Picture): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]+)</g)].map(([, word]) => word!)

const inkShare = async (png: Uint8Array): Promise<number> => {
  const { data } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true })
  return data.filter((value) => value < 128).length / data.length
}

describe('the plot of S4.5', () => {
  test('has its title, its axes and the four curves in the legend', () => {
    const found = words(historyPicture(epochs(25)))
    for (const word of [
      'Training Loss and Accuracy',
      'Epoch #',
      'Loss/Accuracy',
      'train_loss',
      'val_loss',
      'train_acc',
      'val_acc',
    ])
      expect(found).toContain(word)
    expect(found.filter((word) => /^\d+$/.test(word))).toEqual(
      Array.from({ length: 13 }, (_, i) => String(2 * i)),
    )
  })

  test('leaves out the curves of a run without validation films', () => {
    const history = epochs(5).map((row) => ({ ...row, valLoss: null, valAccuracy: null }))
    const found = words(historyPicture(history))
    expect(found).toContain('train_loss')
    expect(found).not.toContain('val_loss')
    expect(found).not.toContain('val_acc')
  })

  test('draws one epoch, and a loss that ran away', () => {
    const one = historyPicture(epochs(1))
    expect(words(one).filter((word) => /^\d+$/.test(word))).toEqual(['0'])
    const history = epochs(4).map((row, i) =>
      i === 2 ? { ...row, loss: Number.NaN, valLoss: Infinity } : row,
    )
    for (const picture of [one, historyPicture(history)])
      expect(picture.svg).not.toMatch(/NaN|Infinity|undefined/)
  })

  test('takes its title as text', () => {
    expect(historyPicture(epochs(2), '<script>a & b').svg).toContain('&lt;script&gt;a &amp; b')
  })
})

describe('the plots of S3.5, S0.8 and S2.6', () => {
  test('the accuracy alone, from 0.5 to 1, with its legend at the lower right, and the same text each time', () => {
    const history = epochs(20)
    const picture = accuracyPicture(history)
    const found = words(picture)
    expect(found).toEqual(expect.arrayContaining(['Model accuracy', 'Accuracy', 'train_acc', 'val_acc']))
    expect(found).not.toContain('train_loss')
    const ticks = found.filter((word) => /^[01]\.\d+$/.test(word)).map(Number)
    expect([Math.min(...ticks), Math.max(...ticks)]).toEqual([0.5, 1])
    expect(accuracyPicture(history).svg).toBe(picture.svg)
    // The legend's squares: in the right half, and in the lower one.
    const places = [...picture.svg.matchAll(/transform="translate\((\d[\d.]*),(\d[\d.]*)\)"/g)].slice(-2)
    expect(places).toHaveLength(2)
    for (const [, x, y] of places) {
      expect(Number(x)).toBeGreaterThan(picture.width / 2)
      expect(Number(y)).toBeGreaterThan(picture.height / 2)
    }
  })

  test('the accuracy alone says when it cuts epochs off', () => {
    const line = 'what lies below 0.5 is cut off'
    const good = epochs(5).map((row) => ({ ...row, accuracy: 0.8, valAccuracy: 0.5 }))
    expect(words(accuracyPicture(good))).not.toContain(line)
    expect(words(accuracyPicture([{ ...good[0]!, accuracy: 0.4 }, ...good.slice(1)]))).toContain(line)
  })

  test('accuracy and loss side by side, each with its legend', () => {
    const picture = accuracyAndLossPicture(epochs(20))
    const found = words(picture)
    for (const word of ['Accuracy', 'Loss', 'train_acc', 'val_acc', 'train_loss', 'val_loss'])
      expect(found).toContain(word)
    expect(picture.width).toBeGreaterThan(2 * 500)
    expect(picture.svg).not.toMatch(/NaN|undefined/)
  })
})

describe('PNG', () => {
  test('is twice the size, opaque, with letters in it, and the same bytes each time', async () => {
    const picture = historyPicture(epochs(25))
    const png = await pngOf(picture)
    const { width, height, channels, format } = await sharp(png).metadata()
    expect({ width, height, channels, format }).toEqual({
      width: 2 * picture.width,
      height: 2 * picture.height,
      channels: 3,
      format: 'png',
    })
    expect(Buffer.from(png).equals(Buffer.from(await pngOf(picture)))).toBe(true)
    const without = { ...picture, svg: picture.svg.replace(/<text[^>]*>[^<]*<\/text>/g, '') }
    // The letters of this plot cover more than a thousandth of it; a font that is missing would draw none.
    expect((await inkShare(png)) - (await inkShare(await pngOf(without)))).toBeGreaterThan(0.001)
  })

  test('is drawn though the reader of films blocks the loaders of sharp', async () => {
    await import('../../src/image/sharp.ts')
    expect((await pngOf(historyPicture(epochs(3)))).length).toBeGreaterThan(1000)
  })
})

describe('pictures join', () => {
  const box = (width: number, height: number): Picture => ({ svg: '<svg></svg>', width, height })
  test('side by side', () => {
    const { width, height, svg } = joined([box(10, 5), box(20, 8)], 'row')
    expect({ width, height }).toEqual({ width: 30, height: 8 })
    expect(svg).toContain('translate(10,0)')
  })
  test('below each other', () => {
    const { width, height, svg } = joined([box(10, 5), box(20, 8)], 'column')
    expect({ width, height }).toEqual({ width: 20, height: 13 })
    expect(svg).toContain('translate(0,5)')
  })
})

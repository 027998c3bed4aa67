/** A grid of pictures: every cell in its place, ratios kept, words escaped and cut, empty places where there is no picture. */
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { encodeJpeg, encodePng } from '../../src/image/encode.ts'
import { gridPicture } from '../../src/report/grid.ts'
import { pngOf } from '../../src/report/png.ts'

const flat = { width: 40, height: 20, channels: 1, pixels: new Uint8Array(800).fill(90) } as const

it('has each picture in its place, and says what the whole is for', async () => {
  const cell = { image: await encodePng(flat), width: 40, height: 20 }
  const cells = [cell, { ...cell, image: await encodeJpeg(flat) }, cell]
  const picture = gridPicture([{ heading: 'a', cells }], { title: 'Films', columns: 2, side: 100 })
  const places = [
    ...picture.svg.matchAll(/<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
  ]
  expect(places.map(([, ...numbers]) => numbers.map(Number))).toEqual([
    [8, 103, 100, 50],
    [116, 103, 100, 50],
    [8, 211, 100, 50],
  ])
  expect(picture.svg.match(/data:image\/(png|jpeg)/g)).toEqual([
    'data:image/png',
    'data:image/jpeg',
    'data:image/png',
  ])
  for (const words of ['>Films<', '>a<', '>Research use only, not for diagnosis.<'])
    expect(picture.svg).toContain(words)
  const { data, info } = await sharp(await pngOf(picture))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect([info.width, info.height]).toEqual([2 * picture.width, 2 * picture.height])
  // The middle of the third film, and the empty place beside it.
  const at = (x: number, y: number) => data[(2 * y * info.width + 2 * x) * info.channels]
  expect([at(58, 236), at(166, 236)]).toEqual([90, 255])
})

it('escapes and cuts captions, and leaves a place empty where there is no picture', () => {
  const cells = [
    { image: null, width: 1, height: 1, caption: '<b>&"', colour: '#c00000' },
    { image: null, width: 1, height: 1, caption: 'a caption that is far too long for its cell' },
  ]
  const { svg } = gridPicture([{ heading: '<a>', cells }], { title: 't', columns: 5 })
  expect(svg).toContain('fill="#c00000">&lt;b&gt;&amp;&quot;<')
  expect(svg).toContain('>a caption that is f…<')
  expect(svg).toContain('>&lt;a&gt;<')
  expect(svg).not.toContain('<image')
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(2)
})

it('is no wider than the films that it has', () => {
  const cells = Array.from({ length: 6 }, () => ({ image: null, width: 1, height: 1 }))
  const blocks = ['a', 'b'].map((heading) => ({ heading, cells }))
  expect(gridPicture(blocks, { title: 't', columns: 10 })).toEqual(
    gridPicture(blocks, { title: 't', columns: 6 }),
  )
})

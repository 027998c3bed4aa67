import { expect, it } from 'vitest'
import { decodeBytes } from '../../src/image/decode.ts'
import { encodeJpeg, encodePng } from '../../src/image/encode.ts'
import type { Pixels } from '../../src/image/film.ts'

for (const channels of [1, 3] as const) {
  const slope: Pixels = {
    width: 37,
    height: 21,
    channels,
    pixels: Uint8Array.from({ length: 37 * 21 * channels }, (_, i) => (i * 3) % 200),
  }
  it(`a PNG of ${channels} channels gives its pixels back, and the same bytes each time`, async () => {
    const bytes = await encodePng(slope)
    expect(await decodeBytes(bytes, 'made')).toEqual({ ...slope, bits: 8, source: 'made' })
    expect((await encodePng(slope)).equals(bytes)).toBe(true)
  })
  it(`a JPEG of ${channels} channels keeps size and channels, and is the same each time`, async () => {
    const bytes = await encodeJpeg(slope, 95)
    const { width, height, channels: count } = await decodeBytes(bytes, 'made')
    expect([width, height, count]).toEqual([37, 21, channels])
    expect((await encodeJpeg(slope, 95)).equals(bytes)).toBe(true)
    expect((await encodeJpeg(slope, 40)).length).toBeLessThan(bytes.length)
  })
}

/** Pixels to picture files, for previews, reports and made-up films: the same pixels give the same bytes. */
import type { Pixels } from './film.ts'
import { sharp } from './sharp.ts'

const raw = ({ width, height, channels, pixels }: Pixels) => {
  const image = sharp(pixels, { raw: { width, height, channels }, limitInputPixels: false })
  return image.toColourspace(channels === 1 ? 'b-w' : 'srgb')
}

/** A PNG of 8 bits, grey or RGB, without loss. */
export const encodePng = (pixels: Pixels): Promise<Buffer> =>
  raw(pixels).png({ compressionLevel: 6 }).toBuffer()

/** A baseline JPEG, grey or RGB. @param quality  1..100 */
export const encodeJpeg = (pixels: Pixels, quality = 90): Promise<Buffer> =>
  raw(pixels).jpeg({ quality, mozjpeg: false }).toBuffer()

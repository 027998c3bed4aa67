/** Pictures as PNG. Letters are drawn with whatever font the machine calls sans-serif: the same machine gives the same
 *  bytes, two machines may not. */
import sharp from 'sharp'
import type { Picture } from './plot.ts'

/** Pixels of the PNG for one of the picture's: sharp on dense screens, and in print. */
const DENSITY = 2

/** Pixels a side of what can be drawn; librsvg's. */
const MOST = 32_767

/** Whether a picture is small enough for `pngOf`. */
export const fitsPng = ({ width, height }: Picture): boolean => Math.max(width, height) * DENSITY <= MOST

/** An opaque PNG, twice the picture's size. @param picture  fits */
export async function pngOf({ svg, width }: Picture): Promise<Uint8Array> {
  // The reader of films blocks all loaders but its own, for the whole process. Films are recognized by their first
  // bytes before a loader sees them, so this opens no way for an SVG that is not ours.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] })
  return sharp(Buffer.from(svg), { density: 72 * DENSITY })
    .resize({ width: width * DENSITY })
    .flatten({ background: '#ffffff' })
    .png({ compressionLevel: 9 })
    .toBuffer()
}

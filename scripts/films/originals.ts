/** The good films that mutants are made of: every way in which sharp writes PNG, JPEG and TIFF, small. */
import type { Sharp } from 'sharp'
import { sharp } from '../../src/image/sharp.ts'
import type { MutantFormat } from './mutate-film.ts'

const WIDTH = 96
const HEIGHT = 80

/** A slope with a grain. */
const grey = Uint8Array.from(
  { length: WIDTH * HEIGHT },
  (_, i) => (i % WIDTH) * 2 + ((i * 2_654_435_761) >>> 27),
)
const colour = Uint8Array.from(
  { length: 3 * grey.length },
  (_, i) => (grey[Math.floor(i / 3)]! + 20 * (i % 3)) & 255,
)
const deep = Uint16Array.from(grey, (value) => value * 257)

const raw = { width: WIDTH, height: HEIGHT }
const ofGrey = (): Sharp => sharp(grey, { raw: { ...raw, channels: 1 } }).toColourspace('b-w')
const ofColour = (): Sharp => sharp(colour, { raw: { ...raw, channels: 3 } })
const ofDeep = (): Sharp => sharp(deep, { raw: { ...raw, channels: 1 } }).toColourspace('grey16')

const MADE: { readonly [F in MutantFormat]: readonly (() => Sharp)[] } = {
  png: [
    () => ofGrey().png(),
    () => ofColour().png({ progressive: true }),
    () => ofColour().png({ palette: true }),
    () => ofColour().ensureAlpha(0.5).png(),
    () => ofDeep().png(),
  ],
  jpeg: [
    () => ofGrey().jpeg(),
    () => ofColour().jpeg({ progressive: true }),
    () => ofColour().jpeg({ chromaSubsampling: '4:4:4' }),
    () =>
      ofColour()
        .withExif({ IFD0: { Artist: 'nobody' } })
        .jpeg(),
    () => ofColour().toColourspace('cmyk').jpeg(),
  ],
  tiff: [
    () => ofGrey().tiff({ compression: 'none' }),
    () => ofColour().tiff({ compression: 'lzw', predictor: 'horizontal' }),
    () => ofColour().tiff({ compression: 'deflate', tile: true, tileWidth: 32, tileHeight: 32 }),
    () => ofDeep().tiff({ compression: 'deflate' }),
    () => ofColour().tiff({ compression: 'jpeg' }),
  ],
}

export const FORMATS_OF_MUTANTS = Object.keys(MADE) as MutantFormat[]

/** @returns the whole films of a format */
export const originalsOf = (format: MutantFormat): Promise<Buffer[]> =>
  Promise.all(MADE[format].map((make) => make().toBuffer()))

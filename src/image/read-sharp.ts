/** The reader behind every row of FORMATS: sharp (libvips), with its colour management and its lenience off,
 *  so that a film has the values that Pillow and OpenCV give it. Leaves out alpha, later pages and ICC profiles. */
import assert from 'node:assert'
import { problemOf, RoentgenError } from '../../errors.ts'
import type { Film } from './film.ts'
import { inRoom } from './room.ts'
import { type Metadata, type Sharp, sharp } from './sharp.ts'

export interface ReadOptions {
  /** Most pixels (width x height) that a film may have. */
  limitPixels: number
  /** Of a film that is only tinted: its luma alone, its luma beside its colours, or its colours alone [colours]. */
  tinted?: Tinted
  /** Whether libjpeg-turbo and zlib may hold this thread instead of going to one of the pool [false]. */
  holds?: boolean
}

export type Tinted = 'luma' | 'both' | 'colours'

/** Sample types of libvips that a film may have → bits stored. */
const DEPTHS: Readonly<Record<string, 8 | 16>> = { uchar: 8, ushort: 16 }

const SPACES = { 8: { 1: 'b-w', 3: 'srgb' }, 16: { 1: 'grey16', 3: 'rgb16' } } as const

/** Decodes a PNG, JPEG, TIFF or WebP from memory, turned as EXIF says.
 *  @param source  the path, for errors and for the film
 *  @throws ROE_FILM_DAMAGED, ROE_FILM_TOO_LARGE, ROE_FILM_DEPTH */
export async function readWithSharp(bytes: Buffer, source: string, options: ReadOptions): Promise<Film> {
  try {
    return await read(bytes, source, options)
  } catch (error) {
    throw await inItsOwnWords(() => read(bytes, source, options), error)
  }
}

/** Attempts at most; two that agree are enough. */
const MOST_ATTEMPTS = 5
let lastAlone: Promise<unknown> = Promise.resolve()

/** libvips keeps the words of all threads in one place: of two films that fail at a time, one may be told the other's words,
 *  or none. So a film that failed is read again, one such film at a time, until it fails twice in the same words.
 *  @returns the error to be thrown */
async function inItsOwnWords(again: () => Promise<Film>, first: unknown): Promise<unknown> {
  const alone = lastAlone.then(async () => {
    let error = first
    for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt++) {
      const next: unknown = await again().catch((problem: unknown) => problem)
      if (problemOf(next) === problemOf(error) && !problemOf(next).includes('Unknown error')) return next
      error = next
    }
    return error
  })
  lastAlone = alone
  return alone
}

async function read(bytes: Buffer, source: string, options: ReadOptions): Promise<Film> {
  const image = sharp(bytes, {
    failOn: 'error', // 'warning' would refuse films that every other reader takes (stray bytes before a marker)
    ignoreIcc: true,
    autoOrient: true,
    limitInputPixels: false, // the limit is checked here, where width and height are known for the message
  })
  const header = await image.metadata().catch(damaged(source))
  const { width, height } = header
  if (width * height > options.limitPixels) {
    throw new RoentgenError('ROE_FILM_TOO_LARGE', {
      where: source,
      width,
      height,
      limit: options.limitPixels,
    })
  }
  return inRoom(width * height, () => decode(image, header, source))
}

async function decode(
  image: Sharp,
  { channels, hasAlpha, depth, space }: Metadata,
  source: string,
): Promise<Film> {
  const bits = DEPTHS[depth]
  if (bits === undefined) throw new RoentgenError('ROE_FILM_DEPTH', { where: source, depth })
  if (space === 'cmyk') {
    const raw = image.pipelineColourspace('cmyk').toColourspace('cmyk').removeAlpha().raw()
    const { data, info } = await raw.toBuffer({ resolveWithObject: true }).catch(damaged(source))
    assert.equal(info.channels, 4, 'a CMYK film has four channels')
    const pixels = rgbOfCmyk(data)
    return { width: info.width, height: info.height, channels: 3, bits: 8, pixels, source }
  }
  const count = channels - (hasAlpha ? 1 : 0) >= 3 ? 3 : 1
  const raw = image
    .removeAlpha()
    .toColourspace(SPACES[bits][count])
    .raw({ depth: bits === 16 ? 'ushort' : 'uchar' })
  const { data, info } = await raw.toBuffer({ resolveWithObject: true }).catch(damaged(source))
  assert.equal(data.length, info.width * info.height * count * (bits / 8), 'sharp gave the samples asked for')
  const pixels = bits === 16 ? samples16(data) : new Uint8Array(data.buffer, data.byteOffset, data.length)
  return { width: info.width, height: info.height, channels: count, bits, pixels, source }
}

const damaged = (source: string) => (cause: unknown) => {
  const problem = problemOf(cause)
    .replace(/^Input buffer has corrupt header: /, '')
    .replace(/^Input buffer contains unsupported image format$/, 'its header cannot be read')
  throw new RoentgenError('ROE_FILM_DAMAGED', { where: source, problem }, { cause })
}

// A pooled buffer may start at an odd byte, where no Uint16Array can.
const samples16 = (data: Buffer): Uint16Array =>
  data.byteOffset % 2 === 0
    ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
    : new Uint16Array(new Uint8Array(data).buffer)

/** Ink to light without a profile, as Pillow converts: (255 - ink) (255 - black) / 255. */
function rgbOfCmyk(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3)
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.round(((255 - cmyk[from + c]!) * light) / 255)
  }
  return rgb
}

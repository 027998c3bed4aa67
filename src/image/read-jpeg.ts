/** The reader of JPEG: libjpeg-turbo where it is there and the film is an ordinary one, else sharp. Both give the same
 *  bytes, sharp at three to four times the cost; and sharp has the words for what is wrong with a film. */
import { isTint } from './colour.ts'
import { mayAskForTurn } from './exif.ts'
import type { Film } from './film.ts'
import { giveBack, lend } from './lent.ts'
import { type ReadOptions, readWithSharp } from './read-sharp.ts'
import { inRoom } from './room.ts'
import {
  COLOUR_SPACE,
  type Handle,
  loadTurbo,
  PARAMETER,
  PIXEL_FORMAT,
  type TurboDecoding,
  type TurboJpeg,
} from './turbo.ts'

/** Decodes a JPEG from memory, turned as EXIF says.
 *  @throws ROE_FILM_DAMAGED, ROE_FILM_TOO_LARGE, ROE_FILM_DEPTH */
export async function readJpeg(bytes: Buffer, source: string, options: ReadOptions): Promise<Film> {
  return (await readWithTurbo(bytes, source, options)) ?? readWithSharp(bytes, source, options)
}

/** @returns null where the library is absent, or the film is not for it: to be turned, in other colours than grey and
 *  YCbCr, of other than 8 bits, lossless, arithmetically coded, too large, or with anything that is worth a warning */
export async function readWithTurbo(
  bytes: Buffer,
  source: string,
  options: ReadOptions,
): Promise<Film | null> {
  const turbo = await loadTurbo()
  if (typeof turbo === 'string' || mayAskForTurn(bytes)) return null
  const handle = turbo.open()
  if (handle === null) return null
  try {
    const header = headerOf(turbo, handle, bytes)
    if (header === null || header.width * header.height > options.limitPixels) return null
    const { width, height } = header
    const read = header.isGrey ? readGrey : readColour
    const decoded = await inRoom(width * height, () => read(turbo, handle, bytes, header, options))
    return decoded && { width, height, bits: 8, ...decoded, source }
  } finally {
    turbo.close(handle)
  }
}

/** Scans of a progressive film; ordinary ones have 10. */
const MOST_SCANS = 100

interface Header {
  width: number
  height: number
  isGrey: boolean
  subsampling: number
}

function headerOf(turbo: TurboJpeg, handle: Handle, bytes: Buffer): Header | null {
  turbo.set(handle, PARAMETER.scanLimit, MOST_SCANS)
  if (turbo.readHeader(handle, bytes, bytes.length) !== 0) return null
  const get = (name: keyof typeof PARAMETER): number => turbo.get(handle, PARAMETER[name])
  const space = get('colourSpace')
  const isGrey = space === COLOUR_SPACE.grey
  const isOrdinary = get('precision') === 8 && get('isArithmetic') !== 1 && get('isLossless') !== 1
  if (!isOrdinary || (!isGrey && space !== COLOUR_SPACE.ycbcr)) return null
  return { width: get('width'), height: get('height'), isGrey, subsampling: get('subsampling') }
}

type Decoded = Pick<Film, 'channels' | 'pixels' | 'luma'> | null

async function readGrey(
  turbo: TurboJpeg,
  handle: Handle,
  bytes: Buffer,
  { width, height }: Header,
  options: ReadOptions,
): Promise<Decoded> {
  const pixels = lend(width * height)
  const status = await decodingOf(turbo, options).decode(handle, bytes, pixels, PIXEL_FORMAT.grey)
  return status === 0 ? { channels: 1, pixels } : null
}

/** A film whose colour says nothing is its luma: what a decoder to RGB copies into all three channels. Most films are
 *  such, so this is looked at first, and costs no more than decoding grey. */
async function readColour(
  turbo: TurboJpeg,
  handle: Handle,
  bytes: Buffer,
  header: Header,
  options: ReadOptions,
): Promise<Decoded> {
  const { tinted = 'colours' } = options
  const found = await lumaOf(turbo, handle, bytes, header, options)
  if (found !== null && (found.isGrey || tinted === 'luma')) return { channels: 1, pixels: found.luma }
  const pixels = lend(header.width * header.height * 3)
  const status = await decodingOf(turbo, options).decode(handle, bytes, pixels, PIXEL_FORMAT.rgb)
  return status === 0 ? { channels: 3, pixels, ...(found !== null && { luma: found.luma }) } : null
}

/** @returns null where the film is neither grey nor, where that will do, only tinted */
async function lumaOf(
  turbo: TurboJpeg,
  handle: Handle,
  bytes: Buffer,
  { width, height, subsampling }: Header,
  options: ReadOptions,
): Promise<{ isGrey: boolean; luma: Uint8Array } | null> {
  if (subsampling < 0) return null // one that has no name
  const [luma, chroma] = [0, 1].map((plane) => ({
    width: turbo.planeWidth(plane, width, subsampling),
    height: turbo.planeHeight(plane, height, subsampling),
  })) as [Size, Size]
  const lumaBytes = luma.width * luma.height
  const planes = lend(lumaBytes + 2 * chroma.width * chroma.height)
  const status = await decodingOf(turbo, options).decodePlanes(handle, bytes, planes)
  const [cb, cr] = [0, 1].map((plane) => {
    const from = lumaBytes + plane * chroma.width * chroma.height
    return planes.subarray(from, from + chroma.width * chroma.height)
  }) as [Uint8Array, Uint8Array]
  const isGrey = isNeutral(cb) && isNeutral(cr)
  if (status !== 0 || !(isGrey || (mayBeTinted(options) && isTint(cb, cr)))) {
    giveBack(planes)
    return null
  }
  if (luma.width === width) return { isGrey, luma: planes.subarray(0, width * height) }
  // Planes are filled up to whole blocks of chroma.
  const pixels = lend(width * height)
  for (let y = 0; y < height; y++)
    pixels.set(planes.subarray(y * luma.width, y * luma.width + width), y * width)
  giveBack(planes)
  return { isGrey, luma: pixels }
}

const decodingOf = (turbo: TurboJpeg, { holds = false }: ReadOptions): TurboDecoding =>
  holds ? turbo.here : turbo.aside

const mayBeTinted = ({ tinted = 'colours' }: ReadOptions): boolean => tinted !== 'colours'

interface Size {
  width: number
  height: number
}

/** Chroma of no colour, as much as is compared at a time. */
const NEUTRAL = Buffer.alloc(2 ** 16, 128)

function isNeutral(chroma: Uint8Array): boolean {
  for (let at = 0; at < chroma.length; at += NEUTRAL.length) {
    const some = chroma.subarray(at, at + NEUTRAL.length)
    if (Buffer.compare(some, NEUTRAL.subarray(0, some.length)) !== 0) return false
  }
  return true
}

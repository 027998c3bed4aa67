/** The reader of PNG: an ordinary one of 8 bits is inflated by Node's zlib and its rows are undone on WebAssembly's vectors;
 *  any other, and whatever is odd or wrong, is left to sharp. Both give the same bytes, sharp at three times the cost; and
 *  sharp has the words for what is wrong with a film.
 *  @source W3C PNG specification, third edition */
import { promisify } from 'node:util'
import { crc32, inflate, inflateSync } from 'node:zlib'
import type { Film } from './film.ts'
import { lend } from './lent.ts'
import { type ReadOptions, readWithSharp } from './read-sharp.ts'
import { inRoom } from './room.ts'
import { UNFILTER_MODULE } from './wasm/unfilter-module.ts'
import { type WasmModule, wasmModule } from './wasm-module.ts'

/** Decodes a PNG from memory, turned as EXIF says.
 *  @throws ROE_FILM_DAMAGED, ROE_FILM_TOO_LARGE, ROE_FILM_DEPTH */
export async function readPng(bytes: Buffer, source: string, options: ReadOptions): Promise<Film> {
  return (await readOrdinaryPng(bytes, source, options)) ?? readWithSharp(bytes, source, options)
}

interface Module extends WasmModule {
  unfilter: (rows: number, stride: number, count: number, pixel: number, zeros: number) => number
  takeGrey: (
    rows: number,
    width: number,
    count: number,
    pixel: number,
    colours: number,
    out: number,
  ) => number
  takeColours: (rows: number, width: number, count: number, pixel: number, out: number) => void
}

/** Most memory of the module; larger films are rare, and their memory would be kept. */
const MOST_BYTES = 2 ** 26
const moduleOf = wasmModule<Module>(UNFILTER_MODULE, MOST_BYTES)

/** A vector may reach so far beyond what counts. */
const SLACK = 16

/** Kinds of pixels by their number in the file: bytes, and how many of the first are colours; alpha is left out. */
const KINDS: Readonly<Record<number, { bytes: number; colours: 1 | 3 }>> = {
  0: { bytes: 1, colours: 1 },
  2: { bytes: 3, colours: 3 },
  4: { bytes: 2, colours: 1 },
  6: { bytes: 4, colours: 3 },
}

/** @returns null for a film of other than 8 bits, with a palette, a colour that is transparent, several pictures or interlaced
 *  rows; that may be turned; too large; or damaged anywhere */
export async function readOrdinaryPng(
  bytes: Buffer,
  source: string,
  { limitPixels, holds = false }: ReadOptions,
): Promise<Film | null> {
  const file = contentOf(bytes)
  if (file === null || file.width * file.height > limitPixels) return null
  const { width, height, kind } = file
  const stride = width * kind.bytes
  const size = height * (stride + 1)
  const at = { zeros: 0, rows: stride + 2 * SLACK, out: stride + size + 3 * SLACK }
  const memoryBytes = at.out + width * height * kind.colours + SLACK
  if (memoryBytes > MOST_BYTES) return null
  return inRoom(width * height, async () => {
    const rows = await inflated(file.data, size, holds ? inflateHere : inflateAside)
    const module = moduleOf(memoryBytes)
    if (rows === null || module === null) return null
    const memory = new Uint8Array(module.memory.buffer)
    memory.fill(0, at.zeros, at.rows)
    memory.set(rows, at.rows)
    if (module.unfilter(at.rows, stride, height, kind.bytes, at.zeros) === 0) return null
    const isGrey = module.takeGrey(at.rows, width, height, kind.bytes, kind.colours, at.out) === 1
    if (!isGrey) module.takeColours(at.rows, width, height, kind.bytes, at.out)
    const channels = isGrey ? 1 : 3
    const pixels = lend(width * height * channels)
    pixels.set(memory.subarray(at.out, at.out + pixels.length))
    return { width, height, channels, bits: 8, pixels, source }
  })
}

interface Content {
  width: number
  height: number
  kind: (typeof KINDS)[number]
  /** What is inflated. */
  data: Buffer
}

/** Chunks that change no pixel. */
const HARMLESS = new Set(['gAMA', 'cHRM', 'sRGB', 'iCCP', 'sBIT', 'pHYs', 'tIME', 'bKGD', 'hIST', 'sPLT'])
const TEXTS = new Set(['tEXt', 'zTXt', 'iTXt'])
/** How texts begin in which some programs hide Exif. */
const HIDDEN = 'Raw profile'
const isHarmless = (name: string, chunk: Buffer): boolean =>
  HARMLESS.has(name) || (TEXTS.has(name) && chunk.toString('latin1', 0, HIDDEN.length) !== HIDDEN)

const SIGNATURE_BYTES = 8
/** Length, name and checksum of a chunk. */
const FRAME_BYTES = 12

/** @returns null where the file is not wholly ordinary */
function contentOf(bytes: Buffer): Content | null {
  let header: Omit<Content, 'data'> | null = null
  const data: Buffer[] = []
  let before = ''
  for (let at = SIGNATURE_BYTES; at + FRAME_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const end = at + FRAME_BYTES + length
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4))
      return null
    const name = bytes.toString('latin1', at + 4, at + 8)
    const chunk = bytes.subarray(at + 8, end - 4)
    if ((name === 'IHDR') !== (at === SIGNATURE_BYTES)) return null
    if (name === 'IHDR') header = headerOf(chunk)
    else if (name === 'IDAT' && (data.length === 0 || before === name)) data.push(chunk)
    else if (name === 'IEND')
      return header && data.length > 0
        ? { ...header, data: data.length === 1 ? data[0]! : Buffer.concat(data) }
        : null
    else if (!isHarmless(name, chunk)) return null
    before = name
    at = end
  }
  return null
}

function headerOf(chunk: Buffer): Omit<Content, 'data'> | null {
  if (chunk.length !== 13) return null
  const [width, height] = [chunk.readUInt32BE(0), chunk.readUInt32BE(4)]
  const [bits, number, ...ways] = chunk.subarray(8) // compression, filters, interlacing: 0 is the ordinary
  const kind = KINDS[number!]
  const isOrdinary = bits === 8 && ways.every((way) => way === 0) && width > 0 && height > 0
  return isOrdinary && kind !== undefined ? { width, height, kind } : null
}

type Inflate = (data: Buffer, options: { chunkSize: number; maxOutputLength: number }) => Promise<Buffer>

/** On a thread of the pool. */
const inflateAside: Inflate = promisify(inflate)
/** On this thread. */
const inflateHere: Inflate = async (data, options) => inflateSync(data, options)

/** @returns null where there are more or fewer bytes, or they cannot be inflated */
async function inflated(data: Buffer, size: number, inflate: Inflate): Promise<Buffer | null> {
  // In one piece, with a byte more, so that it is seen to end.
  const most = size + 1
  const found = await inflate(data, { chunkSize: Math.max(64, most), maxOutputLength: most }).catch(
    () => null,
  )
  return found?.length === size ? found : null
}

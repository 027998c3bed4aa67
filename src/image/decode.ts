/** From a path to a film: reads the bytes once (so that a caller can hash what it decodes), then decodes them by
 *  content. Every way in which a path can fail to be a film has a code; a pipe or device is never opened. */
import { closeSync, type Stats } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { problemOf, RoentgenError } from '../../errors.ts'
import { greyIfGrey } from './colour.ts'
import { ASIDE, type FileCalls } from './file-calls.ts'
import type { Film } from './film.ts'
import { FORMATS, formatOf, knownOther } from './formats.ts'
import { lend } from './lent.ts'
import { fileOf } from './raw-path.ts'
import type { Tinted } from './read-sharp.ts'

export interface DecodeOptions {
  /** Most pixels (width x height) of a film; 200 million unless given. */
  limitPixels?: number
  /** What is made of a JPEG that is only tinted, like old paper: the luma that it stores is what a model of one channel takes
   *  of it, within a level, and costs half of its colours ['colours']. */
  tinted?: Tinted
  /** Whether decoding may hold this thread: in a process with one core of its own a thread of the pool only takes turns with it,
   *  and the film has to come back [false]. */
  holds?: boolean
}

/** 200 megapixels: five times the largest detector's film, and at most 1.2 GB decoded. */
const LIMIT_PIXELS = 200_000_000

/** What is read of a file before its format is looked at: all of an ordinary film, and no more than a moment of any file. */
const FIRST_BYTES = 2 ** 18

/** A file as it was found when it was read. */
export interface FileFacts {
  sizeBytes: number
  /** Milliseconds since 1970, with fractions. */
  mtimeMs: number
}

/** Reads and decodes one film.
 *  @param path  as the user gave it; errors and `Film.source` carry it
 *  @returns one channel where the film is grey, whatever it is stored as, else three; 8 or 16 bits a sample as stored; turned as EXIF says
 *  @throws ROE_FILM_MISSING, _UNREADABLE, _NOT_A_FILE, _EMPTY, _FORMAT, _DAMAGED, _DEPTH, _TOO_LARGE */
export async function decodeFilm(path: string, options: DecodeOptions = {}): Promise<Film> {
  return decodeBytes(await readFilmBytes(path, await lookAtFilm(path)), path, options)
}

/** Decodes the bytes of a film file.
 *  @param source  the path, for errors and for `Film.source`
 *  @throws ROE_FILM_EMPTY, ROE_FILM_FORMAT, ROE_FILM_DAMAGED, ROE_FILM_DEPTH, ROE_FILM_TOO_LARGE */
export async function decodeBytes(
  bytes: Buffer,
  source: string,
  { limitPixels = LIMIT_PIXELS, tinted = 'colours', holds = false }: DecodeOptions = {},
): Promise<Film> {
  const format = expectFormat(bytes, source)
  return greyIfGrey(await format.read(bytes, source, { limitPixels, tinted, holds }))
}

/** Looks at a film file without opening it.
 *  @throws ROE_FILM_MISSING, ROE_FILM_UNREADABLE, ROE_FILM_NOT_A_FILE */
export async function lookAtFilm(path: string, calls: FileCalls = ASIDE): Promise<FileFacts> {
  try {
    const stats = await calls.stat(fileOf(path))
    // A folder that the walk could not open is an input of its own: opening it tells why.
    if (stats.isDirectory()) await (await opendir(fileOf(path))).close()
    if (!stats.isFile()) throw new RoentgenError('ROE_FILM_NOT_A_FILE', { where: path, kind: kindOf(stats) })
    return { sizeBytes: stats.size, mtimeMs: stats.mtimeMs }
  } catch (error) {
    throw error instanceof RoentgenError ? error : systemError(error, path)
  }
}

/** Reads the bytes of a film file; what is no film is given up after its first bytes, whatever its size.
 *  @param found  what `lookAtFilm` says of it
 *  @returns lent bytes (lent.ts)
 *  @throws ROE_FILM_MISSING, ROE_FILM_UNREADABLE, ROE_FILM_EMPTY, ROE_FILM_FORMAT */
export async function readFilmBytes(
  path: string,
  { sizeBytes }: FileFacts,
  calls: FileCalls = ASIDE,
): Promise<Buffer> {
  try {
    const file = await calls.open(fileOf(path))
    try {
      return await readAll(file, sizeBytes, path, calls)
    } finally {
      closeSync(file) // nothing was written, so nothing is waited for
    }
  } catch (error) {
    throw error instanceof RoentgenError ? error : systemError(error, path)
  }
}

async function readAll(file: number, sizeBytes: number, path: string, calls: FileCalls): Promise<Buffer> {
  const { buffer } = lend(sizeBytes)
  const bytes = Buffer.from(buffer, 0, sizeBytes)
  const headEnd = await fill(file, bytes.subarray(0, FIRST_BYTES), 0, calls)
  expectFormat(bytes.subarray(0, headEnd), path)
  const end = headEnd + (await fill(file, bytes.subarray(headEnd), headEnd, calls))
  return bytes.subarray(0, end)
}

/** Fills `bytes` from `position` of the file on. @returns how many bytes it had; fewer when it was cut since */
async function fill(file: number, bytes: Buffer, position: number, calls: FileCalls): Promise<number> {
  let done = 0
  while (done < bytes.length) {
    const bytesRead = await calls.read(file, bytes, done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

function expectFormat(head: Uint8Array, path: string) {
  if (head.length === 0) throw new RoentgenError('ROE_FILM_EMPTY', { where: path })
  const formats = FORMATS.map(({ name }) => name).join(', ')
  const found = knownOther(head)
  if (found !== undefined) throw new RoentgenError('ROE_FILM_FORMAT', { where: path, formats, found })
  const format = formatOf(head)
  if (format !== undefined) return format
  throw new RoentgenError('ROE_FILM_FORMAT', { where: path, formats })
}

const KINDS: readonly [test: (stats: Stats) => boolean, kind: string][] = [
  [(stats) => stats.isDirectory(), 'folder'],
  [(stats) => stats.isFIFO(), 'pipe'],
  [(stats) => stats.isSocket(), 'socket'],
]
const kindOf = (stats: Stats): string => KINDS.find(([test]) => test(stats))?.[1] ?? 'device'

/** System error → what it means to a user; others are told by their own message. */
const PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its symbolic links form a loop',
  EMFILE: 'too many open files',
  EIO: 'the disk or network failed',
}

function systemError(cause: unknown, path: string): RoentgenError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new RoentgenError('ROE_FILM_MISSING', { where: path }, { cause })
  const problem = PROBLEMS[code] ?? problemOf(cause)
  return new RoentgenError('ROE_FILM_UNREADABLE', { where: path, problem }, { cause })
}

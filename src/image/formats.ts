/** The table of film formats. A file is what its first bytes say it is; its extension does not count. */
import type { Film } from './film.ts'
import { readJpeg } from './read-jpeg.ts'
import { readPng } from './read-png.ts'
import { type ReadOptions, readWithSharp } from './read-sharp.ts'

export interface Format {
  name: string
  /** Whether a file that begins with `head` (132 bytes at least, or all) is of this format. */
  matches: (head: Uint8Array) => boolean
  /** Decodes the whole file. @throws ROE_FILM_DAMAGED, ROE_FILM_TOO_LARGE, ROE_FILM_DEPTH */
  read: (bytes: Buffer, source: string, options: ReadOptions) => Promise<Film>
}

const startsWith = (...starts: string[]) => {
  const all = starts.map((start) => Buffer.from(start, 'latin1'))
  return (head: Uint8Array): boolean => all.some((start) => start.equals(head.subarray(0, start.length)))
}

const isWebp = (head: Uint8Array): boolean => startsWith('RIFF')(head) && startsWith('WEBP')(head.subarray(8))

export const FORMATS: readonly Format[] = [
  { name: 'png', matches: startsWith('\x89PNG\r\n\x1a\n'), read: readPng },
  { name: 'jpeg', matches: startsWith('\xff\xd8\xff'), read: readJpeg },
  // Little and big endian, and BigTIFF of both.
  { name: 'tiff', matches: startsWith('II*\0', 'MM\0*', 'II+\0', 'MM\0+'), read: readWithSharp },
  { name: 'webp', matches: isWebp, read: readWithSharp },
]

/** Formats of films that are recognized and not read: DICOM has its name behind a preamble that may look like a TIFF. */
export const knownOther = (head: Uint8Array): string | undefined =>
  startsWith('DICM')(head.subarray(128)) ? 'DICOM' : undefined

/** The format of a file that begins with these bytes, or undefined. */
export const formatOf = (head: Uint8Array): Format | undefined => FORMATS.find(({ matches }) => matches(head))

/** The files of an npm package: a small gzipped tar, whose digest is known before it is read. Of tar's many forms only that
 *  of npm is read (ustar, plain files); anything else is refused. */
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'

/** An npm package of a part has about 1 MB. */
const MOST_BYTES = 64 << 20
const BLOCK = 512

export interface TarFile {
  name: string
  bytes: Uint8Array
}

/** @throws Error with one line that says what is wrong with it */
export async function readTgz(path: string): Promise<TarFile[]> {
  const bytes = gunzipSync(await readFile(path), { maxOutputLength: MOST_BYTES })
  const files: TarFile[] = []
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) break
    const { name, size, isFile } = readHeader(header)
    if (!isFile) throw new Error(`'${name}' is no plain file`)
    const begin = at + BLOCK
    if (begin + size > bytes.length) throw new Error(`'${name}' is cut short`)
    files.push({ name, bytes: bytes.subarray(begin, begin + size) })
    at = begin + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function readHeader(header: Uint8Array): { name: string; size: number; isFile: boolean } {
  const text = (from: number, length: number): string =>
    Buffer.from(header.subarray(from, from + length))
      .toString('utf8')
      .replace(/\0.*$/s, '')
  if (text(257, 5) !== 'ustar') throw new Error('it is not the tar of an npm package')
  const prefix = text(345, 155)
  const size = Number.parseInt(text(124, 12).trim(), 8)
  if (!(size >= 0)) throw new Error('a file in it has no size')
  const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
  return { name, size, isFile: ['0', ''].includes(text(156, 1)) }
}

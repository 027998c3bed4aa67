/** Lists of films as inputs: a text file or standard input with a path on each line, and the column `path` of a CSV.
 *  They are streamed, and taken as they are: a film that is named twice has two rows. */
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, relative, resolve } from 'node:path'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { pathOfBytes } from '../../image/raw-path.ts'
import { openCsv, tableError } from '../csv.ts'
import { fromHere } from './files-source.ts'
import type { Listed, Source } from './source.ts'

/** Longest line, in bytes: a film given for the list must not be read into memory as one line. */
const MAX_LINE_BYTES = 2 ** 16

export interface LinesOptions {
  /** What stands behind each path, and in no path: a line feed, or a NUL as `find -print0` writes it. */
  end: '\n' | '\0'
  /** What `-` stands for. */
  stdin: AsyncIterable<Uint8Array>
}

/** One path a line, from the folder that the command was started in. Empty lines count for nothing; paths need not be UTF-8.
 *  @param file  `-` for standard input, which can be read once
 *  @throws ROE_NOT_FOUND; ROE_MANIFEST, while it is listed, for what is no such list */
export async function linesSource(file: string, { end, stdin }: LinesOptions): Promise<Source> {
  const isStream = file === '-' || !(await isPlainFile(file))
  const bytes = () => (file === '-' ? stdin : (createReadStream(file) as AsyncIterable<Buffer>))
  return {
    what: file === '-' ? 'the list on standard input' : `the list ${file}`,
    repeatable: !isStream,
    root: null,
    covers: () => false,
    async *films() {
      for await (const path of linesOf(bytes(), end, file)) yield listed(path, fromHere(path))
    },
  }
}

/** The column `path` of a CSV; paths are relative to its own folder, or absolute. Other columns count for nothing.
 *  @throws ROE_NOT_FOUND; ROE_MANIFEST, while it is listed, with the line */
export async function manifestSource(file: string): Promise<Source> {
  await isPlainFile(file)
  const folder = dirname(file)
  return {
    what: `the manifest ${file}`,
    repeatable: true,
    root: await realpath(folder),
    covers: () => false,
    async *films(told) {
      const { columns, notes, records } = await openCsv(file, ['path'])
      told.push(...notes)
      const column = columns.indexOf('path')
      for await (const { line, cells } of records) {
        const written = cells[column] ?? ''
        if (written === '') throw tableError(file, line, 'the path is empty; fill it in or drop the row')
        const path = isAbsolute(written) ? normalize(written) : join(folder, written)
        yield listed(path, relative(resolve(folder), resolve(path)))
      }
    },
  }
}

const listed = (path: string, relative: string): Listed => ({
  path,
  real: resolve(path),
  relative,
  problem: null,
})

/** @returns false for a pipe, as a shell's `<(…)` is one @throws ROE_NOT_FOUND */
async function isPlainFile(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null)
  if (found === null || found.isDirectory())
    throw new RoentgenError('ROE_NOT_FOUND', { where: file, kind: 'file' })
  return found.isFile()
}

async function* linesOf(
  pieces: AsyncIterable<Uint8Array>,
  end: '\n' | '\0',
  file: string,
): AsyncGenerator<string> {
  const [where, last] = [file === '-' ? 'standard input' : file, end.charCodeAt(0)]
  let [rest, line] = [Buffer.alloc(0), 1]
  try {
    for await (const piece of pieces) {
      if (rest.length > MAX_LINE_BYTES) throw tableError(where, line, 'the line is too long for a path')
      rest = Buffer.concat([rest, piece])
      let begin = 0
      for (let at = rest.indexOf(last); at >= 0; at = rest.indexOf(last, begin)) {
        const path = pathIn(rest.subarray(begin, at), line)
        begin = at + 1
        line += 1
        if (path !== '') yield path
      }
      rest = rest.subarray(begin)
    }
  } catch (error) {
    throw error instanceof RoentgenError ? error : tableError(where, line, problemOf(error))
  }
  const path = pathIn(rest, line)
  if (path !== '') yield path

  function pathIn(bytes: Buffer, line: number): string {
    if (line === 1 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)))
      throw tableError(where, line, 'the list is UTF-16; save it as UTF-8')
    if (end !== '\0' && bytes.includes(0))
      throw tableError(where, line, 'the line has a NUL; give -0 with a list that NULs divide')
    const path = pathOfBytes(bytes)
    return end === '\0' ? path : path.replace(line === 1 ? /^\ufeff|\r$/g : /\r$/, '')
  }
}

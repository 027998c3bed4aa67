/** In which encoding a text file is. Spreadsheets and old tools write others than UTF-8; reading those as UTF-8 would
 *  replace every letter above ASCII in silence. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { RoentgenError } from '../../errors.ts'

/** UTF-8 if every byte of the file agrees with it, UTF-16 by its mark, else Latin-1 (which accepts any byte).
 *  @throws ROE_NOT_FOUND where there is no such file */
export async function encodingOf(path: string): Promise<'utf8' | 'utf16le' | 'latin1'> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'file' })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let first = true
  for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) {
    if (first && bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf16le'
    first = false
    try {
      decoder.decode(bytes, { stream: true })
    } catch {
      return 'latin1'
    }
  }
  try {
    decoder.decode()
  } catch {
    return 'latin1'
  }
  return 'utf8'
}

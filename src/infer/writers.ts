/** Writes tables of scores: whole or not at all, in the format that the extension of the output says. */
import { RoentgenError } from '../../errors.ts'
import { WholeFile } from '../../whole-file.ts'
import type { Cell, Column } from '../data/rows/columns.ts'
import { EXTENSIONS, formatOf, type RowFormat } from '../data/rows/formats.ts'

/** @throws ROE_OPTION for an extension that no format has */
export function writerFor(out: string, option = '-o'): RowFormat {
  const format = formatOf(out)
  if (format !== null) return format
  throw new RoentgenError('ROE_OPTION', {
    where: option,
    expected: `a file that ends in ${EXTENSIONS}`,
    received: out,
  })
}

/** Writes rows as they come; holds no more than a few thousand. The file appears when the last one is written.
 *  @param header  what the run says of itself, as JSON, for formats that have a place for it
 *  @throws ROE_OPTION, ROE_WRITE, what `rows` throws; nothing is left of the file then */
export async function writeRows(
  out: string,
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]>,
  header: string,
): Promise<void> {
  writerFor(out)
  await fillRows(await WholeFile.create(out), columns, rows, header)
}

/** The same into a file that is open; it has its name at the end, or is abandoned. */
export async function fillRows(
  file: WholeFile,
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]>,
  header: string,
): Promise<void> {
  try {
    for await (const piece of writerFor(file.path).write(columns, rows, header)) await file.write(piece)
    await file.finish()
  } catch (error) {
    await file.abandon()
    throw error
  }
}

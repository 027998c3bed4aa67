/** The table of formats that scores are written in and read from, by the extension of the file. */
import { extname } from 'node:path'
import type { Cell, Column, RowSource } from './columns.ts'
import { openCsvRows, writeCsv } from './csv-rows.ts'
import { openJsonLines, writeJsonLines } from './json-lines.ts'
import { openParquet, writeParquet } from './parquet.ts'

export interface RowFormat {
  extension: string
  /** The pieces of a file. The same rows and the same header give the same bytes.
   *  @param header  what the run says of itself, as JSON; kept where the format has a place for it */
  write: (
    columns: readonly Column[],
    rows: AsyncIterable<readonly Cell[]>,
    header: string,
  ) => AsyncGenerator<string | Uint8Array>
  /** @param required  columns that must be there
   *  @throws ROE_NOT_FOUND, ROE_MANIFEST */
  open: (path: string, required: readonly string[]) => Promise<RowSource>
}

export const ROW_FORMATS: readonly RowFormat[] = [
  { extension: '.csv', write: writeCsv, open: openCsvRows },
  { extension: '.jsonl', write: writeJsonLines, open: openJsonLines },
  { extension: '.parquet', write: writeParquet, open: openParquet },
]

/** For messages: `.csv, .jsonl or .parquet`. */
export const EXTENSIONS = ROW_FORMATS.map(({ extension }) => extension)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' or ')

/** @returns null for an extension that no format has */
export const formatOf = (path: string): RowFormat | null =>
  ROW_FORMATS.find(({ extension }) => extension === extname(path).toLowerCase()) ?? null

/** The table of formats that scores are written in, by the extension of the output. */
import { extname } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { csvRow } from '../data/csv.ts'
import { cellsOf, columnsOf, type ScoredFilm } from './row.ts'

export interface Writer {
  extension: string
  /** What stands before the rows. */
  head: (labels: readonly string[]) => string
  row: (film: ScoredFilm, labels: readonly string[]) => string
}

export const WRITERS: readonly Writer[] = [
  {
    extension: '.csv',
    head: (labels) => csvRow(columnsOf(labels)),
    row: (film, labels) => csvRow(cellsOf(film, labels)),
  },
  {
    extension: '.jsonl',
    head: () => '',
    row: (film, labels) => {
      const cells = cellsOf(film, labels)
      return `${JSON.stringify(Object.fromEntries(columnsOf(labels).map((name, i) => [name, cells[i]])))}\n`
    },
  },
]

/** @throws ROE_OPTION for an extension that no writer has */
export function writerFor(out: string): Writer {
  const extension = extname(out).toLowerCase()
  const writer = WRITERS.find((row) => row.extension === extension)
  if (writer !== undefined) return writer
  const expected = `a file that ends in ${WRITERS.map((row) => row.extension).join(' or ')}`
  throw new RoentgenError('ROE_OPTION', { where: '-o', expected, received: out })
}

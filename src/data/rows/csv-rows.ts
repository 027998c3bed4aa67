/** Tables of scores as CSV: text that a spreadsheet would run is escaped, and an empty cell is unknown. */
import { csvRow, openCsv } from '../csv.ts'
import { type Cell, type CellType, type Column, columnOf, type Row, type RowSource } from './columns.ts'

export async function* writeCsv(
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]>,
): AsyncGenerator<string> {
  yield csvRow(columns.map(({ name }) => name))
  for await (const cells of rows) yield csvRow(cells)
}

export async function openCsvRows(path: string, required: readonly string[]): Promise<RowSource> {
  const { columns: names, notes, records } = await openCsv(path, required)
  const columns = names.map(columnOf)
  return { path, columns, notes, rows: typed(records, columns) }
}

async function* typed(
  records: AsyncIterable<{ line: number; cells: readonly string[] }>,
  columns: readonly Column[],
): AsyncGenerator<Row> {
  const status = columns.findIndex(({ name }) => name === 'status')
  for await (const { line, cells } of records) {
    const isOk = cells[status] === 'ok'
    yield { line, cells: columns.map((column, i) => cellIn(cells[i]!, column, isOk)) }
  }
}

/** Empty is unknown, but for the labels of a film that was scored: none of them reached its threshold. */
const cellIn = (text: string, { name, type }: Column, isOk: boolean): Cell =>
  text !== '' ? VALUES[type](text) : isOk && /^([^:]*:)?labels$/.test(name) ? '' : null

/** Text that is no number becomes NaN: who needs a number there says so, with the line. */
const VALUES: Readonly<Record<CellType, (text: string) => Cell>> = {
  text: (text) => text,
  float: Number,
  int: Number,
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
}

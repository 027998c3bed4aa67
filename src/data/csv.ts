/** CSV as this project reads and writes it: a header, commas, UTF-8, one row a film.
 *  Writing escapes the cells that a spreadsheet would run as formulas; reading takes that escape off again. */
import { createReadStream } from 'node:fs'
import { type Info, parse } from 'csv-parse'
import { stringify } from 'csv-stringify/sync'
import { problemOf, RoentgenError } from '../../errors.ts'
import { encodingOf } from './encoding.ts'

/** Longest row, in bytes: a file that is no CSV must not be read into memory as one row. */
const MAX_ROW_BYTES = 2 ** 20

const FORMULA = /^'*[=+\-@\t\r\n]/

/** Makes a cell harmless to spreadsheets: one that begins with = + - @, a tab or a line break (after any number of
 *  apostrophes) gets an apostrophe before it. `unescapeCell` takes exactly that apostrophe off again. */
export const escapeCell = (cell: string): string => (FORMULA.test(cell) ? `'${cell}` : cell)

/** The inverse of escapeCell; cells that it did not change stay as they are. */
export const unescapeCell = (cell: string): string =>
  cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell

/** One CSV row, ended by a line feed. Text is escaped for spreadsheets and quoted where it must be, numbers are
 *  written as JavaScript writes them (the shortest text that reads back as the same number), null is empty. */
export function csvRow(cells: readonly (string | number | boolean | null)[]): string {
  const texts = cells.map((cell) =>
    typeof cell === 'string' ? escapeCell(cell) : cell === null ? '' : String(cell),
  )
  return stringify([texts])
}

export interface TableRow {
  /** 1-based line of the file on which the row ends. */
  line: number
  /** The cell of a column; empty text for a column that the table does not have. */
  cell: (column: string) => string
}

export interface Table<Row> {
  /** Names of the columns in their order, as written (columns may have no name). */
  columns: string[]
  rows: Row[]
  /** What the user should know about the reading, one sentence each. */
  notes: string[]
}

/** Reads a CSV with a header. Column names are case-sensitive; a byte order mark and empty lines are passed over; a
 *  file that is not valid UTF-8 is read as Latin-1, with a note.
 *  @param required  columns that must be there
 *  @param toRow  called once a row, in order; `columns` is the header
 *  @throws ROE_NOT_FOUND; ROE_MANIFEST with the line, when the header or a row is not as it must be */
export async function readTable<Row>(
  path: string,
  required: readonly string[],
  toRow: (row: TableRow, columns: readonly string[]) => Row,
): Promise<Table<Row>> {
  const { columns, notes, records } = await openCsv(path, required)
  const positions = new Map(columns.map((column, position) => [column, position]))
  const rows: Row[] = []
  for await (const { line, cells } of records) {
    const cell = (column: string): string => cells[positions.get(column) ?? -1] ?? ''
    rows.push(toRow({ line, cell }, columns))
  }
  return { columns, rows, notes }
}

/** The header alone; empty of an empty file. @throws ROE_NOT_FOUND, ROE_MANIFEST */
export async function readColumns(path: string): Promise<string[]> {
  const records = recordsOf(path, await encodingOf(path))
  const { value } = await records.next()
  await records.return(undefined)
  return value?.cells ?? []
}

export interface CsvRecord {
  /** 1-based line of the file on which the record ends. */
  line: number
  /** As many as there are columns, without the escape for spreadsheets. */
  cells: string[]
}

/** As readTable, but a stream: nothing is held but the header.
 *  @returns `records` is to be read once, and to its end or its `return`: the file is open until then */
export async function openCsv(
  path: string,
  required: readonly string[],
): Promise<{ columns: string[]; notes: string[]; records: AsyncGenerator<CsvRecord> }> {
  const encoding = await encodingOf(path)
  const notes = encoding === 'latin1' ? [`${path} is not valid UTF-8 and was read as Latin-1`] : []
  const records = recordsOf(path, encoding)
  const { value: header } = await records.next()
  if (header === undefined)
    throw tableError(path, null, 'the file is empty; its first row must name the columns')
  const columns = header.cells
  try {
    refuseHeader(columns, required, path)
  } catch (error) {
    await records.return(undefined)
    throw error
  }
  return { columns, notes, records: sameWidth(records, columns, path) }
}

async function* sameWidth(
  records: AsyncGenerator<CsvRecord>,
  columns: readonly string[],
  path: string,
): AsyncGenerator<CsvRecord> {
  for await (const record of records) {
    refuseOtherWidth(record.cells, columns, path, record.line)
    yield record
  }
}

async function* recordsOf(path: string, encoding: BufferEncoding): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    encoding,
    info: true,
    max_record_size: MAX_ROW_BYTES,
    relax_column_count: true, // so that our own message, with its advice, is given by refuseOtherWidth
    skip_empty_lines: true,
  })
  // Not stream.pipeline: where the reading below throws in a long file, it rejects with an AbortError instead.
  const file = createReadStream(path).on('error', (error) => parser.destroy(error))
  try {
    for await (const { info, record } of file.pipe(parser) as AsyncIterable<{ info: Info; record: string[] }>)
      yield { line: info.lines, cells: record.map(unescapeCell) }
  } catch (error) {
    throw new RoentgenError('ROE_MANIFEST', { where: path, problem: problemOf(error) }, { cause: error })
  } finally {
    file.destroy()
  }
}

/** An error of a table, with its line where there is one. */
export const tableError = (path: string, line: number | null, problem: string): RoentgenError =>
  new RoentgenError('ROE_MANIFEST', { where: line === null ? path : `${path}, line ${line}`, problem })

/** Refuses two rows for one film. @param key  what makes a film the same, e.g. its resolved path */
export function refuseRepeats<Row extends { line: number }>(
  path: string,
  rows: readonly Row[],
  key: (row: Row) => string,
): void {
  const seen = new Map<string, number>()
  for (const row of rows) {
    const earlier = seen.get(key(row))
    if (earlier !== undefined)
      throw tableError(
        path,
        row.line,
        `the film ${key(row)} is already on line ${earlier}; keep one of the two`,
      )
    seen.set(key(row), row.line)
  }
}

/** Refuses a header in which a name stands twice, or one that is needed does not. */
export function refuseHeader(columns: readonly string[], required: readonly string[], path: string): void {
  const twice = columns.find((column, i) => column !== '' && columns.indexOf(column) < i)
  if (twice !== undefined) throw tableError(path, 1, `two columns are named '${twice}'; rename one`)
  const missing = required.filter((column) => !columns.includes(column))
  if (missing.length > 0) {
    const names = `${missing.length > 1 ? 'columns' : 'column'} ${missing.map((name) => `'${name}'`).join(', ')}`
    const hint = columns.length === 1 ? ', and commas between them' : ''
    throw tableError(path, 1, `it needs the ${names} (in small letters${hint}); it has ${columns.join(', ')}`)
  }
}

function refuseOtherWidth(
  record: readonly string[],
  columns: readonly string[],
  path: string,
  line: number,
): void {
  if (record.length === columns.length) return
  const problem = `the row has ${record.length} cells, the header has ${columns.length}`
  throw tableError(path, line, `${problem}; put cells that hold commas into double quotes`)
}

/** Tables of scores as JSON lines: an object a row, its keys the columns. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { RoentgenError } from '../../../errors.ts'
import { tableError } from '../csv.ts'
import { type Cell, type Column, columnOf, type Row, type RowSource } from './columns.ts'

export async function* writeJsonLines(
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]>,
): AsyncGenerator<string> {
  for await (const cells of rows)
    yield `${JSON.stringify(Object.fromEntries(columns.map(({ name }, i) => [name, cells[i]])))}\n`
}

/** The columns are the keys of the first row whose status is `ok`, since others may lack some; else of the first row. */
export async function openJsonLines(path: string): Promise<RowSource> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'file' })
  const columns = (await namesIn(path)).map(columnOf)
  return { path, columns, notes: [], rows: rowsOf(path, columns) }
}

async function namesIn(path: string): Promise<string[]> {
  let names: string[] | null = null
  for await (const { object } of objectsOf(path)) {
    if (object.status === 'ok') return Object.keys(object)
    names ??= Object.keys(object)
  }
  return names ?? []
}

async function* rowsOf(path: string, columns: readonly Column[]): AsyncGenerator<Row> {
  for await (const { line, object } of objectsOf(path))
    yield { line, cells: columns.map(({ name }) => cellOf(object[name])) }
}

/** What is no plain value is told as JSON. */
const cellOf = (value: unknown): Cell =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : value == null
      ? null
      : JSON.stringify(value)

async function* objectsOf(
  path: string,
): AsyncGenerator<{ line: number; object: Readonly<Record<string, unknown>> }> {
  const input = createReadStream(path)
  let line = 0
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      line++
      if (text !== '') yield { line, object: parseObject(path, line, text) }
    }
  } finally {
    input.destroy()
  }
}

function parseObject(path: string, line: number, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // falls through to the one message for both
  }
  throw tableError(path, line, 'the line is no JSON object')
}

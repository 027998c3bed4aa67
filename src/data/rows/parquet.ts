/** Tables of scores as Parquet, a group of rows at a time: what is held does not grow with the table.
 *  Written with snappy, which every reader has; floats are float32. */
import { stat } from 'node:fs/promises'
import {
  asyncBufferFromFile,
  type FileMetaData,
  type ParquetReadOptions,
  parquetMetadataAsync,
  parquetRead,
  type SchemaElement,
} from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { refuseHeader, tableError } from '../csv.ts'
import type { Cell, CellType, Column, Row, RowSource } from './columns.ts'
import { shortest } from './shortest.ts'

/** Rows that are held while they are written. */
const GROUP = 10_000

/** Cells that are held while they are read: a group of a wide table, of embeddings say, is read in parts. */
const CELLS = 1 << 20

/** Where the header of a run stands in the file. */
const HEADER_KEY = 'roentgen.header'

/** The element of the schema for each type. */
const ELEMENTS: Readonly<Record<CellType, Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>>> =
  {
    text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    float: { type: 'FLOAT' },
    int: { type: 'INT32' },
    boolean: { type: 'BOOLEAN' },
  }

/** @param header  JSON that is kept in the file */
export async function* writeParquet(
  columns: readonly Column[],
  rows: AsyncIterable<readonly Cell[]>,
  header: string,
): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter()
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: schemaOf(columns),
    kvMetadata: [{ key: HEADER_KEY, value: header }],
    createdBy: 'roentgen',
  })
  for await (const group of groupsOf(rows)) {
    const columnData = columns.map(({ name }, i) => ({ name, data: group.map((cells) => cells[i] ?? null) }))
    parquet.write({ columnData, rowGroupSize: GROUP })
    yield take(bytes)
  }
  parquet.finish()
  yield take(bytes)
}

const schemaOf = (columns: readonly Column[]): SchemaElement[] => [
  { name: 'root', num_children: columns.length },
  ...columns.map(({ name, type }) => ({ name, ...ELEMENTS[type], repetition_type: 'OPTIONAL' as const })),
]

async function* groupsOf<T>(rows: AsyncIterable<T>): AsyncGenerator<T[]> {
  let group: T[] = []
  for await (const row of rows) {
    group.push(row)
    if (group.length < GROUP) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

/** What was written since the last time; the writer goes on counting. */
function take(bytes: ByteWriter): Uint8Array {
  const taken = bytes.getBytes().slice()
  bytes.index = 0
  return taken
}

/** @throws ROE_NOT_FOUND, ROE_MANIFEST */
export async function openParquet(path: string, required: readonly string[]): Promise<RowSource> {
  const { file, metadata } = await openFile(path)
  const columns = metadata.schema.slice(1).map((element) => columnOf(path, element))
  const names = columns.map(({ name }) => name)
  refuseHeader(names, required, path)
  return { path, columns, notes: [], rows: rowsOf(path, file, metadata, columns) }
}

async function openFile(path: string) {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'file' })
  try {
    const file = await asyncBufferFromFile(path)
    return { file, metadata: await parquetMetadataAsync(file) }
  } catch (error) {
    throw noParquet(path, error)
  }
}

const noParquet = (path: string, error: unknown) =>
  tableError(path, null, `it cannot be read as Parquet (${problemOf(error)})`)

function columnOf(path: string, { name, type, num_children, repetition_type }: SchemaElement): Column {
  if (num_children !== undefined || repetition_type === 'REPEATED')
    throw tableError(path, null, `the column '${name}' is not flat; scores are text, numbers and booleans`)
  return { name, type: TYPES[type ?? ''] ?? 'text' }
}

const TYPES: Readonly<Record<string, CellType>> = {
  FLOAT: 'float',
  DOUBLE: 'float',
  INT32: 'int',
  INT64: 'int',
  BOOLEAN: 'boolean',
}

async function* rowsOf(
  path: string,
  file: Awaited<ReturnType<typeof asyncBufferFromFile>>,
  metadata: FileMetaData,
  columns: readonly Column[],
): AsyncGenerator<Row> {
  const isFloat32 = metadata.schema.slice(1).map(({ type }) => type === 'FLOAT')
  const names = columns.map(({ name }) => name)
  const atOnce = Math.max(1, Math.floor(CELLS / columns.length))
  let start = 0
  for (const { num_rows } of metadata.row_groups) {
    const groupEnd = start + Number(num_rows)
    while (start < groupEnd) {
      const end = Math.min(start + atOnce, groupEnd)
      const rows = await readRows({ file, metadata, columns: names, rowStart: start, rowEnd: end }, path)
      for (const [i, row] of rows.entries())
        yield { line: start + i + 1, cells: names.map((_, c) => cellOf(row[c], isFloat32[c]!)) }
      start = end
    }
  }
}

type PartOfFile = Pick<ParquetReadOptions, 'file' | 'metadata' | 'columns' | 'rowStart' | 'rowEnd'>

/** @returns for each row its values, in the order of the columns */
const readRows = (part: PartOfFile, path: string): Promise<unknown[][]> =>
  new Promise((resolve, reject) => {
    parquetRead({ ...part, rowFormat: 'array', onComplete: resolve }).catch((error) =>
      reject(noParquet(path, error)),
    )
  })

function cellOf(value: unknown, isFloat32: boolean): Cell {
  if (typeof value === 'number') return isFloat32 ? shortest(value) : value
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' || typeof value === 'boolean' ? value : null
}

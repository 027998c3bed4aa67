import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { describe, expect, it, test } from 'vitest'
import { type Cell, columnOf } from '../../../src/data/rows/columns.ts'
import { EXTENSIONS, ROW_FORMATS, type RowFormat } from '../../../src/data/rows/formats.ts'
import { shortest } from '../../../src/data/rows/shortest.ts'
import { openRows } from '../../../src/data/scores.ts'
import { folderOf, messageOf } from '../files.ts'

const NAMES = ['path', 'status', 'label', 'p_Covid', 'z_=cmd', 'width', 'bars', 'coloured', 'm:p_a:b']
const COLUMNS = NAMES.map(columnOf)

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

async function bytesOf(format: RowFormat, rows: readonly (readonly Cell[])[], header = '{}') {
  const pieces: Uint8Array[] = []
  for await (const piece of format.write(COLUMNS, each(rows), header)) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

async function readBack(path: string) {
  const { columns, rows } = await openRows(path)
  const cells: Cell[][] = []
  for await (const row of rows) cells.push([...row.cells])
  return { columns, cells }
}

// No lone surrogates: no file system and no encoding has them.
const TEXT = fc.string({ unit: 'grapheme', minLength: 1 })
const FLOAT = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => shortest(value) + 0)
const INT = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const OK = fc.tuple(TEXT, fc.constant('ok'), TEXT, FLOAT, FLOAT, INT, fc.option(TEXT), fc.boolean(), FLOAT)
const FAILED = TEXT.map((path) => [path, 'failed', ...Array<null>(NAMES.length - 2).fill(null)])

test('the types of columns follow from their names', () => {
  expect(COLUMNS.map(({ type }) => type)).toEqual([
    'text',
    'text',
    'text',
    'float',
    'float',
    'int',
    'text',
    'boolean',
    'float',
  ])
})

describe.each(ROW_FORMATS)('$extension', (format) => {
  it('gives back what was written, whatever is in the cells', async () => {
    const path = join(folderOf({}), `s${format.extension}`)
    const rows = fc.array(fc.oneof(OK, FAILED), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(rows, async (rows) => {
        writeFileSync(path, await bytesOf(format, rows as Cell[][]))
        const { columns, cells } = await readBack(path)
        // JSON lines name their columns in their rows: one that is `ok` has them all.
        expect(columns).toEqual(COLUMNS)
        expect(cells).toEqual(rows)
      }),
    )
  })

  it('gives the same bytes for the same rows', async () => {
    const rows: Cell[][] = [['a', 'ok', 'Covid', 0.1, -2, 3, null, true, null]]
    expect(await bytesOf(format, rows)).toEqual(await bytesOf(format, rows))
  })

  it('is read as a stream, and may be left early', async () => {
    const path = join(folderOf({}), `s${format.extension}`)
    const many = Array.from({ length: 11_000 }, (_, i): Cell[] => [
      `${i}`,
      'ok',
      'a',
      0.5,
      i,
      i,
      null,
      false,
      null,
    ])
    writeFileSync(path, await bytesOf(format, many))
    let read = 0
    for await (const { cells } of (await openRows(path)).rows) {
      expect(cells).toEqual(many[read++])
      if (read === 10_001) break
    }
    expect(read).toBe(10_001)
  })
})

test('that no label reached its threshold is known, in CSV too', async () => {
  const folder = folderOf({ 's.csv': 'path,status,label,labels,m:labels\na,ok,x,,x|y\nb,failed,,,\n' })
  expect((await readBack(join(folder, 's.csv'))).cells).toEqual([
    ['a', 'ok', 'x', '', 'x|y'],
    ['b', 'failed', null, null, null],
  ])
})

describe('Parquet', () => {
  const parquet = ROW_FORMATS.find(({ extension }) => extension === '.parquet')!

  it('keeps the header, has the types of the columns and is written by groups of rows', async () => {
    const rows = Array.from({ length: 10_001 }, (_, i): Cell[] => [
      `${i}`,
      'ok',
      'a',
      0.5,
      1,
      1,
      null,
      true,
      null,
    ])
    const { buffer, byteOffset, byteLength } = await bytesOf(parquet, rows, '{"model":"x"}')
    const metadata = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
    expect(metadata.key_value_metadata).toEqual([{ key: 'roentgen.header', value: '{"model":"x"}' }])
    expect(metadata.row_groups.map(({ num_rows }) => num_rows)).toEqual([10_000n, 1n])
    expect(metadata.schema.slice(1).map(({ type }) => type)).toEqual([
      ...Array<string>(3).fill('BYTE_ARRAY'),
      'FLOAT',
      'FLOAT',
      'INT32',
      'BYTE_ARRAY',
      'BOOLEAN',
      'FLOAT',
    ])
  })

  it('may have no rows', async () => {
    const path = join(folderOf({}), 's.parquet')
    writeFileSync(path, await bytesOf(parquet, []))
    expect(await readBack(path)).toEqual({ columns: COLUMNS, cells: [] })
  })

  it('of many columns, as of embeddings, is read in parts, in the order of its rows', async () => {
    const [wide, count] = [3000, 400]
    const columns = [columnOf('path'), ...Array.from({ length: wide }, (_, i) => columnOf(`p_${i}`))]
    const rows = Array.from({ length: count }, (_, k) => [`f${k}`, ...Array<number>(wide).fill(k)])
    const pieces: Uint8Array[] = []
    for await (const piece of parquet.write(columns, each(rows), '{}')) pieces.push(Buffer.from(piece))
    const path = join(folderOf({}), 'wide.parquet')
    writeFileSync(path, Buffer.concat(pieces))
    const source = await parquet.open(path, [])
    let k = 0
    for await (const { line, cells } of source.rows) {
      expect([line, cells.length, cells[0], cells[1], cells.at(-1)]).toEqual([k + 1, wide + 1, `f${k}`, k, k])
      k++
    }
    expect(k).toBe(count)
  })

  it('that is cut off is refused in words', async () => {
    const whole = await bytesOf(parquet, [['a', 'ok', 'Covid', 0.1, -2, 3, null, true, null]])
    const folder = folderOf({ 's.parquet': whole.subarray(0, 100), 'empty.parquet': '' })
    for (const name of ['s.parquet', 'empty.parquet'])
      expect(await messageOf(openRows(join(folder, name)), folder)).toMatch(
        new RegExp(`^ROE_MANIFEST: FOLDER/${name}: it cannot be read as Parquet \\(.+\\); see "manifest"`),
      )
  })
})

test('the extensions are told in one breath', () => {
  expect(EXTENSIONS).toBe('.csv, .jsonl or .parquet')
  expect(readFileSync('src/cli/score/output.ts', 'utf8')).toContain(EXTENSIONS)
})

/** Scores read back from the files that `roentgen score` writes (CSV or JSON lines, by the extension). */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { RoentgenError } from '../../errors.ts'
import { readTable, refuseRepeats, tableError } from './csv.ts'

const SCORE_STATUSES = ['ok', 'failed', 'skipped'] as const
type ScoreStatus = (typeof SCORE_STATUSES)[number]

export interface ScoreRow {
  path: string
  status: ScoreStatus
  /** The label that was given; null unless the status is `ok`. */
  label: string | null
  /** In 0..1, in the order of the table's labels; null unless the status is `ok`. */
  probabilities: number[] | null
}

export interface ScoreTable {
  /** The labels of the model, in the order of the columns `p_<label>`. */
  labels: string[]
  rows: ScoreRow[]
  notes: string[]
}

/** Cells by column: text from CSV, JSON values from JSON lines. */
type Cells = (column: string) => unknown

const READERS: Record<string, (path: string) => Promise<ScoreTable>> = {
  '.csv': readScoreCsv,
  '.jsonl': readScoreLines,
}

/** Reads a table of scores: `path`, `status`, `label`, `p_<label>`…; further columns are ignored.
 *  @throws ROE_NOT_FOUND; ROE_MANIFEST with the line, for a missing column, a status that is none, a probability
 *  outside 0..1, a label without a column, or a film named twice */
export async function readScores(path: string): Promise<ScoreTable> {
  const read = READERS[extname(path).toLowerCase()]
  if (read === undefined) {
    const expected = Object.keys(READERS).join(' or ')
    throw tableError(path, null, `scores are read from ${expected} files, by the extension`)
  }
  return read(path)
}

async function readScoreCsv(path: string): Promise<ScoreTable> {
  let labels: string[] | null = null
  const { rows, columns, notes } = await readTable(path, ['path', 'status', 'label'], (row, header) => {
    labels ??= labelsOfColumns(path, header)
    // An empty cell is an unknown number, not 0.
    const cells = (column: string): unknown =>
      column.startsWith('p_') && row.cell(column) !== '' ? Number(row.cell(column)) : row.cell(column) || null
    return { line: row.line, ...readScoreRow(path, row.line, labels, cells) }
  })
  return scoreTable(path, labels ?? labelsOfColumns(path, columns), rows, notes)
}

async function readScoreLines(path: string): Promise<ScoreTable> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'file' })
  const rows: (ScoreRow & { line: number })[] = []
  const objects: { line: number; object: Record<string, unknown> }[] = []
  let line = 0
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++
    if (text !== '') objects.push({ line, object: parseObject(path, line, text) })
  }
  // Rows of failed films may lack the probabilities: a row that has them names the labels.
  const complete = objects.find(({ object }) => object.status === 'ok') ?? objects[0]
  const labels = labelsOfColumns(path, Object.keys(complete?.object ?? {}))
  for (const { line, object } of objects)
    rows.push({ line, ...readScoreRow(path, line, labels, (column) => object[column] ?? null) })
  return scoreTable(path, labels, rows, [])
}

function scoreTable(
  path: string,
  labels: string[],
  rows: readonly (ScoreRow & { line: number })[],
  notes: string[],
): ScoreTable {
  refuseRepeats(path, rows, (row) => row.path)
  return { labels, rows: rows.map(({ line: _, ...row }) => row), notes }
}

function labelsOfColumns(path: string, columns: readonly string[]): string[] {
  const labels = columns.filter((column) => column.startsWith('p_')).map((column) => column.slice(2))
  if (labels.length === 0)
    throw tableError(path, 1, 'there is no column p_<label>; give the file that roentgen score wrote')
  return labels
}

function readScoreRow(path: string, line: number, labels: readonly string[], cells: Cells): ScoreRow {
  const [film, status, label] = [cells('path'), cells('status'), cells('label')]
  if (typeof film !== 'string') throw tableError(path, line, 'the path is empty or no text')
  const known = SCORE_STATUSES.find((name) => name === status)
  if (known === undefined)
    throw tableError(path, line, `the status must be one of ${SCORE_STATUSES.join(', ')}; it is ${status}`)
  if (known !== 'ok') return { path: film, status: known, label: null, probabilities: null }
  if (typeof label !== 'string' || !labels.includes(label))
    throw tableError(path, line, `there is no column p_${label} for the label '${label}'`)
  const probabilities = labels.map((name) => {
    const value = cells(`p_${name}`)
    if (typeof value === 'number' && value >= 0 && value <= 1) return value
    throw tableError(path, line, `p_${name} must be a number from 0 to 1; it is ${value}`)
  })
  return { path: film, status: known, label, probabilities }
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

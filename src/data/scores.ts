/** Scores read back from the files that `roentgen score` writes, as evaluation needs them. */
import { refuseRepeats, tableError } from './csv.ts'
import type { Cell, RowSource } from './rows/columns.ts'
import { EXTENSIONS, formatOf } from './rows/formats.ts'

const SCORE_STATUSES = ['ok', 'failed', 'skipped'] as const
type ScoreStatus = (typeof SCORE_STATUSES)[number]

export interface ScoreRow {
  path: string
  status: ScoreStatus
  /** The label that was given; null unless the status is `ok`. */
  label: string | null
  /** In 0..1, in the order of the table's labels; null unless the status is `ok`. */
  probabilities: number[] | null
  /** What the column `labels` says: those at or above their thresholds, with | between them; null unless the status is `ok`,
   *  and where there is no such column. */
  above: string | null
}

export interface ScoreTable {
  /** The labels of the model, in the order of the columns `p_<label>`. */
  labels: string[]
  /** Whether there is a column `labels`: they do not exclude each other. */
  isOfFindings: boolean
  rows: ScoreRow[]
  notes: string[]
}

/** Reads a table of scores: `path`, `status`, `label`, `p_<label>`…, and if there `labels`; further columns are ignored.
 *  @throws ROE_NOT_FOUND; ROE_MANIFEST with the line, for a missing column, a status that is none, a probability
 *  outside 0..1, a label without a column, or a film named twice */
export async function readScores(path: string): Promise<ScoreTable> {
  const source = await openRows(path)
  const names = source.columns.map(({ name }) => name)
  const labels = labelsOfColumns(path, names)
  const positions = new Map(names.map((name, position) => [name, position]))
  const rows: (ScoreRow & { line: number })[] = []
  for await (const { line, cells } of source.rows) {
    const cell = (column: string): Cell => cells[positions.get(column) ?? -1] ?? null
    rows.push({ line, ...readScoreRow(path, line, labels, cell) })
  }
  refuseRepeats(path, rows, (row) => row.path)
  return {
    labels,
    isOfFindings: positions.has('labels'),
    rows: rows.map(({ line: _, ...row }) => row),
    notes: [...source.notes],
  }
}

/** Opens a table of scores, in any format, to be read row by row; what stands in it is not checked.
 *  @throws ROE_NOT_FOUND, ROE_MANIFEST */
export async function openRows(path: string): Promise<RowSource> {
  const format = formatOf(path)
  if (format === null)
    throw tableError(path, null, `scores are read from ${EXTENSIONS} files, by the extension`)
  return format.open(path, ['path', 'status'])
}

function labelsOfColumns(path: string, columns: readonly string[]): string[] {
  const labels = columns.filter((column) => column.startsWith('p_')).map((column) => column.slice(2))
  if (labels.length > 0) return labels
  const several = columns.some((column) => /:p_/.test(column))
  const problem = several
    ? 'it holds the scores of several models; score with one, or with --ensemble mean'
    : 'there is no column p_<label>; give the file that roentgen score wrote'
  throw tableError(path, 1, problem)
}

function readScoreRow(
  path: string,
  line: number,
  labels: readonly string[],
  cell: (column: string) => Cell,
): ScoreRow {
  const [film, status, label] = [cell('path'), cell('status'), cell('label')]
  if (typeof film !== 'string') throw tableError(path, line, 'the path is empty or no text')
  const known = SCORE_STATUSES.find((name) => name === status)
  if (known === undefined)
    throw tableError(path, line, `the status must be one of ${SCORE_STATUSES.join(', ')}; it is ${status}`)
  if (known !== 'ok') return { path: film, status: known, label: null, probabilities: null, above: null }
  if (typeof label !== 'string' || !labels.includes(label))
    throw tableError(path, line, `there is no column p_${label} for the label '${label}'`)
  const probabilities = labels.map((name) => {
    const value = cell(`p_${name}`)
    if (typeof value === 'number' && value >= 0 && value <= 1) return value
    throw tableError(path, line, `p_${name} must be a number from 0 to 1; it is ${value}`)
  })
  const above = cell('labels')
  return { path: film, status: known, label, probabilities, above: typeof above === 'string' ? above : null }
}

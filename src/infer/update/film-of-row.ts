/** A film that was scored, from its row: the inverse of row.ts, so that rows of an older table become rows of a new one. */
import type { Cell } from '../../data/rows/columns.ts'
import type { FileFacts } from '../../image/decode.ts'
import type { Bars } from '../../image/film.ts'
import type { ColumnKind, RowLayout, ScoreColumn } from '../layout.ts'
import type { ScoredFilm } from '../row.ts'

/** Without its index, which its place in the new list says. */
export type OldFilm = Omit<Extract<ScoredFilm, { status: 'ok' }>, 'index'>

/** @param cells  in the order of the columns   @param file  as it is now
 *  @returns null unless the film was scored and everything is in its row */
export function filmOfRow(
  cells: readonly Cell[],
  columns: readonly ScoreColumn[],
  { models, logits, spread }: RowLayout,
  file: FileFacts,
): OldFilm | null {
  const cell = (kind: ColumnKind, model = 0, label = 0): Cell =>
    cells[columns.findIndex((one) => one.kind === kind && one.model === model && one.label === label)] ?? null
  const numbers = (kind: ColumnKind, model: number): Float32Array =>
    Float32Array.from(models[model]!.labels, (_, label) => Number(cell(kind, model, label) ?? Number.NaN))
  const [path, width, height] = [cell('path'), cell('width'), cell('height')]
  if (cell('status') !== 'ok' || typeof path !== 'string') return null
  const scores = models.map((_, model) => ({
    label: String(cell('label', model)),
    above: String(cell('labels', model) ?? '')
      .split('|')
      .filter((label) => label !== ''),
    probabilities: numbers('probability', model),
    logits: logits ? numbers('logit', model) : null,
    spread: spread ? numbers('spread', model) : null,
  }))
  if (typeof width !== 'number' || typeof height !== 'number' || !scores.every(isWhole)) return null
  const facts = { width, height, bars: barsOf(cell('bars')), coloured: cell('coloured') === true }
  return { path, status: 'ok', file, facts, scores }
}

const isWhole = ({ probabilities }: { probabilities: Float32Array }): boolean =>
  probabilities.every(Number.isFinite)

function barsOf(cell: Cell): Bars | null {
  if (typeof cell !== 'string') return null
  const [left = 0, top = 0, right = 0, bottom = 0] = cell.split(' ').map(Number)
  return { left, top, right, bottom }
}

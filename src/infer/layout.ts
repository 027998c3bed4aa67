/** The columns of a table of scores, known before the first film: one table of kinds. What stands in a cell of a film,
 *  row.ts says; how a column is written and read, src/data/rows. */
import { type Column, columnOf } from '../data/rows/columns.ts'

export interface ModelLayout {
  /** '' when there is one model, or one ensemble; else it stands before the names of its columns. */
  name: string
  labels: readonly string[]
  /** sigmoid: each label has a probability of its own, and a film may have several. */
  activation: 'softmax' | 'sigmoid'
}

export interface RowLayout {
  models: readonly ModelLayout[]
  /** Whether there are columns of what stands before the last softmax or sigmoid. */
  logits: boolean
  /** Whether there are columns of the standard deviation among the members of an ensemble. */
  spread: boolean
}

/** All kinds of columns: their names; for those of a label what stands before it. */
const KINDS = {
  path: 'path',
  status: 'status',
  /** The most probable. */
  label: 'label',
  probability: 'p_',
  /** Those at or above their thresholds, with | between them. */
  labels: 'labels',
  spread: 'sd_',
  logit: 'z_',
  width: 'width',
  height: 'height',
  /** Pixels taken on the left, at the top, on the right, at the bottom, with spaces between them. */
  bars: 'bars',
  coloured: 'coloured',
} as const

export type ColumnKind = keyof typeof KINDS

export interface ScoreColumn extends Column {
  kind: ColumnKind
  /** Place of its model in the layout; 0 for columns of the film. */
  model: number
  /** Place of its label in the model's; 0 for columns that are of none. */
  label: number
}

/** All columns, in the order in which they are written. */
export const columnsOf = (layout: RowLayout): ScoreColumn[] => [
  ...(['path', 'status'] as const).map((kind) => column('', kind)),
  ...layout.models.flatMap((model, i) => modelColumns(model, i, layout)),
  ...(['width', 'height', 'bars', 'coloured'] as const).map((kind) => column('', kind)),
]

function modelColumns(
  { name, labels, activation }: ModelLayout,
  model: number,
  { logits, spread }: RowLayout,
): ScoreColumn[] {
  const prefix = name === '' ? '' : `${name}:`
  const each = (kind: ColumnKind) => labels.map((label, i) => column(prefix, kind, label, model, i))
  return [
    column(prefix, 'label', '', model),
    ...each('probability'),
    ...(activation === 'sigmoid' ? [column(prefix, 'labels', '', model)] : []),
    ...(spread ? each('spread') : []),
    ...(logits ? each('logit') : []),
  ]
}

const column = (prefix: string, kind: ColumnKind, of = '', model = 0, label = 0): ScoreColumn => ({
  ...columnOf(`${prefix}${KINDS[kind]}${of}`),
  kind,
  model,
  label,
})

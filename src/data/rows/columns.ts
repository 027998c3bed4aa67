/** What stands in tables of scores: columns with types, and rows of cells. The formats (formats.ts) know no more of
 *  scores than this; which columns there are, src/infer says. */

/** null is unknown. A `float` is a float32 in its shortest decimal form (shortest.ts), in every format. */
export type Cell = string | number | boolean | null
export type CellType = 'text' | 'float' | 'int' | 'boolean'

export interface Column {
  name: string
  type: CellType
}

/** What is neither text nor a number of the model. */
const TYPES: Readonly<Record<string, CellType>> = { width: 'int', height: 'int', coloured: 'boolean' }

const IS_SCORE = /^(p|z|sd)_/

/** A column by its name, which is all that CSV and JSON lines tell of it: probabilities `p_…`, their deviation `sd_…` and
 *  logits `z_…` are floats. Where there are several models, the name of the model and a colon stand before: `a:p_Covid`. */
export function columnOf(name: string): Column {
  const own = IS_SCORE.test(name) ? name : name.slice(name.indexOf(':') + 1)
  return { name, type: IS_SCORE.test(own) ? 'float' : (TYPES[own] ?? 'text') }
}

/** A table that is open for reading. */
export interface RowSource {
  path: string
  columns: readonly Column[]
  /** What the user should know about the reading, one sentence each. */
  notes: readonly string[]
  /** To be read once. */
  rows: AsyncIterable<Row>
}

export interface Row {
  /** 1-based: the line of a text file on which the row ends, the number of the row in Parquet. */
  line: number
  /** In the order of the columns. */
  cells: readonly Cell[]
}

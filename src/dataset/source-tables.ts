/** Tables that come with published films. Their names are alike, and one is easily given in the place of another. */
import { RoentgenError } from '../../errors.ts'
import { readColumns, readTable, type Table, type TableRow } from '../data/csv.ts'

/** By the columns that tell them; `place` is where each is wanted. */
const TABLES = {
  metadata: {
    what: "covid-chestxray's metadata.csv",
    columns: ['filename', 'finding', 'view', 'modality'],
    place: '--metadata',
  },
  normalInfo: {
    what: "RSNA's stage_2_detailed_class_info.csv",
    columns: ['patientId', 'class'],
    place: '--normal-info',
  },
  boxes: {
    what: "RSNA's stage_2_train_labels.csv",
    columns: ['patientId', 'Target'],
    place: null,
  },
  manifest: {
    what: 'a manifest of labelled films',
    columns: ['path', 'label'],
    place: 'train --data',
  },
} as const satisfies Record<string, { what: string; columns: readonly string[]; place: string | null }>

/** Reads one of the tables that a set is built from.
 *  @throws ROE_OPTION for another one of these tables; what readTable throws */
export async function readSource<Row>(
  wanted: 'metadata' | 'normalInfo',
  path: string,
  toRow: (row: TableRow) => Row,
): Promise<Table<Row>> {
  const { what, columns, place } = TABLES[wanted]
  const found = await readColumns(path)
  const has = (names: readonly string[]) => names.every((name) => found.includes(name))
  const other = Object.values(TABLES).find((table) => has(table.columns))
  if (has(columns) || other === undefined) return readTable(path, columns, toRow)
  const home = other.place === null ? 'of no use here' : `for ${other.place}`
  const received = `${path}, which is ${other.what}, ${home}`
  throw new RoentgenError('ROE_OPTION', {
    where: place,
    expected: `${what} (${columns.join(', ')})`,
    received,
  })
}

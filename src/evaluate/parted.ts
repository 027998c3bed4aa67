/** The films that are counted, parted by whether training saw a copy of them: figures are told with and without those. Pure. */
import type { Evaluation } from './evaluation.ts'

interface Counted {
  path: string
  patient: string | null
}

/** @param trainPathsOf  film -> the training films that it is a copy of
 *  @returns the copies, in the order of the rows; the other rows; how many patients all are of, null where none is known */
export function parted<Row extends Counted>(
  rows: readonly Row[],
  trainPathsOf: ReadonlyMap<string, readonly string[]> | null,
): { copies: Evaluation['copies']; others: Row[]; patients: number | null } {
  const copies = rows.flatMap(({ path }) => {
    const trainPaths = trainPathsOf?.get(path) ?? []
    return trainPaths.length > 0 ? [{ path, trainPaths }] : []
  })
  const copied = new Set(copies.map(({ path }) => path))
  const patients = new Set(rows.flatMap(({ patient }) => (patient === null ? [] : [patient])))
  return {
    copies,
    others: rows.filter(({ path }) => !copied.has(path)),
    patients: patients.size === 0 ? null : patients.size,
  }
}

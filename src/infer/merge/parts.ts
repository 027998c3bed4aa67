/** Finished runs, opened to be merged or taken over: their table, what their header says, and their ledger. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface, type Interface } from 'node:readline'
import { RoentgenError } from '../../../errors.ts'
import type { Cell, RowSource } from '../../data/rows/columns.ts'
import { openRows } from '../../data/scores.ts'
import { columnsOf } from '../layout.ts'
import { type FeaturesFormat, headerPath, journalPath, ledgerPath } from '../run/files.ts'
import { differences, type RunHeader, readHeader } from '../run/header.ts'
import type { Part } from './in-order.ts'

export interface RunPart extends Part {
  header: RunHeader
}

/** Opens the table of a finished run, with its header.
 *  @throws ROE_MERGE where the header is not there or says that the run is not finished, and where the columns are not its
 *  own; ROE_NOT_FOUND, ROE_MANIFEST */
export async function openPart(out: string): Promise<RunPart> {
  const rows = await openRows(out)
  const refuse = (problem: string) => new RoentgenError('ROE_MERGE', { where: out, problem })
  const header = await readHeader(out)
  if (header === null) throw refuse(`its header ${headerPath(out)} is not there or cannot be read`)
  const { survey, layout, inputs } = header
  const isUnfinished = await stat(journalPath(out)).then(
    () => true,
    () => false,
  )
  if (header.summary === undefined || survey === undefined || isUnfinished)
    throw refuse('its run is not finished; go on with it by --resume')
  const due = columnsOf(layout).map(({ name }) => name)
  const found = rows.columns.map(({ name }) => name)
  // JSON lines without any row have no columns.
  if (found.length > 0 && found.join('\0') !== due.join('\0'))
    throw refuse(`its columns are ${found.join(', ')}, and its run wrote ${due.join(', ')}`)
  return { rows, header, shard: inputs.shard, survey }
}

/** @throws ROE_MERGE with what differs, unless rows of both may stand in one table */
export function demandAlike(first: RunPart, other: RunPart): void {
  const found = differencesOf(withFeatures(first.header, null), withFeatures(other.header, null))
  if (found.length === 0) return
  const problem = `it cannot stand beside ${first.rows.path}: ${found.slice(0, 3).join('; ')}`
  throw new RoentgenError('ROE_MERGE', { where: other.rows.path, problem })
}

/** Embeddings lie in a file beside the rows: rows may stand in one table whatever is there. */
export const withFeatures = (
  { results, ...header }: RunHeader,
  features: FeaturesFormat | null,
): RunHeader => ({ ...header, results: { ...results, scoring: { ...results.scoring, features } } })

/** Why rows of two runs may not stand in one table, one sentence each. */
export function differencesOf(was: RunHeader, is: RunHeader): string[] {
  const of = ({ results, layout, inputs: { pathAs, pathKey } }: RunHeader): unknown =>
    // As it would be read back.
    JSON.parse(JSON.stringify({ ...results, columns: layout, pathAs, pathKey }))
  return differences(of(was), of(is))
}

/** Reads a cell of a table by the name of its column. */
export function cellOf(rows: RowSource, name: string): (cells: readonly Cell[]) => Cell {
  const at = rows.columns.findIndex((column) => column.name === name)
  return (cells) => cells[at] ?? null
}

/** The lines of a ledger, one for each film that failed, in the order of the rows. Opened when the first is wanted. */
export class LedgerReader {
  readonly #out: string
  #interface: Interface | null = null
  #lines: AsyncIterator<string> | null = null

  constructor(out: string) {
    this.#out = out
  }

  /** @param path  of the film   @returns its line, with its line feed   @throws ROE_MERGE when another line is next */
  async next(path: string): Promise<string> {
    this.#lines ??= this.#open()
    // Opening fails where there is no ledger; that is told like a line that is not there.
    const line = await this.#lines.next().catch(() => null)
    if (line?.done === false && isOf(line.value, path)) return `${line.value}\n`
    const problem = `the film ${path} failed, and is not the next in the ledger ${ledgerPath(this.#out)}`
    throw new RoentgenError('ROE_MERGE', { where: this.#out, problem })
  }

  close(): void {
    this.#interface?.close()
  }

  #open(): AsyncIterator<string> {
    const file = createReadStream(ledgerPath(this.#out))
    this.#interface = createInterface({ input: file, crlfDelay: Infinity })
    return this.#interface[Symbol.asyncIterator]()
  }
}

function isOf(line: string, path: string): boolean {
  try {
    return (JSON.parse(line) as { path?: unknown }).path === path
  } catch {
    return false
  }
}

/** Two tables of scores, film by film. Both are read as streams; what one has and the other has not had yet is held:
 *  next to nothing where both are in the same order, up to both tables where they are not. */
import { basename } from 'node:path'
import { tableError } from '../csv.ts'
import type { Row, RowSource } from '../rows/columns.ts'

/** What makes two rows those of one film, of the path that they tell. */
export const KEYS = { path: (path: string) => path, name: (path: string) => basename(path) } as const
export type JoinKey = keyof typeof KEYS

/** A film; null where a table has not got it. */
export interface Pair {
  key: string
  a: Row | null
  b: Row | null
}

/** @returns each film once: those of both as they are found, then those of one alone
 *  @throws ROE_MANIFEST for a row without a path, and where one table has a film twice among those that are held */
export async function* joinRows(a: RowSource, b: RowSource, by: JoinKey): AsyncGenerator<Pair> {
  const [left, right] = [new Side(a, by), new Side(b, by)]
  try {
    let more = true
    while (more) {
      const x = await left.next(right)
      if (x?.other != null) yield { key: x.key, a: x.row, b: x.other }
      const y = await right.next(left)
      if (y?.other != null) yield { key: y.key, a: y.other, b: y.row }
      more = x !== null || y !== null
    }
    for (const [key, row] of left.waiting) yield { key, a: row, b: null }
    for (const [key, row] of right.waiting) yield { key, a: null, b: row }
  } finally {
    await left.close()
    await right.close()
  }
}

class Side {
  /** Rows that the other side has not had. */
  readonly waiting = new Map<string, Row>()
  readonly #source: RowSource
  readonly #rows: AsyncIterator<Row>
  readonly #by: JoinKey
  readonly #path: number

  constructor(source: RowSource, by: JoinKey) {
    this.#source = source
    this.#rows = source.rows[Symbol.asyncIterator]()
    this.#by = by
    this.#path = source.columns.findIndex(({ name }) => name === 'path')
  }

  /** Reads a row and takes what belongs to it from the other side; leaves it waiting where there is nothing.
   *  @returns null at the end of the table */
  async next(other: Side): Promise<{ key: string; row: Row; other: Row | null } | null> {
    const { done, value: row } = await this.#rows.next()
    if (done === true) return null
    const path = row.cells[this.#path]
    const { path: file } = this.#source
    if (typeof path !== 'string') throw tableError(file, row.line, 'the path is empty or no text')
    const key = KEYS[this.#by](path)
    const met = other.waiting.get(key) ?? null
    if (met !== null) other.waiting.delete(key)
    else if (this.waiting.has(key))
      throw tableError(file, row.line, `the film ${key} is already on line ${this.waiting.get(key)!.line}`)
    else this.waiting.set(key, row)
    return { key, row, other: met }
  }

  async close(): Promise<void> {
    await this.#rows.return?.()
  }
}

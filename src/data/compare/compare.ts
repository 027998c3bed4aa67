/** How two tables of scores differ: films that one has alone, statuses, labels, numbers and what else stands in the
 *  columns that both have. What is held does not grow with the tables, beyond what joining them needs (join.ts). */
import { tableError } from '../csv.ts'
import type { Cell, Column, Row, RowSource } from '../rows/columns.ts'
import { type JoinKey, joinRows } from './join.ts'

export interface CompareOptions {
  by: JoinKey
  /** Largest difference of a number that is none, from 0. */
  atol: number
  /** How many of the flipped films and of the largest differences are kept. */
  top: number
}

/** In what a film differs, the gravest first; a film is counted under that alone. */
const DIFFERENCES = ['only in a', 'only in b', 'status', 'label', 'number', 'other'] as const

export interface FilmDifference {
  path: string
  differs: (typeof DIFFERENCES)[number]
  /** Where it shows: the first such column, of numbers the one that differs most. */
  column: string
  a: Cell
  b: Cell
  /** Largest difference among the numbers of the film; null where none can be told. */
  largest: number | null
}

/** Of a column of numbers, over the films that have them in both tables. */
interface NumberColumn {
  column: string
  films: number
  mean: number | null
  max: number | null
}

export interface Comparison {
  films: { a: number; b: number; both: number }
  /** Films that differ, by what. */
  differ: Record<FilmDifference['differs'], number>
  /** Columns that stand in one table alone. */
  columns: { onlyA: string[]; onlyB: string[] }
  numbers: NumberColumn[]
  /** The first films with another label in each. */
  flipped: FilmDifference[]
  /** Films with the largest differences of a number, the largest first, also those within the tolerance. */
  largest: FilmDifference[]
  /** No film differs, and both have the same probabilities. */
  alike: boolean
}

/** @returns each film that differs, as they are found; at the end, the whole
 *  @throws ROE_MANIFEST for a row without a path and for a number that is none */
export async function* compareRows(
  a: RowSource,
  b: RowSource,
  { by, atol, top }: CompareOptions,
): AsyncGenerator<FilmDifference, Comparison> {
  const tally = new Tally(sharedColumns(a, b), top)
  for await (const pair of joinRows(a, b, by)) {
    const found = tally.add(pair.key, pair.a, pair.b, atol)
    if (found !== null) yield found
  }
  return tally.comparison({ onlyA: namesWithout(a, b), onlyB: namesWithout(b, a) })
}

/** A column of both tables, and where it stands in each. */
interface Shared extends Column {
  inA: number
  inB: number
  sum: number
  max: number
  films: number
}

const sharedColumns = (a: RowSource, b: RowSource): Shared[] =>
  a.columns.flatMap(({ name, type }, inA) => {
    const inB = b.columns.findIndex((column) => column.name === name)
    // Paths are what films are joined by.
    return inB < 0 || name === 'path' ? [] : [{ name, type, inA, inB, sum: 0, max: 0, films: 0 }]
  })

const namesWithout = (one: RowSource, other: RowSource): string[] =>
  one.columns.flatMap(({ name }) => (other.columns.some((column) => column.name === name) ? [] : [name]))

/** Without probabilities that can be compared, tables are not alike. */
const IS_PROBABILITY = /^(?:[^:]*:)?p_/
const IS_LABEL = /^(?:[^:]*:)?labels?$/

class Tally {
  readonly #columns: readonly Shared[]
  readonly #top: number
  readonly #films = { a: 0, b: 0, both: 0 }
  readonly #differ = Object.fromEntries(DIFFERENCES.map((what) => [what, 0])) as Comparison['differ']
  readonly #flipped: FilmDifference[] = []
  #largest: FilmDifference[] = []

  constructor(columns: readonly Shared[], top: number) {
    this.#columns = columns
    this.#top = top
  }

  add(path: string, a: Row | null, b: Row | null, atol: number): FilmDifference | null {
    if (a !== null) this.#films.a += 1
    if (b !== null) this.#films.b += 1
    const found = a !== null && b !== null ? this.#pair(path, a, b, atol) : alone(path, a)
    if (found === null) return null
    this.#differ[found.differs] += 1
    if (found.differs === 'label' && this.#flipped.length < this.#top) this.#flipped.push(found)
    return found
  }

  #pair(path: string, a: Row, b: Row, atol: number): FilmDifference | null {
    this.#films.both += 1
    const largest = this.#numbers(path, a, b)
    const said = { path, largest: largest?.largest ?? null }
    const cells = this.#columns
      .map(({ name, type, inA, inB }) => ({
        column: name,
        type,
        a: a.cells[inA] ?? null,
        b: b.cells[inB] ?? null,
      }))
      .filter(({ a, b }) => a !== b)
    const first = (differs: FilmDifference['differs'], is: (cell: (typeof cells)[number]) => boolean) => {
      const cell = cells.find(is)
      return cell && { ...said, differs, column: cell.column, a: cell.a, b: cell.b }
    }
    const found =
      first('status', ({ column }) => column === 'status') ??
      first('label', ({ column }) => IS_LABEL.test(column)) ??
      (largest !== null && largest.largest! > atol ? largest : undefined) ??
      first('other', ({ type, a, b }) => type !== 'float' || a === null || b === null)
    return found ?? null
  }

  /** @returns the number that differs most, unless the film has none in both */
  #numbers(path: string, a: Row, b: Row): FilmDifference | null {
    let found: FilmDifference | null = null
    for (const column of this.#columns) {
      if (column.type !== 'float') continue
      const [x, y] = [a.cells[column.inA] ?? null, b.cells[column.inB] ?? null]
      if (x === null || y === null) continue
      const difference = Math.abs(numberOf(x, path, column.name) - numberOf(y, path, column.name))
      column.films += 1
      column.sum += difference
      column.max = Math.max(column.max, difference)
      if (difference > (found?.largest ?? -1))
        found = { path, differs: 'number', column: column.name, a: x, b: y, largest: difference }
    }
    if (found !== null) this.#keep(found)
    return found
  }

  #keep(film: FilmDifference): void {
    const least = this.#largest.at(-1)?.largest ?? 0
    if (film.largest === 0 || (this.#largest.length >= this.#top && film.largest! <= least)) return
    const place = this.#largest.findIndex(({ largest }) => largest! < film.largest!)
    this.#largest.splice(place < 0 ? this.#largest.length : place, 0, film)
    this.#largest = this.#largest.slice(0, this.#top)
  }

  comparison(columns: Comparison['columns']): Comparison {
    const numbers = this.#columns
      .filter(({ type }) => type === 'float')
      .map(({ name, films, sum, max }) => ({
        column: name,
        films,
        mean: films === 0 ? null : sum / films,
        max: films === 0 ? null : max,
      }))
    const sameLabels = [...columns.onlyA, ...columns.onlyB].every((name) => !IS_PROBABILITY.test(name))
    const alike = sameLabels && DIFFERENCES.every((what) => this.#differ[what] === 0)
    return {
      films: this.#films,
      differ: this.#differ,
      columns,
      numbers,
      flipped: this.#flipped,
      largest: this.#largest,
      alike,
    }
  }
}

const alone = (path: string, a: Row | null): FilmDifference => ({
  path,
  differs: a === null ? 'only in b' : 'only in a',
  column: 'path',
  a: a === null ? null : path,
  b: a === null ? path : null,
  largest: null,
})

function numberOf(cell: Cell, path: string, column: string): number {
  if (typeof cell === 'number' && !Number.isNaN(cell)) return cell
  throw tableError(path, null, `${column} must be a number; it is ${cell}`)
}

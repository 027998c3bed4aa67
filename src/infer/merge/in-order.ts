/** Rows of several tables as one stream in the order of their list, with the proof that none is missing, too many or
 *  twice. Shards are taken in turn (film `k` of the list is row `k div n` of shard `k mod n`); whole runs one after another.
 *  Streamed; for whole runs the paths are held, since nothing else tells whether two of them share a film. */
import { createHash } from 'node:crypto'
import { RoentgenError } from '../../../errors.ts'
import type { Survey } from '../../data/inputs/inputs.ts'
import { type Shard, sizeOfShard } from '../../data/inputs/shard.ts'
import type { Row, RowSource } from '../../data/rows/columns.ts'

/** One table, and what its run says of its list. */
export interface Part {
  rows: RowSource
  shard: Shard | null
  survey: Survey
}

export interface PartRow<P extends Part> {
  part: P
  row: Row
  path: string
}

/** @param parts  either all shards of one list, sorted by their index (sortShards), or whole runs
 *  @throws ROE_MERGE where a table has fewer or more rows than its run had films, where a film is in two runs, and where
 *  the films are not those of the list; what reading throws */
export async function* inOrder<P extends Part>(parts: readonly P[]): AsyncGenerator<PartRow<P>> {
  const readers = parts.map((part) => new Reader(part))
  try {
    yield* parts[0]?.shard == null ? oneAfterAnother(readers) : inTurn(readers)
    for (const reader of readers) await reader.demandEnd()
  } finally {
    for (const reader of readers) await reader.close()
  }
}

/** How many rows a table must have. */
export const filmsOf = ({ shard, survey }: Part): number =>
  shard === null ? survey.films : sizeOfShard(survey.listed, shard)

/** Puts shards into their order.
 *  @returns what was given where there are no shards
 *  @throws ROE_MERGE where one is missing, there twice, of another list, or beside a whole run */
export function sortShards<P extends Part>(parts: readonly P[]): readonly P[] {
  const [first, whole] = [
    parts.find(({ shard }) => shard !== null),
    parts.find(({ shard }) => shard === null),
  ]
  if (first === undefined) return parts
  const refuse = (problem: string) => new RoentgenError('ROE_MERGE', { where: first.rows.path, problem })
  if (whole !== undefined) throw refuse(`it is a shard, and ${whole.rows.path} is a whole run`)
  const { count } = first.shard!
  const other = parts.find(({ shard, survey }) => {
    const { listed, digest } = first.survey
    return shard!.count !== count || survey.listed !== listed || survey.digest !== digest
  })
  if (other !== undefined) throw refuse(`${other.rows.path} is of another list, or of one that has changed`)
  return Array.from({ length: count }, (_, index) => {
    const [found, twice] = parts.filter(({ shard }) => shard!.index === index)
    if (found === undefined) throw refuse(`shard ${index} of ${count} is missing`)
    if (twice === undefined) return found
    throw refuse(`${found.rows.path} and ${twice.rows.path} are both shard ${index} of ${count}`)
  })
}

async function* oneAfterAnother<P extends Part>(readers: readonly Reader<P>[]): AsyncGenerator<PartRow<P>> {
  const seen = new Map<string, string>()
  for (const reader of readers)
    for (let left = reader.films; left > 0; left--) {
      const found = await reader.next()
      const earlier = seen.get(found.path)
      if (earlier !== undefined) throw reader.refusal(`the film ${found.path} is in ${earlier}, too`)
      seen.set(found.path, found.part.rows.path)
      yield found
    }
}

async function* inTurn<P extends Part>(readers: readonly Reader<P>[]): AsyncGenerator<PartRow<P>> {
  const { survey } = readers[0]!.part
  const names = createHash('sha256')
  for (let k = 0; k < survey.listed; k++) {
    const reader = readers[k % readers.length]!
    const found = await reader.next()
    // Where films are named by their index there is no digest: the index is the proof.
    if (survey.digest === null && found.path !== String(k))
      throw reader.refusal(`it has the film ${found.path} where film ${k} of the list is due`)
    names.update(`${found.path}\0`)
    yield found
  }
  if (survey.digest === null || names.digest('hex') === survey.digest) return
  throw readers[0]!.refusal('its films are not those of the list that it was made of')
}

class Reader<P extends Part> {
  readonly part: P
  /** How many rows there must be. */
  readonly films: number
  readonly #rows: AsyncIterator<Row>
  readonly #path: number
  #read = 0

  constructor(part: P) {
    const { rows } = part
    this.part = part
    this.films = filmsOf(part)
    this.#rows = rows.rows[Symbol.asyncIterator]()
    this.#path = rows.columns.findIndex(({ name }) => name === 'path')
  }

  async next(): Promise<PartRow<P>> {
    const { done, value: row } = await this.#rows.next()
    if (done === true) throw this.refusal(`it has ${this.#read} rows, and its run had ${this.films} films`)
    this.#read += 1
    const path = row.cells[this.#path]
    if (typeof path === 'string') return { part: this.part, row, path }
    throw this.refusal(`line ${row.line} has no path`)
  }

  async demandEnd(): Promise<void> {
    const { done } = await this.#rows.next()
    if (done !== true) throw this.refusal(`it has more rows than its run had films, ${this.films}`)
  }

  refusal(problem: string): RoentgenError {
    return new RoentgenError('ROE_MERGE', { where: this.part.rows.path, problem })
  }

  async close(): Promise<void> {
    await this.#rows.return?.()
  }
}

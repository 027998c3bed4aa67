/** Reads the embeddings of one run, film by film. npy says nothing of its films: that it has a row for each of its table is
 *  all that can be asked of it; in Parquet each row names its film. Streamed. */
import { type FileHandle, open } from 'node:fs/promises'
import { npyHeader } from '../../../converters/read/npy.ts'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { openRows } from '../../data/scores.ts'
import type { FeaturesFormat } from '../run/files.ts'

export interface FeaturesReader {
  path: string
  /** Numbers of a film; 0 where all failed. */
  length: number
  /** @param film  whose row is due   @throws ROE_MERGE where the file has another one, or none */
  next: (film: string) => Promise<Float32Array>
  /** @throws ROE_MERGE where there is a row more */
  demandEnd: () => Promise<void>
  close: () => Promise<void>
}

/** @param films  rows of its table   @throws ROE_MERGE, ROE_MANIFEST */
export const openFeatures = (path: string, format: FeaturesFormat, films: number): Promise<FeaturesReader> =>
  OPEN[format](path, films)

const OPEN: Readonly<Record<FeaturesFormat, (path: string, films: number) => Promise<FeaturesReader>>> = {
  npy: openNpy,
  parquet: openTable,
}

const refusal = (where: string, problem: string) => new RoentgenError('ROE_MERGE', { where, problem })

async function openNpy(path: string, films: number): Promise<FeaturesReader> {
  const file = await open(path)
  try {
    const { length, start } = await npyFacts(path, file, films)
    let at = start
    return {
      path,
      length,
      async next() {
        const values = new Float32Array(length)
        const { bytesRead } = await file.read(new Uint8Array(values.buffer), 0, values.byteLength, at)
        if (bytesRead < values.byteLength) throw refusal(path, 'it became shorter while it was read')
        at += values.byteLength
        return values
      },
      // Its length has shown that there is no more.
      demandEnd: async () => {},
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** More than the header of any array of two dimensions takes. */
const HEADER_BYTES = 4096

async function npyFacts(path: string, file: FileHandle, films: number) {
  const { buffer, bytesRead } = await file.read(new Uint8Array(HEADER_BYTES), 0, HEADER_BYTES, 0)
  const { type, shape, start } = headerOf(path, buffer.subarray(0, bytesRead))
  const [count, length] = shape
  if (type !== 'f4' || shape.length !== 2 || count !== films)
    throw refusal(path, `it holds ${type} [${shape.join(', ')}], and its run had ${films} films of f4`)
  const [due, { size }] = [start + films * length! * 4, await file.stat()]
  if (size !== due) throw refusal(path, `it has ${size} bytes, and should have ${due}`)
  return { length: length!, start }
}

function headerOf(path: string, bytes: Uint8Array) {
  try {
    return npyHeader(bytes)
  } catch (error) {
    throw refusal(path, problemOf(error))
  }
}

async function openTable(path: string): Promise<FeaturesReader> {
  const { columns, rows } = await openRows(path)
  const names = columns.map(({ name }) => name)
  const due = ['path', 'status', ...names.slice(2).map((_, i) => `f_${i}`)]
  if (names.join('\0') !== due.join('\0'))
    throw refusal(path, 'its columns are not path, status, f_0, f_1, and so on')
  const left = rows[Symbol.asyncIterator]()
  return {
    path,
    length: names.length - 2,
    async next(film) {
      const { done, value: row } = await left.next()
      const found = done === true ? 'no row' : `a row of ${row.cells[0]}`
      if (done === true || row.cells[0] !== film)
        throw refusal(path, `it has ${found} where that of ${film} is due`)
      return Float32Array.from(row.cells.slice(2), (value) =>
        typeof value === 'number' ? value : Number.NaN,
      )
    },
    async demandEnd() {
      const { done } = await left.next()
      if (done !== true) throw refusal(path, 'it has more rows than its table')
    },
    async close() {
      await left.return?.()
    },
  }
}

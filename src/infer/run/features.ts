/** The embeddings of a run, beside its output: a row for each film in their order, so that row i is that of film i. A film
 *  without a result has NaN in npy, unknown in Parquet. Streamed, like the rows. */
import { removeFile, WholeFile } from '../../../whole-file.ts'
import type { Column } from '../../data/rows/columns.ts'
import { shortest } from '../../data/rows/shortest.ts'
import type { ScoredFilm } from '../row.ts'
import { writeRows } from '../writers.ts'
import { FEATURES_FORMATS, type FeaturesFormat, featuresPath } from './files.ts'

/** A row of the file. */
export interface Embedding {
  path: string
  status: string
  /** As many for each film; NaN where it failed. */
  values: Float32Array
}

export interface Embeddings {
  films: AsyncIterable<Embedding>
  /** How many films there are, and how many numbers of each. */
  count: number
  length: number
}

/** @param facts  what the run says of itself, as JSON
 *  @throws ROE_WRITE, what `films` throws; nothing is left of the file then */
export async function writeFeatures(
  { films, count, length }: Embeddings,
  out: string,
  format: FeaturesFormat,
  facts: string,
): Promise<void> {
  const path = featuresPath(out, format)
  if (format === 'npy') await writeNpy(films, [count, length], path)
  else await writeParquet(films, length, path, facts)
}

/** @param open  the films of the run from the first on, each time it is called   @param count  how many there are */
export async function embeddingsOf(
  open: () => AsyncIterable<ScoredFilm>,
  count: number,
): Promise<Embeddings> {
  const length = await lengthOf(open())
  async function* films() {
    for await (const film of open())
      yield { path: film.path, status: film.status, values: valuesOf(film, length) }
  }
  return { films: films(), count, length }
}

/** Takes embeddings of an earlier run away: their rows are other films. @param kept  what this run writes @throws ROE_WRITE */
export async function removeFeatures(out: string, kept: FeaturesFormat | null): Promise<void> {
  for (const format of FEATURES_FORMATS) if (format !== kept) await removeFile(featuresPath(out, format))
}

/** Numbers of a film; 0 where no film has any. */
async function lengthOf(films: AsyncIterable<ScoredFilm>): Promise<number> {
  for await (const film of films) if (film.status === 'ok') return valuesOf(film, 0).length
  return 0
}

/** As they stand in the journal: float32, little-endian, base64. */
export const encodeFeatures = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')

function valuesOf(film: ScoredFilm, length: number): Float32Array {
  const text = film.status === 'ok' ? film.features : undefined
  if (text === undefined) return new Float32Array(length).fill(Number.NaN)
  // A copy: a small Buffer begins anywhere in a shared one.
  return new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)
}

/** Version 1.0 of the format, whose header ends on a multiple of 64 bytes. */
async function writeNpy(films: AsyncIterable<Embedding>, shape: [number, number], path: string) {
  const facts = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const magic = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1')
  const text = `${facts.padEnd(Math.ceil((facts.length + magic.length + 1) / 64) * 64 - magic.length - 1)}\n`
  magic.writeUInt16LE(text.length, 8)
  const file = await WholeFile.create(path)
  try {
    await file.write(Buffer.concat([magic, Buffer.from(text, 'latin1')]))
    for await (const { values } of films)
      await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    await file.finish()
  } catch (error) {
    await file.abandon()
    throw error
  }
}

async function writeParquet(films: AsyncIterable<Embedding>, length: number, path: string, facts: string) {
  const columns: Column[] = [
    { name: 'path', type: 'text' },
    { name: 'status', type: 'text' },
    ...Array.from({ length }, (_, i) => ({ name: `f_${i}`, type: 'float' as const })),
  ]
  async function* rows() {
    for await (const { path, status, values } of films)
      yield [path, status, ...Array.from(values, (value) => (Number.isNaN(value) ? null : shortest(value)))]
  }
  await writeRows(path, columns, rows(), facts)
}

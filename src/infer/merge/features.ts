/** The embeddings of several runs as one file, in the order of their merged rows. Streamed; the tables are read once more,
 *  since they say which film is next. */
import { stat } from 'node:fs/promises'
import { RoentgenError } from '../../../errors.ts'
import type { Embedding, Embeddings } from '../run/features.ts'
import { type FeaturesFormat, featuresPath } from '../run/files.ts'
import { type FeaturesReader, openFeatures } from './features-reader.ts'
import { filmsOf, inOrder } from './in-order.ts'
import { cellOf, openPart, type RunPart } from './parts.ts'

/** In which format embeddings of these runs are merged.
 *  @returns the format, null where no run has any; or why they are not merged, a sentence */
export async function mergedFormat(
  parts: readonly RunPart[],
): Promise<{ format: FeaturesFormat | null; problem: string | null }> {
  const formats = parts.map(({ header }) => header.results.scoring.features)
  const no = (why: string) => ({
    format: null,
    problem: `embeddings are not merged, and stay beside the tables of their runs: ${why}`,
  })
  const tell = (i: number) =>
    `${parts[i]!.rows.path} has ${formats[i] == null ? 'none' : `them as ${formats[i]}`}`
  const [format = null] = formats
  const other = formats.findIndex((each) => each !== format)
  if (other > 0) return no(`${tell(0)}, ${tell(other)}`)
  if (format === null) return { format, problem: null }
  for (const { rows } of parts) {
    const path = featuresPath(rows.path, format)
    if (!(await isFile(path))) return no(`${path} is not there`)
  }
  return { format, problem: null }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

/** Opens them all, lets `use` have them in the order of the rows, and closes them.
 *  @param parts  in the order of merging
 *  @throws ROE_MERGE where a file has not the rows of its table, and where films have unlike many numbers */
export async function withMergedFeatures<T>(
  parts: readonly RunPart[],
  format: FeaturesFormat,
  use: (embeddings: Embeddings) => Promise<T>,
): Promise<T> {
  const readers: FeaturesReader[] = []
  try {
    for (const part of parts)
      readers.push(await openFeatures(featuresPath(part.rows.path, format), format, filmsOf(part)))
    const length = lengthOf(readers)
    const count = parts.reduce((sum, part) => sum + filmsOf(part), 0)
    return await use({ films: inTurn(parts, readers, length), count, length })
  } finally {
    for (const reader of readers) await reader.close()
  }
}

/** A run of which all films failed does not know how many numbers there are. */
function lengthOf(readers: readonly FeaturesReader[]): number {
  const first = readers.find(({ length }) => length > 0)
  const other = readers.find(({ length }) => length > 0 && length !== first?.length)
  if (other === undefined) return first?.length ?? 0
  const problem = `it has ${other.length} numbers a film, and ${first!.path} has ${first!.length}`
  throw new RoentgenError('ROE_MERGE', { where: other.path, problem })
}

async function* inTurn(
  parts: readonly RunPart[],
  readers: readonly FeaturesReader[],
  length: number,
): AsyncGenerator<Embedding> {
  const again = []
  for (const [i, part] of parts.entries()) {
    const opened = await openPart(part.rows.path)
    again.push({ ...opened, reader: readers[i]!, status: cellOf(opened.rows, 'status') })
  }
  for await (const { part, row, path } of inOrder(again)) {
    const values = await part.reader.next(path)
    yield {
      path,
      status: String(part.status(row.cells)),
      values: values.length === length ? values : new Float32Array(length).fill(Number.NaN),
    }
  }
  for (const reader of readers) await reader.demandEnd()
}

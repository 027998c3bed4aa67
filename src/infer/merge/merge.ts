/** Tables of several runs as one: all shards of a list, or whole runs one after another; never of other models, providers,
 *  precisions, batches or columns. Streamed, in any formats; the ledgers become one, too, and the embeddings. */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Survey } from '../../data/inputs/inputs.ts'
import { demandApart, namedRun } from '../run/apart.ts'
import { removeFeatures, writeFeatures } from '../run/features.ts'
import { type FeaturesFormat, featuresPath, headerPath } from '../run/files.ts'
import { type RunHeader, type ScoreSummary, writeHeader } from '../run/header.ts'
import { type RenderedRow, render } from '../run/render.ts'
import { writerFor } from '../writers.ts'
import { mergedFormat, withMergedFeatures } from './features.ts'
import { inOrder, sortShards } from './in-order.ts'
import { cellOf, demandAlike, LedgerReader, openPart, type RunPart, withFeatures } from './parts.ts'

export interface Merged extends ScoreSummary {
  /** Where the embeddings are; null where none were merged. */
  features: string | null
  /** What a user should know of the merged table, a sentence each. */
  notes: string[]
}

/** @param tables  what finished runs wrote, with their headers beside them
 *  @param out  its extension says the format; written when everything is proved, or not at all
 *  @throws ROE_MERGE, ROE_OPTION, ROE_NOT_FOUND, ROE_MANIFEST, ROE_WRITE */
export async function mergeScores(tables: readonly string[], out: string): Promise<Merged> {
  writerFor(out)
  await demandApart(
    namedRun('-o', out),
    tables.flatMap((table) => namedRun(table, table)),
  )
  const parts: RunPart[] = []
  for (const table of tables) parts.push(await openPart(table))
  // First, since shards that name their films otherwise would look like those of another list.
  for (const part of parts) demandAlike(parts[0]!, part)
  const sorted = sortShards(parts)
  const { format, problem } = await mergedFormat(sorted)
  const header = headerOf(sorted, format)
  // A header and embeddings of an earlier run must not stand beside rows that they do not know.
  const undo = () => rm(headerPath(out), { force: true }).then(() => removeFeatures(out, null))
  const { survey, summary } = await writeMerged(sorted, out, header, undo)
  await writeHeader(out, { ...header, survey, summary }).catch(async (error) => {
    await undo()
    throw error
  })
  await removeFeatures(out, format)
  const features = format === null ? null : featuresPath(out, format)
  return { ...summary, features, notes: problem === null ? [] : [problem] }
}

/** The rows, and the embeddings: those are read first, since all of it is to be proved before anything has its name.
 *  @param undo  takes away what does not belong to the rows, where they have their name and the embeddings fail */
async function writeMerged(
  parts: readonly RunPart[],
  out: string,
  header: RunHeader,
  undo: () => Promise<void>,
): Promise<{ survey: Survey; summary: ScoreSummary }> {
  const survey: Survey = { listed: 0, films: 0, digest: null }
  const rows = () => render(rowsOf(parts, header, survey), out, header)
  const format = header.results.scoring.features
  if (format === null) return { survey, summary: await rows() }
  return withMergedFeatures(parts, format, async ({ films, ...size }) => {
    let summary: ScoreSummary | null = null
    async function* thenRows() {
      yield* films
      summary = await rows()
    }
    try {
      await writeFeatures({ films: thenRows(), ...size }, out, format, JSON.stringify(header.results))
    } catch (error) {
      if (summary !== null) await undo()
      throw error
    }
    return { survey, summary: summary! }
  })
}

/** Fills `survey` as it goes. */
async function* rowsOf(
  parts: readonly RunPart[],
  { inputs }: RunHeader,
  survey: Survey,
): AsyncGenerator<RenderedRow> {
  const readers = new Map(
    parts.map((part) => {
      const { rows } = part
      return [part, { status: cellOf(rows, 'status'), ledger: new LedgerReader(rows.path) }]
    }),
  )
  const digest = createHash('sha256')
  try {
    for await (const { part, row, path } of inOrder(parts)) {
      const { status, ledger } = readers.get(part)!
      const isOk = status(row.cells) === 'ok'
      yield { cells: row.cells, failure: isOk ? null : await ledger.next(path) }
      digest.update(`${path}\0`)
      survey.films += 1
    }
  } finally {
    for (const { ledger } of readers.values()) ledger.close()
  }
  survey.listed = survey.films
  survey.digest = inputs.pathAs === 'index' ? null : digest.digest('hex')
}

/** What the runs have in common, and the inputs of all. */
function headerOf(parts: readonly RunPart[], features: FeaturesFormat | null): RunHeader {
  const { summary: _, survey: __, ...header } = withFeatures(parts[0]!.header, features)
  const named = [...new Set(parts.flatMap((part) => part.header.inputs.named))]
  const roots = new Set(parts.map((part) => part.header.inputs.root))
  // A film that changed after the first of them had begun may stand there as it was.
  const begun = parts.map((part) => String(part.header.machine.begun)).toSorted()[0]!
  return {
    ...header,
    inputs: { ...header.inputs, named, root: roots.size === 1 ? header.inputs.root : null, shard: null },
    machine: { ...header.machine, begun },
  }
}

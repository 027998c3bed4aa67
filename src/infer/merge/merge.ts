/** Tables of several runs as one: all shards of a list, or whole runs one after another; never of other models, providers,
 *  precisions, batches or columns. Streamed, in any formats; the ledgers become one, too. */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Survey } from '../../data/inputs/inputs.ts'
import { demandApart, namedRun } from '../run/apart.ts'
import { removeFeatures } from '../run/features.ts'
import { headerPath } from '../run/files.ts'
import { type RunHeader, type ScoreSummary, writeHeader } from '../run/header.ts'
import { type RenderedRow, render } from '../run/render.ts'
import { writerFor } from '../writers.ts'
import { inOrder, sortShards } from './in-order.ts'
import { cellOf, demandAlike, LedgerReader, openPart, type RunPart, withoutFeatures } from './parts.ts'

export interface Merged extends ScoreSummary {
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
  const sorted = sortShards(parts)
  for (const part of sorted) demandAlike(sorted[0]!, part)
  const header = headerOf(sorted)
  const survey: Survey = { listed: 0, films: 0, digest: null }
  // A header of an earlier run must not stand beside rows that it did not make.
  const summary = await render(rowsOf(sorted, header, survey), out, header)
  await writeHeader(out, { ...header, survey, summary }).catch(async (error) => {
    await rm(headerPath(out), { force: true })
    throw error
  })
  await removeFeatures(out, null)
  return { ...summary, notes: notesOf(sorted) }
}

/** What a user should know of the merged table, a sentence each. */
function notesOf(parts: readonly RunPart[]): string[] {
  const hasFeatures = parts.some(({ header }) => header.results.scoring.features !== null)
  return hasFeatures ? ['embeddings are not merged; they stay beside the tables of their runs'] : []
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
function headerOf(parts: readonly RunPart[]): RunHeader {
  const { summary: _, survey: __, ...header } = withoutFeatures(parts[0]!.header)
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

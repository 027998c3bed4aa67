/** The end of a run: what its journal says becomes the output and the ledger, and is counted. It can be done again where it
 *  was cut short: the journal goes last. */
import { rm } from 'node:fs/promises'
import { RoentgenError } from '../../../errors.ts'
import { columnsOf, type RowLayout } from '../layout.ts'
import { cellsOf, type ScoredFilm } from '../row.ts'
import { embeddingsOf, removeFeatures, writeFeatures } from './features.ts'
import { journalPath } from './files.ts'
import { type RunHeader, type ScoreSummary, writeHeader } from './header.ts'
import { readJournal } from './journal.ts'
import { ledgerLine } from './ledger.ts'
import { type RenderedRow, render } from './render.ts'

/** @param header  of the run; the summary is added to it   @param films  that were scored
 *  @throws ROE_WRITE; ROE_INTERNAL when the journal does not hold them all; the journal then stays, and with it everything
 *    can be done again */
export async function finishRun(out: string, header: RunHeader, films: number): Promise<ScoreSummary> {
  const journal = journalPath(out)
  const summary = await render(rowsOf(allOf(journal, films), header.layout), out, header)
  const { features } = header.results.scoring
  await removeFeatures(out, features)
  if (features !== null)
    await writeFeatures(
      await embeddingsOf(() => readJournal(journal), summary.films),
      out,
      features,
      JSON.stringify(header.results),
    )
  await writeHeader(out, { ...header, summary })
  await rm(journal, { force: true })
  return summary
}

/** A journal that was damaged or replaced meanwhile must not become a shorter output. */
async function* allOf(journal: string, films: number): AsyncGenerator<ScoredFilm> {
  let found = 0
  for await (const film of readJournal(journal)) {
    found += 1
    yield film
  }
  if (found === films) return
  const problem = `it holds ${found} of ${films} films; it was damaged while the run wrote it`
  throw new RoentgenError('ROE_INTERNAL', { where: journal, problem })
}

async function* rowsOf(films: AsyncIterable<ScoredFilm>, layout: RowLayout): AsyncGenerator<RenderedRow> {
  const columns = columnsOf(layout)
  for await (const film of films)
    yield {
      cells: cellsOf(film, columns),
      failure: film.status === 'failed' ? ledgerLine(film) : null,
    }
}

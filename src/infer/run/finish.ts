/** The end of a run: what its journal says becomes the output and the ledger, and is counted. It can be done again where it
 *  was cut short: the journal goes last. */
import { rm } from 'node:fs/promises'
import { columnsOf, type RowLayout } from '../layout.ts'
import { cellsOf, type ScoredFilm } from '../row.ts'
import { writeFeatures } from './features.ts'
import { journalPath } from './files.ts'
import { type RunHeader, type ScoreSummary, writeHeader } from './header.ts'
import { readJournal } from './journal.ts'
import { ledgerLine } from './ledger.ts'
import { type RenderedRow, render } from './render.ts'

/** @param header  of the run; the summary is added to it
 *  @throws ROE_WRITE; output and ledger are then what they were, and the journal stays */
export async function finishRun(out: string, header: RunHeader): Promise<ScoreSummary> {
  const journal = journalPath(out)
  const summary = await render(rowsOf(readJournal(journal), header.layout), out, header)
  const { features } = header.results.scoring
  if (features !== null)
    await writeFeatures(
      () => readJournal(journal),
      summary.films,
      out,
      features,
      JSON.stringify(header.results),
    )
  await writeHeader(out, { ...header, summary })
  await rm(journal, { force: true })
  return summary
}

async function* rowsOf(films: AsyncIterable<ScoredFilm>, layout: RowLayout): AsyncGenerator<RenderedRow> {
  const columns = columnsOf(layout)
  for await (const film of films)
    yield {
      cells: cellsOf(film, columns),
      label: film.status === 'ok' ? (film.scores[0]?.label ?? null) : null,
      failure: film.status === 'failed' ? ledgerLine(film) : null,
    }
}

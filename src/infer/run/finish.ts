/** The end of a run: what its journal says becomes the output and the ledger, and is counted. It can be done again where it
 *  was cut short: the journal goes last. */
import { rm } from 'node:fs/promises'
import { columnsOf } from '../layout.ts'
import { cellsOf, type ScoredFilm } from '../row.ts'
import { writeRows } from '../writers.ts'
import { journalPath } from './files.ts'
import { type RunHeader, type ScoreSummary, writeHeader } from './header.ts'
import { readJournal } from './journal.ts'
import { Ledger } from './ledger.ts'

/** @param header  of the run; the summary is added to it
 *  @throws ROE_WRITE; output and ledger are then what they were, and the journal stays */
export async function finishRun(out: string, header: RunHeader): Promise<ScoreSummary> {
  const journal = journalPath(out)
  const summary = await render(readJournal(journal), out, header)
  await writeHeader(out, { ...header, summary })
  await rm(journal, { force: true })
  return summary
}

async function render(
  films: AsyncIterable<ScoredFilm>,
  out: string,
  { layout, results }: RunHeader,
): Promise<ScoreSummary> {
  const columns = columnsOf(layout)
  const ledger = new Ledger(out)
  const labels = Object.fromEntries((layout.models[0]?.labels ?? []).map((label) => [label, 0]))
  const summary: ScoreSummary = { films: 0, ok: 0, failed: 0, labels, out, ledger: null }
  try {
    await writeRows(out, columns, rows(), JSON.stringify(results))
    return summary
  } catch (error) {
    await ledger.abandon()
    throw error
  }

  async function* rows() {
    for await (const film of films) {
      yield cellsOf(film, columns)
      if (film.status === 'failed') await ledger.add(film)
      else for (const { label } of film.scores.slice(0, 1)) labels[label] = (labels[label] ?? 0) + 1
      summary[film.status] += 1
      summary.films += 1
    }
    // The scores come last: where they are, their ledger is.
    summary.ledger = await ledger.finish()
  }
}

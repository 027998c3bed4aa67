/** Rows become the output and its ledger, and are counted: the end of a run, of merging and of updating. */
import type { Cell } from '../../data/rows/columns.ts'
import { columnsOf } from '../layout.ts'
import { writeRows } from '../writers.ts'
import type { RunHeader, ScoreSummary } from './header.ts'
import { labelCounter } from './label-counts.ts'
import { Ledger } from './ledger.ts'

export interface RenderedRow {
  /** In the order of the columns. */
  cells: readonly Cell[]
  /** What the ledger says of a film that failed, a line with its line feed; null of others. */
  failure: string | null
}

/** Writes the output and its ledger: each appears when it is whole, the ledger first.
 *  @throws ROE_WRITE, and what `rows` throws */
export async function render(
  rows: AsyncIterable<RenderedRow>,
  out: string,
  { layout, results }: Pick<RunHeader, 'layout' | 'results'>,
): Promise<ScoreSummary> {
  const ledger = new Ledger(out)
  const { labels, add } = labelCounter(layout, results.scoring.thresholds)
  const summary: ScoreSummary = { films: 0, ok: 0, failed: 0, labels, out, ledger: null }
  try {
    await writeRows(out, columnsOf(layout), cells(), JSON.stringify(results))
    return summary
  } catch (error) {
    await ledger.abandon()
    throw error
  }

  async function* cells() {
    for await (const { cells, failure } of rows) {
      yield cells
      if (failure !== null) await ledger.add(failure)
      else add(cells)
      summary[failure === null ? 'ok' : 'failed'] += 1
      summary.films += 1
    }
    // The scores come last: where they are, their ledger is.
    summary.ledger = await ledger.finish()
  }
}

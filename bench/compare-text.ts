/** A comparison as text for a terminal: a line a figure, then what ran on one side only and what was not alike. */
import { type ComparedRow, type Comparison, changeText, failingText } from './compare.ts'
import { caseId } from './results.ts'
import { digits } from './text.ts'

const COLUMNS: readonly (readonly [head: string, cell: (row: ComparedRow) => string])[] = [
  ['case', (row) => caseId(row.case)],
  ['figure', ({ metric }) => metric],
  ['old ms', ({ oldMs }) => digits(oldMs)],
  ['new ms', ({ newMs }) => digits(newMs)],
  ['change (95 %)', ({ ratio }) => intervalText(ratio)],
  ['processes', ({ processes }) => processes.join(' and ')],
  ['', ({ verdict }) => verdict],
]

/** The whole comparison; ends with a line feed. */
export function comparisonText({ rows, lost, failing, added, differences }: Comparison): string {
  return `${[
    ...tableLines(rows),
    ...lost.map(
      ({ id, problem }) => `only in the old results: ${id}${problem === null ? '' : ` (now: ${problem})`}`,
    ),
    ...failing.map((one) => `fails now: ${failingText(one)}`),
    ...added.map((id) => `only in the new results: ${id}`),
    ...differences.map((difference) => `not alike: ${difference}`),
    METHOD,
  ].join('\n')}\n`
}

const METHOD =
  "Times; above 0 % is slower. Intervals are each figure's own; the verdict heeds how many there are (Holm), so that chance alone hardly ever gives one. What differs between two days is in neither."

const intervalText = ({ value, low, high }: ComparedRow['ratio']): string =>
  low === null || high === null
    ? `${changeText(value)} (no interval)`
    : `${changeText(value)} (${changeText(low)} to ${changeText(high)})`

/** Cells under their heads. */
function tableLines(rows: readonly ComparedRow[]): string[] {
  if (rows.length === 0) return ['No case is in both results.']
  const cells = [COLUMNS.map(([head]) => head), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))]
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)))
  return cells.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
}

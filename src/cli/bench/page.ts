/** The report of a suite as one page that opens without a network: the sentences first, then a table and plots for each
 *  scenario, the models, and what was measured on what. Computed from the results alone. */
import { type Report, reportOf, type Table } from '../../../bench/report.ts'
import type { Results, Scenario } from '../../../bench/results.ts'
import { type TableRow, tableOf } from '../../../bench/table.ts'
import { type Page, pageOf } from '../../report/page.ts'
import type { Picture } from '../../report/plot.ts'
import { accuracyPicture } from './pictures/accuracy.ts'
import { driftPicture } from './pictures/drift.ts'
import { latencyPictures } from './pictures/latency.ts'
import { coldPictures, partsPictures } from './pictures/stacked.ts'
import { throughputPictures } from './pictures/throughput.ts'

type Section = Page['sections'][number]
type Parts = Section['parts']

/** The whole page; the same results give the same text. */
export function benchPage(results: Results): string {
  const rows = tableOf(results)
  const report = reportOf(results, rows)
  const { notes, facts, scenarios, models, failures, diagnosis, method } = report
  return pageOf({
    title: titleOf(results),
    sections: [
      listSection('To keep in mind', [...notes, ...diagnosis]),
      listSection('Did not run', failures),
      ...scenarios.map((one) => scenarioSection(one, rows)),
      section('Accuracy and speed', accuracyParts(scenarios, rows)),
      section('Cold start', coldParts(rows)),
      section('Drift', driftParts(rows)),
      section('Models', [{ table: { ...models, rows: models.rows.map((row) => row.map(unbroken)) } }]),
      section('How it was measured', [
        { list: facts.map(([name, value]) => `${name}: ${value}`) },
        { text: method },
      ]),
    ].filter(({ parts }) => parts.length > 0),
  })
}

const titleOf = ({ quick, unfinished }: Results): string =>
  unfinished !== null
    ? 'Benchmark: unfinished'
    : quick
      ? 'Benchmark: a quick run, for a first look'
      : 'Benchmark'

const COLD =
  'Of the smallest batch of each. Load: start of the process, reading and parsing without optimising; optimise: what optimising adds; first run: the first query. Files lie in the memory of the system.'

const section = (heading: string, parts: Parts): Section => ({ heading, parts })

const listSection = (heading: string, list: readonly string[]): Section =>
  section(heading, list.length === 0 ? [] : [{ list }])

const pictures = (some: readonly Picture[], alt: string): Parts => some.map((picture) => ({ picture, alt }))

function scenarioSection({ scenario, timed, table }: Report['scenarios'][number], all: readonly TableRow[]) {
  const rows = all.filter((row) => row.case.scenario === scenario)
  return section(`${scenario}: ${ASKS[scenario]}`, [
    { text: timed },
    ...pictures(throughputPictures(rows), 'Lines: films a second of each model against the batch'),
    ...pictures(latencyPictures(rows), 'Histograms: times of the queries of each case'),
    ...pictures(partsPictures(rows), 'Bars: CPU-milliseconds of a film in each part, from file to row'),
    ...tableParts(table),
  ])
}

/** Columns that say the same in each row, by their heads, stand above the table: a phone has room for few. */
const SAID_ONCE = ['provider', 'precision', 'batch', 'threads']

function tableParts({ head, rows }: Table): Parts {
  const isSame = head.map(
    (name, i) => SAID_ONCE.includes(name) && rows.length > 1 && new Set(rows.map((row) => row[i])).size === 1,
  )
  const kept = <Cell>(cells: readonly Cell[]): Cell[] => cells.filter((_, i) => !isSame[i])
  const said = head.flatMap((name, i) => (isSame[i] ? [`${name} ${rows[0]![i]}`] : []))
  return [
    ...(said.length === 0 ? [] : [{ text: `In all rows: ${said.join(', ')}.` }]),
    { table: { head: kept(head), rows: rows.map((row) => kept(row).map(unbroken)) } },
  ]
}

/** A figure stays on one line; what stands in brackets may begin the next where it is no interval. */
const unbroken = (cell: string): string =>
  cell.length > 32 ? cell : cell.replace(/ (?!\(\d+ of )/g, '\u00a0')

const ASKS: Readonly<Record<Scenario, string>> = {
  'single-stream': 'how long one film takes',
  offline: 'how many films a second',
  'end-to-end': 'how many films a second, from file to row',
}

/** Of the scenarios that ask for films a second, unless there is none. */
function accuracyParts(scenarios: Report['scenarios'], rows: readonly TableRow[]): Parts {
  const asked = scenarios.map(({ scenario }) => scenario)
  const fast = asked.filter((scenario) => scenario !== 'single-stream')
  const drawn = (fast.length > 0 ? fast : asked).flatMap(
    (scenario) => accuracyPicture(rows.filter((row) => row.case.scenario === scenario)) ?? [],
  )
  const left = [...new Set(drawn.flatMap((one) => one.left))]
  return [
    ...pictures(
      drawn.map(({ picture }) => picture),
      'Dots: each model at its fastest',
    ),
    ...(left.length === 0 ? [] : [{ text: `Without a figure, and not drawn: ${left.join(', ')}.` }]),
  ]
}

function coldParts(rows: readonly TableRow[]): Parts {
  if (rows.length === 0) return []
  const bars = pictures(coldPictures(rows), 'Bars: milliseconds to load, to optimise and of the first run')
  return [...bars, { text: COLD }]
}

function driftParts(rows: readonly TableRow[]): Parts {
  const picture = driftPicture(rows)
  if (picture === null) return []
  const alt = 'Dots: each process against the others of its case, over time'
  return [
    { text: 'Cases are visited in turns, so that a slower hour falls on all of them.' },
    { picture, alt },
  ]
}

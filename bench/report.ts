/** What a report of a suite says, in no form yet: Markdown and the page lay out the same tables, facts and sentences. */
import { diagnose, diagnosisText, notesOf } from './diagnose.ts'
import { caseId, fileOf, type Model, type Results, SCENARIOS, type Scenario } from './results.ts'
import { INSIDE_TIMER } from './scenarios.ts'
import { type TableRow, tableOf } from './table.ts'
import { digits, estimateText, figureText } from './text.ts'

export interface Table {
  head: string[]
  rows: string[][]
}

export interface Report {
  /** What holds for all figures: a quick run, whose weights, what is missing. */
  notes: string[]
  /** Name and value: the command, the machine, versions, rules. */
  facts: (readonly [name: string, value: string])[]
  /** Those that ran, each with what is inside its timer. */
  scenarios: { scenario: Scenario; timed: string; table: Table }[]
  models: Table
  /** A line a visit that failed or a case that has none yet, and a line a diagnosis. */
  failures: string[]
  diagnosis: string[]
  /** How the figures come about. */
  method: string
}

type Column = readonly [head: string, cell: (row: TableRow) => string]

const CASE_COLUMNS: readonly Column[] = [
  ['model', ({ case: { model } }) => model],
  [
    'provider',
    ({ case: { provider }, providers }) =>
      providers.join() === provider ? provider : `${providers.join(', ')} (${provider} was asked for)`,
  ],
  ['precision', ({ case: { precision } }) => precision],
  ['batch', ({ case: { batch } }) => String(batch)],
  ['threads', ({ case: { threads } }) => String(threads)],
]

const COST_COLUMNS: readonly Column[] = [
  ['CPU ms a film', ({ cpuMsPerFilm }) => digits(cpuMsPerFilm)],
  ['peak MiB', ({ peakBytes }) => String(Math.round(peakBytes / 2 ** 20))],
]

const RATE: Column = ['films a second', ({ throughput }) => figureText(throughput)]

/** Scenario → its columns, the figure that the scenario is about first. */
const COLUMNS: Readonly<Record<Scenario, readonly Column[]>> = {
  'single-stream': [
    ['p90 ms', ({ latency }) => estimateText(latency.p90)],
    [
      'median ms',
      ({ median, latency }) => (latency.p50.enough ? figureText(median) : estimateText(latency.p50)),
    ],
    ['p50 ms', ({ latency }) => estimateText(latency.p50)],
    ['p99 ms', ({ latency }) => estimateText(latency.p99)],
    ['p99.9 ms', ({ latency }) => estimateText(latency.p999)],
    ['cold ms', ({ cold }) => digits(cold.wholeMs)],
    [
      'load + optimise + first',
      ({ cold }) => [cold.loadMs, cold.optimiseMs, cold.firstRunMs].map(digits).join(' + '),
    ],
    ...COST_COLUMNS,
  ],
  offline: [RATE, ...COST_COLUMNS],
  'end-to-end': [
    RATE,
    ['decode', ({ parts }) => (parts === null ? '–' : digits(parts.decodeMs))],
    ['preprocess', ({ parts }) => (parts === null ? '–' : digits(parts.preprocessMs))],
    ['infer', ({ parts }) => (parts === null ? '–' : digits(parts.inferMs))],
    ['write (CPU ms a film)', ({ parts }) => (parts === null ? '–' : digits(parts.writeMs))],
    ...COST_COLUMNS,
  ],
}

const GPU_COLUMNS: readonly Column[] = [
  ['watts', ({ gpu }) => (gpu === null ? '–' : digits(gpu.watts))],
  ['joules a film', ({ gpu }) => (gpu === null ? '–' : digits(gpu.joulesPerFilm))],
  ['GPU MiB', ({ gpu }) => (gpu === null ? '–' : String(Math.round(gpu.bytes / 2 ** 20)))],
]

const MODEL_COLUMNS: readonly (readonly [head: string, cell: (model: Model) => string])[] = [
  ['model', ({ name }) => name],
  ['weights', ({ weights }) => weights],
  ['input', ({ input: { height, width, channels } }) => `${height} × ${width} × ${channels}`],
  ['parameters', ({ parameters }) => parameters.toLocaleString('en')],
  ['GMACs', ({ gmacs }) => (gmacs === null ? '–' : digits(gmacs))],
  ['MB', (model) => ofFiles(model, ({ bytes }) => digits(bytes / 1e6))],
  ['parity', (model) => ofFiles(model, parityText)],
  [
    'AUC (95 %)',
    ({ auc }) =>
      auc === null
        ? '–'
        : `${auc.value.toFixed(3)} (${auc.low.toFixed(3)} to ${auc.high.toFixed(3)}; ${auc.label}, ${auc.films} films${auc.copies > 0 ? ` without ${auc.copies} copies of training films` : ''})`,
  ],
  [
    'SHA-256',
    ({ digests }) =>
      Object.entries(digests)
        .map(([precision, digest]) => `${precision} ${digest.slice(0, 12)}`)
        .join(', '),
  ],
]

const parityText = ({ parity, saturated }: ReturnType<typeof fileOf>): string =>
  parity === null ? '–' : saturated ? 'shows little' : parity.toPrecision(2)

/** A cell about a model's file, or about that of each precision. */
function ofFiles(model: Model, cell: (file: ReturnType<typeof fileOf>) => string): string {
  const precisions = Object.keys(model.digests)
  if (precisions.length < 2) return cell(model)
  return precisions.map((precision) => `${precision} ${cell(fileOf(model, precision))}`).join(', ')
}

/** @param rows  `tableOf(results)`, where it is there already */
export const reportOf = (results: Results, rows: readonly TableRow[] = tableOf(results)): Report => ({
  notes: notesOf(results),
  facts: factsOf(results),
  scenarios: SCENARIOS.flatMap((scenario) => scenarioOf(scenario, rows)),
  models: tableFrom(MODEL_COLUMNS, results.models),
  failures: [
    ...results.failures.map((one) => `${caseId(one.case)}, round ${one.round}: ${one.problem}`),
    ...(results.unfinished?.unvisited.map((one) => `${caseId(one)}: not visited yet`) ?? []),
  ],
  diagnosis: diagnose(results, rows).map((one) => diagnosisText(one)),
  method: METHOD,
})

const METHOD =
  "Intervals are of 95 %, by Student's t on the logarithms of the processes' figures. Percentiles are MLPerf Inference's early-stopping estimates, at 99 % confidence, of the queries of all processes; where too few were counted none is printed."

function scenarioOf(scenario: Scenario, all: readonly TableRow[]): Report['scenarios'] {
  const rows = all.filter((row) => row.case.scenario === scenario)
  if (rows.length === 0) return []
  const gpu = rows.some((row) => row.gpu !== null) ? GPU_COLUMNS : []
  const columns = [...CASE_COLUMNS, ...COLUMNS[scenario], ...gpu]
  return [{ scenario, timed: `Timed: ${INSIDE_TIMER[scenario]}.`, table: tableFrom(columns, rows) }]
}

function factsOf({ began, command, machine, versions, rules, films }: Results): Report['facts'] {
  const { cpu, cores, memoryBytes, os, gpu } = machine
  return [
    ['began', began],
    ['command', command.map(shellWord).join(' ')],
    [
      'machine',
      `${cpu}, ${cores} cores, ${digits(memoryBytes / 2 ** 30)} GiB, ${os}${gpu === null ? '' : `, ${gpu}`}`,
    ],
    [
      'versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    [
      'rules',
      `warm-up ${rules.warmUpMs / 1000} s, then at least ${rules.minDurationMs / 1000} s and ${rules.minQueries} queries (films, where throughput is asked for), ${rules.rounds} rounds of a process each`,
    ],
    ...(films === null
      ? []
      : [
          [
            'films',
            `${films.run} taken in turn from file to row, ${digits(films.bytes / films.run / 1e3)} kB each on average${films.unreadable === 0 ? '' : `; ${films.unreadable} that cannot be read are left out`}`,
          ] as const,
        ]),
  ]
}

/** A word as a shell takes it. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

const tableFrom = <Item>(
  columns: readonly (readonly [head: string, cell: (item: Item) => string])[],
  items: readonly Item[],
): Table => ({
  head: columns.map(([head]) => head),
  rows: items.map((item) => columns.map(([, cell]) => cell(item))),
})

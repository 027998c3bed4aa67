/** The report of a suite as Markdown: what was measured on what, a table a scenario, what did not run, what is doubtful. */
import { diagnose, diagnosisText, notesOf } from './diagnose.ts'
import { caseId, type Model, type Results, SCENARIOS, type Scenario } from './results.ts'
import { INSIDE_TIMER } from './scenarios.ts'
import { type TableRow, tableOf } from './table.ts'
import { digits, estimateText, figureText } from './text.ts'

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
    ['median ms', ({ median }) => figureText(median)],
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
  ['MB', ({ bytes }) => digits(bytes / 1e6)],
  ['parity', ({ parity }) => (parity === null ? '–' : parity.toPrecision(2))],
  [
    'AUC (95 %)',
    ({ auc }) =>
      auc === null
        ? '–'
        : `${auc.value.toFixed(3)} (${auc.low.toFixed(3)} to ${auc.high.toFixed(3)}; ${auc.label}, ${auc.films} films)`,
  ],
  [
    'SHA-256',
    ({ digests }) =>
      Object.entries(digests)
        .map(([precision, digest]) => `${precision} ${digest.slice(0, 12)}`)
        .join(', '),
  ],
]

/** The whole report. Ends with a line feed. */
export function markdownOf(results: Results): string {
  const rows = tableOf(results)
  return `${[
    '# Benchmark',
    notesOf(results).join(' '),
    factsOf(results),
    ...SCENARIOS.flatMap((scenario) => sectionOf(scenario, rows)),
    '## Models',
    markdownTable(MODEL_COLUMNS, results.models),
    ...listOf(
      'Did not run',
      results.failures.map((one) => `${caseId(one.case)}, round ${one.round}: ${one.problem}`),
    ),
    ...listOf(
      'To keep in mind',
      diagnose(results, rows).map((one) => diagnosisText(one)),
    ),
    METHOD,
  ].join('\n\n')}\n`
}

/** How the figures come about. */
const METHOD =
  "Intervals are of 95 %, by Student's t on the logarithms of the processes' figures. Percentiles are MLPerf Inference's early-stopping estimates, at 99 % confidence, of the queries of all processes; where too few were counted none is printed. For research, not for diagnosis."

function sectionOf(scenario: Scenario, all: readonly TableRow[]): string[] {
  const rows = all.filter((row) => row.case.scenario === scenario)
  if (rows.length === 0) return []
  const gpu = rows.some((row) => row.gpu !== null) ? GPU_COLUMNS : []
  const columns = [...CASE_COLUMNS, ...COLUMNS[scenario], ...gpu]
  return [`## ${scenario}`, `Timed: ${INSIDE_TIMER[scenario]}.`, markdownTable(columns, rows)]
}

function factsOf({ began, command, machine, versions, rules }: Results): string {
  const { cpu, cores, memoryBytes, os, gpu } = machine
  return [
    `- began: ${began}`,
    `- command: \`${command.join(' ')}\``,
    `- machine: ${cpu}, ${cores} cores, ${digits(memoryBytes / 2 ** 30)} GiB, ${os}${gpu === null ? '' : `, ${gpu}`}`,
    `- versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    `- rules: warm-up ${rules.warmUpMs / 1000} s, then at least ${rules.minDurationMs / 1000} s and ${rules.minQueries} queries (films, where throughput is asked for), ${rules.rounds} rounds of a process each`,
  ].join('\n')
}

const listOf = (head: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${head}`, lines.map((line) => `- ${escapeCell(line)}`).join('\n')]

/** A bar or a line break in a name must not end a cell. */
const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

function markdownTable<Item>(
  columns: readonly (readonly [string, (item: Item) => string])[],
  items: readonly Item[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`
  const body = items.map((item) => line(columns.map(([, cell]) => cell(item))))
  return [line(columns.map(([head]) => head)), line(columns.map(() => '---')), ...body].join('\n')
}

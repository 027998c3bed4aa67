/** The report of a suite as Markdown: what was measured on what, a table a scenario, what did not run, what is doubtful. */
import { reportOf, type Table } from './report.ts'
import type { Results } from './results.ts'

const RESEARCH_ONLY = 'For research, not for diagnosis.'

/** The whole report. Ends with a line feed. */
export function markdownOf(results: Results): string {
  const { notes, facts, scenarios, models, failures, diagnosis, method } = reportOf(results)
  return `${[
    '# Benchmark',
    notes.join(' '),
    facts.map(([name, value]) => `- ${name}: ${name === 'command' ? `\`${value}\`` : value}`).join('\n'),
    ...scenarios.flatMap(({ scenario, timed, table }) => [`## ${scenario}`, timed, markdownTable(table)]),
    '## Models',
    markdownTable(models),
    ...listOf('Did not run', failures),
    ...listOf('To keep in mind', diagnosis),
    `${method} ${RESEARCH_ONLY}`,
  ].join('\n\n')}\n`
}

const listOf = (head: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${head}`, lines.map((line) => `- ${escapeCell(line)}`).join('\n')]

/** A bar or a line break in a name must not end a cell. */
const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The tables of S1.5 for people and machines: text, Markdown, CSV and JSON, all of the same cells. */

import { csvRow } from '../data/csv.ts'
import { RESEARCH_ONLY } from '../report/page.ts'
import { fixed, padEnd, padStart, width } from './number-text.ts'
import { FIGURES, type Figure, type FigureName, type SweepRow, type SweepTables } from './sweep.ts'

interface TextTable {
  title: string
  head: readonly string[]
  rows: readonly (readonly string[])[]
}

/** Extension → the file's text, with a line break at its end. */
export const SWEEP_FORMATS: Readonly<Record<string, (tables: SweepTables) => string>> = {
  txt: (tables) => sweepText(tables),
  md: (tables) => sweepMarkdown(tables),
  csv: (tables) => sweepCsv(tables),
  json: (tables) => `${JSON.stringify(tables, null, 2)}\n`,
}

export const sweepText = (tables: SweepTables): string =>
  `${[...tablesOf(tables).map(plainTable), ...remarksOf(tables)].join('\n\n')}\n`

const sweepMarkdown = (tables: SweepTables): string =>
  `${[...tablesOf(tables).map(markdownTable), ...remarksOf(tables).map(markdownText)].join('\n\n')}\n`

const sweepCsv = ({ rows }: SweepTables): string =>
  [
    [
      'network',
      'films',
      'tp',
      'fp',
      'tn',
      'fn',
      ...FIGURES.flatMap((name) => CSV_COLUMNS.map((of) => `${snake(name)}${of}`)),
    ],
    ...rows.map(({ name, films, counts, figures }) => [
      name,
      films,
      ...countsIn(counts),
      ...FIGURES.flatMap((figure) => {
        const { value, starred, mean, sd } = figures[figure]
        return [value, starred, mean, sd]
      }),
    ]),
  ]
    .map(csvRow)
    .join('')

const CSV_COLUMNS = ['', '_starred', '_mean', '_sd']
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const countsIn = ({
  truePositive,
  falsePositive,
  trueNegative,
  falseNegative,
}: SweepRow['counts']): number[] => [truePositive, falsePositive, trueNegative, falseNegative]

/** Of two classes both accuracies are one. */
const figuresOf = ({ labels }: SweepTables): FigureName[] =>
  FIGURES.filter((name) => labels.length > 2 || name !== 'accuracy')

const headOf = (name: FigureName, classes: number): string =>
  ({
    twoClassAccuracy: '2-class accuracy',
    accuracy: `${classes}-class accuracy`,
    sensitivity: 'sensitivity',
    specificity: 'specificity',
  })[name]

function tablesOf(tables: SweepTables): TextTable[] {
  const { rows, positive, labels, folds } = tables
  const names = figuresOf(tables)
  const head = ['network', ...names.map((name) => headOf(name, labels.length))]
  const films = folds.of === folds.tested ? `${folds.of} folds` : `one fold of ${folds.of}`
  const table = (title: string, cell: (figure: Figure) => string): TextTable => ({
    title,
    head,
    rows: rows.map(({ name, figures }) => [name, ...names.map((figure) => cell(figures[figure]))]),
  })
  return [
    table(`${positive} against the rest, per cent of the films of ${films}`, ({ value, starred }) =>
      value === null ? 'unknown' : `${percent(value)}${starred ? '*' : ''}`,
    ),
    {
      title: `Films of ${films}: ${positive} called so (TP), others called so (FP), others not (TN), ${positive} missed (FN)`,
      head: ['network', 'TP', 'FP', 'TN', 'FN'],
      rows: rows.map(({ name, counts }) => [name, ...countsIn(counts).map(String)]),
    },
    ...(folds.tested < 2
      ? []
      : [
          table(`Mean and standard deviation of the ${folds.tested} folds, per cent`, ({ mean, sd }) =>
            mean === null || sd === null ? 'unknown' : `${percent(mean)} ± ${percent(sd)}`,
          ),
        ]),
  ]
}

const percent = (value: number): string => fixed(100 * value, 2)

/** What stands below the tables, a paragraph each. */
function remarksOf({ rows, positive, chosen, leftOut, warnings, labels }: SweepTables): string[] {
  const starred = rows.some(({ figures }) => FIGURES.some((name) => figures[name].starred))
  const definitions = [
    '2-class accuracy (TP + TN) / all: a film of another class is right when it is not called',
    `${positive}, whatever else it is called${labels.length > 2 ? `; ${labels.length}-class accuracy: right in all classes` : ''}.`,
    'Sensitivity TP / (TP + FN), specificity TN / (TN + FP).',
    'The tables are laid out as those of Apostolopoulos and Bessiana (2020, arXiv:2003.11617).',
  ].join(' ')
  return [
    ...(starred
      ? [
          '* Not acceptable: an accuracy that the same answer for all films might reach (95 % interval), or a sensitivity or specificity whose other one is below 50 %. The imbalance of the classes, or of the answers, makes it look good.',
        ]
      : []),
    definitions,
    chosen.why,
    ...leftOut.map(({ name, reason }) => `Left out: ${name}: ${reason}`),
    [...warnings, RESEARCH_ONLY].join(' '),
  ]
}

function plainTable({ title, head, rows }: TextTable): string {
  const lines = [head, ...rows]
  // A star hangs over, so that the digits stand under each other.
  const bare = (cell: string): number => width(cell.replace(/\*$/, ''))
  const widths = head.map((_, column) => Math.max(...lines.map((line) => bare(line[column]!))))
  return [
    title,
    ...lines.map((line) =>
      line
        .map((cell, column) =>
          column === 0
            ? padEnd(cell, widths[0]!)
            : `${padStart('', widths[column]! - bare(cell))}${padEnd(cell, bare(cell) + 1)}`,
        )
        .join('  ')
        .trimEnd(),
    ),
  ].join('\n')
}

const markdownTable = ({ title, head, rows }: TextTable): string =>
  [
    markdownText(title),
    '',
    `| ${head.map(markdownText).join(' | ')} |`,
    `| ${head.map((_, column) => (column === 0 ? '---' : '---:')).join(' | ')} |`,
    ...rows.map((row) => `| ${row.map(markdownText).join(' | ')} |`),
  ].join('\n')

/** Text that stays text. */
const markdownText = (text: string): string => text.replace(/[\\`*_[\]<>|#]/g, '\\$&')

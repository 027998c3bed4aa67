/** An evaluation as the text of a terminal: scikit-learn's report (S0.6), the labelled matrix, and the figures of S4.5. */

import type { Area } from './auc.ts'
import { classificationReport } from './classification-report.ts'
import type { ClassFigures, Evaluation, Figures, Interval, Proportion } from './evaluation.ts'
import { isNegative } from './metrics.ts'
import { fixed, padEnd, padStart, plural, width } from './number-text.ts'

/** How many films of a list are named in the text; the JSON names all. */
const NAMED = 20

/** The whole text, with a line break at its end. */
export function evaluationText(evaluation: Evaluation): string {
  const { all, withoutCopies, copies, warnings } = evaluation
  return `${[
    header(evaluation),
    ...figuresText(`All ${plural(all.films, 'film')}`, all, evaluation),
    ...(copies.length === 0 ? [] : [copiesText(evaluation)]),
    ...(withoutCopies === null
      ? []
      : figuresText(
          `The ${plural(withoutCopies.films, 'film')} without a copy among the training films`,
          withoutCopies,
          evaluation,
        )),
    meaning(evaluation),
    ...failedText(evaluation),
    ...unmatchedText(evaluation),
    warningsText(warnings),
  ].join('\n\n')}\n`
}

/** Where the figures come from. */
export function header({
  about,
  films,
  failed,
  patients,
}: Pick<Evaluation, 'about' | 'films' | 'failed' | 'patients'>): string {
  const splits = Object.entries(about.splits).map(([name, count]) => `${name} (${count})`)
  const facts: [string, string | null][] = [
    [
      'model',
      about.model === null ? null : `${about.model.path} (sha256 ${about.model.sha256.slice(0, 12)})`,
    ],
    ['scores', about.scores],
    ['data', about.data],
    ['split', splits.length === 0 ? null : splits.join(', ')],
    ['films', `${films} in the figures, ${failed.length} failed`],
    ['patients', patients === null ? 'not known' : String(patients)],
  ]
  return facts
    .flatMap(([name, fact]) => (fact === null ? [] : [`${padEnd(name, 10)}${printable(fact)}`]))
    .join('\n')
}

const figuresText = (title: string, figures: Figures, { labels, positive }: Evaluation): string[] => [
  `${title}\n${'='.repeat(width(title))}`,
  classificationReport({ labels, matrix: figures.matrix }).trimEnd(),
  matrixText(labels, figures.matrix),
  [
    `acc: ${share(figures.accuracy)}`,
    ...figures.classes.flatMap((row) => (row.label === positive ? positiveText(row) : [])),
  ].join('\n'),
  ...(positive === null ? [restText(figures)] : []),
]

/** The confusion matrix with its labels, S0.6. */
function matrixText(labels: readonly string[], matrix: Figures['matrix']): string {
  const cells = [['', ...labels], ...labels.map((label, i) => [label, ...matrix[i]!.map(String)])]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => width(line[column]!))))
  return [
    'confusion matrix (rows actual, columns predicted)',
    ...cells.map((line) => line.map((cell, column) => padStart(cell, widths[column]!)).join('  ')),
  ].join('\n')
}

const positiveText = (row: ClassFigures): string[] => [
  `sensitivity: ${share(row.sensitivity)}`,
  `specificity: ${share(row.specificityOf)}`,
  ...(row.auc === null ? [] : [area(row.auc)]),
  `positive class: ${row.label}`,
]

function restText({ classes }: Figures): string {
  const name = Math.max(...classes.map(({ label }) => width(label)))
  return [
    'each class against the rest',
    ...classes.flatMap(({ label, sensitivity, specificityOf, auc }) => [
      `${padEnd(label, name)}  sensitivity: ${share(sensitivity)}`,
      `${padEnd('', name)}  specificity: ${share(specificityOf)}`,
      ...(auc === null ? [] : [`${padEnd('', name)}  ${area(auc)}`]),
    ]),
  ].join('\n')
}

function share({ value, count, of, interval, effective }: Proportion): string {
  if (value === null) return 'unknown, there are no such films'
  const films = `${count} of ${of}`
  const worth = effective < of ? [`worth ${fixed(effective, 1)} independent films`] : []
  return `${fixed(value, 4)}${brackets([films, ...worth, ...between(interval)])}`
}

const area = ({ value, interval }: Area): string => `AUC: ${fixed(value, 4)}${brackets(between(interval))}`

const between = (interval: Interval | null): string[] =>
  interval === null ? [] : [`95 % interval ${fixed(interval[0], 4)} to ${fixed(interval[1], 4)}`]

const brackets = (parts: readonly string[]): string => (parts.length === 0 ? '' : `  (${parts.join('; ')})`)

export const failedText = ({ failed }: Pick<Evaluation, 'failed'>): string[] =>
  listed(
    'Failed films, in no figure',
    failed.map(({ path, code, reason }) => [path, code, reason].filter((word) => word !== null).join(': ')),
  )

export const unmatchedText = ({ unmatched }: Pick<Evaluation, 'unmatched'>): string[] => [
  ...listed('Films with a label and no score', unmatched.withoutScore),
  ...listed('Films with a score and no label', unmatched.withoutLabel),
]

export const warningsText = (warnings: Evaluation['warnings']): string =>
  ['Keep in mind', ...warnings.map(({ text }) => `- ${printable(text)}`)].join('\n')

export function copiesText({ copies, films }: Pick<Evaluation, 'copies' | 'films'>): string {
  const lines = copies.map(({ path, trainPaths }) => `${path} = ${trainPaths.join(', ')}`)
  return listed(
    `${copies.length} of ${plural(films, 'test film')} with a copy among the training films`,
    lines,
  ).join('')
}

/** What the two kinds of error mean (S4.5), for the class looked for, or for any. */
function meaning({ all, positive }: Evaluation): string {
  const row = all.classes.find(({ label }) => label === positive)
  const name = row?.label ?? 'a class'
  const [missedMeans, alarmMeans] = isNegative(name) ? MEANINGS.nothing : MEANINGS.finding
  const so = row === undefined ? '; where the class is a finding,' : ':'
  const here = (count: number, of: number): string => ` Here: ${count} of ${plural(of, 'film')}.`
  const missed = row === undefined ? '' : here(row.counts.falseNegative, row.support)
  const alarms = row === undefined ? '' : here(row.counts.falsePositive, all.films - row.support)
  return [
    `A false negative is a film of ${name} that is called something else${so} ${missedMeans}.${missed}`,
    `A false positive is a film of something else that is called ${name}${so} ${alarmMeans}.${alarms}`,
  ].join('\n')
}

/** What the errors mean to people: of a class that is a finding, and of one that means that nothing was found. */
const MEANINGS = {
  finding: [
    'someone who has it would go untreated, and could infect others',
    'someone would be treated, isolated or examined for what they do not have',
  ],
  nothing: [
    'someone would be treated, isolated or examined for what they do not have',
    'someone who has something would go untreated, and could infect others',
  ],
} as const

function listed(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const more = lines.length > NAMED ? [`  and ${lines.length - NAMED} more, in evaluation.json`] : []
  return [[title, ...lines.slice(0, NAMED).map((line) => `  ${printable(line)}`), ...more].join('\n')]
}

/** Control characters of a file name must not forge lines or move the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that are replaced
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')

/** An evaluation of several labels a film as the text of a terminal: a row for each label. */
import type { FindingFigures, FindingsEvaluation, FoldAreas } from './findings-evaluation.ts'
import type { Interval, Proportion } from './intervals.ts'
import { fixed, padEnd, padStart, plural, width } from './number-text.ts'
import { copiesText, failedText, header, unmatchedText, warningsText } from './text.ts'

/** The whole text, with a line break at its end. */
export function findingsText(evaluation: FindingsEvaluation): string {
  const { all, films, withoutCopies, copies, folds, meanAuc, warnings } = evaluation
  return `${[
    header(evaluation),
    `${titled(`Each label by itself, all ${plural(films, 'film')}`)}\n${tableText(FIGURES, rowsOf(all))}`,
    `mean AUC: ${meanAuc === null ? 'unknown, not each label has one' : `${fixed(meanAuc, 4)}  (plain mean over ${all.length} labels)`}`,
    ...(folds === null ? [] : [foldsText(folds)]),
    ...(copies.length === 0 ? [] : [copiesText(evaluation)]),
    ...(withoutCopies === null
      ? []
      : [
          `${titled('Without films that have a copy among the training films')}\n${tableText(FIGURES, rowsOf(withoutCopies))}`,
        ]),
    ...failedText(evaluation),
    ...unmatchedText(evaluation),
    warningsText(warnings),
  ].join('\n\n')}\n`
}

/** Of the table of figures; `known` counts films, `with it` those that are known to have it. */
export const FIGURES = [
  'label',
  'known',
  'with it',
  'AUC',
  '95 % interval',
  'threshold',
  'sensitivity',
  '95 % interval',
  'specificity',
  '95 % interval',
] as const

/** Cells as text, a row for each label. */
export const rowsOf = (figures: readonly FindingFigures[]): string[][] =>
  figures.map(({ label, known, positives, threshold, sensitivity, specificity, auc }) => [
    label,
    String(known),
    String(positives),
    auc === null ? 'unknown' : fixed(auc.value, 4),
    between(auc?.interval ?? null),
    String(threshold),
    ...share(sensitivity),
    ...share(specificity),
  ])

function foldsText({ of, labels }: FoldAreas): string {
  const rows = labels.map(({ label, auc, mean, sd }) => [
    label,
    mean === null || sd === null ? 'unknown' : `${fixed(mean, 4)} ± ${fixed(sd, 4)}`,
    auc.map((value) => (value === null ? 'unknown' : fixed(value, 4))).join(' '),
  ])
  const title = titled(`AUC of the ${of} folds`)
  return `${title}\n${tableText(['label', 'mean ± sd', 'fold by fold'], rows)}`
}

const share = ({ value, count, of, interval }: Proportion): [string, string] =>
  value === null ? ['unknown', ''] : [`${fixed(value, 4)} (${count} of ${of})`, between(interval)]

const between = (interval: Interval | null): string =>
  interval === null ? '' : `${fixed(interval[0], 4)} to ${fixed(interval[1], 4)}`

const titled = (title: string): string => `${title}\n${'='.repeat(width(title))}`

/** Columns two spaces apart, the first to the left, the others to the right. */
function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column]!))))
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? padEnd : padStart)(cell, widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

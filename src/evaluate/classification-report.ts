/** The text of scikit-learn's classification_report, byte for byte (S0.6): people compare it with published ones.
 *  Like there, an undefined figure is printed, and averaged, as 0; metrics.ts says null. */
import { type Confusion, sum } from './confusion.ts'
import { type ClassMetrics, metricsOf } from './metrics.ts'
import { fixed, padStart, width } from './number-text.ts'

const HEADERS = ['precision', 'recall', 'f1-score', 'support'] as const
const FIGURES = ['precision', 'recall', 'f1'] as const
const LAST_LINE = 'weighted avg'
const CELL = 9

/** The report, two decimals, with a line break at its end.
 *  @source sklearn.metrics.classification_report (1.9), output_dict=False, zero_division=0 */
export function classificationReport(confusion: Confusion): string {
  const { classes, accuracy, films } = metricsOf(confusion)
  const heading = Math.max(LAST_LINE.length, ...confusion.labels.map(width))
  const line = (name: string, cells: readonly string[]): string =>
    [`${padStart(name, heading)} `, ...cells.map((cell) => padStart(cell, CELL))].join(' ')
  const figures = (values: readonly number[], support: number): string[] => [
    ...values.map((value) => fixed(value, 2)),
    String(support),
  ]
  return [
    line('', HEADERS),
    '',
    ...classes.map((row) =>
      line(
        row.label,
        figures(
          FIGURES.map((key) => row[key] ?? 0),
          row.support,
        ),
      ),
    ),
    '',
    line('accuracy', ['', '', fixed(accuracy ?? 0, 2), String(films)]),
    line(
      'macro avg',
      figures(
        FIGURES.map((key) => mean(classes, key, () => 1)),
        films,
      ),
    ),
    line(
      LAST_LINE,
      figures(
        FIGURES.map((key) => mean(classes, key, (row) => row.support)),
        films,
      ),
    ),
    '',
  ].join('\n')
}

function mean(
  classes: ClassMetrics[],
  key: (typeof FIGURES)[number],
  weight: (row: ClassMetrics) => number,
): number {
  const total = sum(classes.map(weight))
  return total === 0 ? 0 : sum(classes.map((row) => (row[key] ?? 0) * weight(row))) / total
}

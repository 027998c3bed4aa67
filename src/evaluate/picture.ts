/** One picture of an evaluation: the confusion matrix as a heat map, beside it sensitivity and specificity of each class
 *  with their intervals; a second line of both where films with a copy among the training films are left out. */
import * as Plot from '@observablehq/plot'
import { COLOURS, heading, joined, type Picture, plotPicture } from '../report/plot.ts'
import { sum } from './confusion.ts'
import type { Evaluation, Figures, Proportion } from './evaluation.ts'
import { fixed, plural, width } from './number-text.ts'

const MARGINS = { marginTop: 76, marginBottom: 58, marginRight: 24 } as const

type Shares = Pick<Figures['classes'][number], 'label' | 'sensitivity' | 'specificityOf'>

/** Two kinds of bars: name, colour, where the figure is. */
const SHARES = [
  { name: 'sensitivity', colour: COLOURS[0], of: (row: Shares) => row.sensitivity },
  { name: 'specificity', colour: COLOURS[1], of: (row: Shares) => row.specificityOf },
] as const

/** Draws an evaluation as one picture. */
export const evaluationPicture = (evaluation: Evaluation): Picture =>
  joined(
    evaluationPictures(evaluation).map((row) => joined(row, 'row')),
    'column',
  )

/** The same as rows of pictures, for a page that lays them out itself: matrix, then shares. */
export function evaluationPictures({ labels, all, withoutCopies }: Evaluation): [Picture, Picture][] {
  const row = (figures: Figures, title: string): [Picture, Picture] => [
    matrixPicture(labels, figures, title),
    sharesPicture(figures),
  ]
  return [
    row(all, `All ${plural(all.films, 'film')}`),
    ...(withoutCopies === null
      ? []
      : [row(withoutCopies, `${plural(withoutCopies.films, 'film')} without a copy in training`)]),
  ]
}

/** Pixels for the labels of a vertical axis, within bounds: longer ones are cut by an ellipsis. */
const labelMargin = (labels: readonly string[]): number =>
  30 + Math.min(160, Math.max(50, ...labels.map((label) => Math.ceil(7.5 * width(label)))))

/** Pixels a class takes in the matrix. */
const cellSize = (labels: readonly string[]): number =>
  Math.max(36, Math.min(104, Math.floor(520 / labels.length)))

function matrixPicture(labels: readonly string[], { matrix, accuracy }: Figures, title: string): Picture {
  const cells = matrix.flatMap((row, i) =>
    row.map((count, j) => ({
      actual: labels[i]!,
      predicted: labels[j]!,
      count,
      share: sum(row) === 0 ? 0 : count / sum(row),
    })),
  )
  const marginLeft = labelMargin(labels) + 20
  const side = cellSize(labels)
  const place = { x: 'predicted', y: 'actual' } as const
  const fill = (cell: (typeof cells)[number]): string => (cell.share > 0.55 ? '#ffffff' : '#222222')
  const axis = { textOverflow: 'ellipsis', tickSize: 0 } as const
  return plotPicture({
    ...MARGINS,
    marginLeft,
    width: marginLeft + Math.max(260, side * labels.length) + MARGINS.marginRight,
    height: MARGINS.marginTop + Math.max(200, Math.min(side, 80) * labels.length) + MARGINS.marginBottom,
    x: { domain: labels, label: 'predicted', labelAnchor: 'center', labelArrow: 'none' },
    y: { domain: labels, label: 'actual', labelAnchor: 'center', labelArrow: 'none' },
    color: { type: 'linear', domain: [0, 1], range: ['#f2f6fa', '#08457e'] },
    marks: [
      Plot.axisX({ ...axis, lineWidth: (side - 6) / 12 }),
      Plot.axisY({ ...axis, lineWidth: (marginLeft - 40) / 12 }),
      Plot.cell(cells, { ...place, fill: 'share', inset: 1 }),
      Plot.text(cells, {
        ...place,
        text: ({ count }) => String(count),
        fontSize: side < 60 ? 12 : 17,
        dy: side < 60 ? 0 : -7,
        fill,
      }),
      ...(side < 60
        ? []
        : [Plot.text(cells, { ...place, text: ({ share }) => `${fixed(100 * share, 0)} %`, dy: 13, fill })]),
      ...heading(title, `accuracy ${shareText(accuracy)}`),
    ],
  })
}

/** Sensitivity and specificity of each label, with their intervals. */
export function sharesPicture({ classes }: { classes: readonly Shares[] }): Picture {
  const labels = classes.map(({ label }) => label)
  const marginLeft = labelMargin(labels)
  const bars = classes.flatMap((row) =>
    SHARES.map(({ name, of, colour }) => ({ label: row.label, name, colour, ...of(row) })),
  )
  const known = bars.flatMap(({ interval, ...bar }) =>
    interval === null ? [] : [{ ...bar, low: interval[0], high: interval[1] }],
  )
  const place = { y: 'name', fy: 'label' } as const
  const side = Math.min(cellSize(labels), 80)
  return plotPicture({
    ...MARGINS,
    marginLeft,
    width: marginLeft + 300 + MARGINS.marginRight,
    height: MARGINS.marginTop + Math.max(200, side * labels.length) + MARGINS.marginBottom,
    x: {
      domain: [0, 1],
      label: 'share of films, 95 % interval',
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
    },
    y: { domain: SHARES.map(({ name }) => name), type: 'band', axis: null, padding: 0.1 },
    fy: { domain: labels, label: null, axis: null, padding: 0.1 },
    marks: [
      Plot.axisFy({
        anchor: 'left',
        textOverflow: 'ellipsis',
        lineWidth: (marginLeft - 20) / 12,
        label: null,
      }),
      Plot.frame({ stroke: '#cccccc' }),
      Plot.ruleY(known, {
        ...place,
        x1: 'low',
        x2: 'high',
        stroke: 'colour',
        strokeWidth: 5,
        strokeOpacity: 0.35,
      }),
      Plot.dot(known, { ...place, x: 'value', fill: 'colour', r: 4.5 }),
      // In a plot of panels only the uppermost carries them.
      ...SHARES.map(({ name, colour }, i) =>
        Plot.text([name], {
          frameAnchor: 'top',
          facetAnchor: 'top',
          dx: i === 0 ? -60 : 60,
          dy: -17,
          fontWeight: 'bold',
          fill: colour,
        }),
      ),
      Plot.text(
        bars.filter(({ value }) => value === null),
        { ...place, x: 0.5, text: ({ name }) => `${name}: no films`, fill: 'colour' },
      ),
    ],
  })
}

const shareText = ({ value, interval }: Proportion): string =>
  value === null || interval === null
    ? 'unknown'
    : `${fixed(value, 2)} (95 % interval ${fixed(interval[0], 2)} to ${fixed(interval[1], 2)})`

/** Plots of a training by epoch: loss and accuracy in one picture (S4.5), the accuracy alone (S3.5), and both side by
 *  side (S0.8, S2.6). */
import * as Plot from '@observablehq/plot'
import { COLOURS, heading, joined, legend, type Picture, plotPicture } from './plot.ts'

/** One epoch of a training run; null where a figure is not known (no validation films). */
export interface EpochFigures {
  epoch: number
  loss: number | null
  accuracy: number | null
  valLoss: number | null
  valAccuracy: number | null
}

/** Names as the published plot has them. */
const CURVES = [
  ['loss', 'train_loss'],
  ['valLoss', 'val_loss'],
  ['accuracy', 'train_acc'],
  ['valAccuracy', 'val_acc'],
] as const satisfies readonly (readonly [keyof EpochFigures, string])[]

/** Up to so many epochs each one is also marked by a dot. */
const DOTTED = 60

type Curve = { key: keyof EpochFigures; name: string; colour: string }

/** Colour and order are those of the first picture, in all. */
const ALL: readonly Curve[] = CURVES.map(([key, name], i) => ({ key, name, colour: COLOURS[i]! }))
const LOSSES = ALL.slice(0, 2)
const ACCURACIES = ALL.slice(2)

/** Draws a history as S4.5 does; a curve without any figure is left out, of the legend too.
 *  @param history  one entry or more, in order */
export const historyPicture = (
  history: readonly EpochFigures[],
  title = 'Training Loss and Accuracy',
): Picture =>
  curvesPicture(history, ALL, {
    title,
    y: { label: 'Loss/Accuracy', zero: true, nice: true },
    corner: 'bottom-left',
  })

/** Accuracy alone, from 0.5 to 1, the legend at the lower right (S3.5). What lies below 0.5 is cut off, which it says. */
export const accuracyPicture = (history: readonly EpochFigures[]): Picture =>
  curvesPicture(history, ACCURACIES, {
    title: 'Model accuracy',
    line: history.some((row) => ACCURACIES.some(({ key }) => isNumber(row[key]) && row[key] < 0.5))
      ? 'what lies below 0.5 is cut off'
      : '',
    y: { label: 'Accuracy', domain: [0.5, 1] },
    corner: 'bottom-right',
    clip: true,
  })

/** Accuracy and loss side by side (S0.8, S2.6). */
export const accuracyAndLossPicture = (history: readonly EpochFigures[]): Picture =>
  joined(
    [
      curvesPicture(history, ACCURACIES, {
        title: 'Accuracy',
        y: { label: 'Accuracy', zero: true, domain: [0, 1] },
        corner: 'bottom-right',
        width: 520,
      }),
      curvesPicture(history, LOSSES, {
        title: 'Loss',
        y: { label: 'Loss', zero: true, nice: true },
        corner: 'bottom-left',
        width: 520,
      }),
    ],
    'row',
  )

function curvesPicture(
  history: readonly EpochFigures[],
  some: readonly Curve[],
  how: {
    title: string
    line?: string
    y: object
    corner: Parameters<typeof legend>[1]
    width?: number
    clip?: boolean
  },
): Picture {
  const curves = some.filter(({ key }) => history.some((epoch) => isNumber(epoch[key])))
  const epochs = history.map(({ epoch }) => epoch)
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)]
  return plotPicture({
    width: how.width ?? 760,
    height: 480,
    marginTop: 48,
    marginBottom: 50,
    marginLeft: 64,
    x: {
      label: 'Epoch #',
      labelAnchor: 'center',
      labelOffset: 42,
      labelArrow: 'none',
      tickFormat: 'd',
      ...(first === last
        ? { domain: [first - 1, first + 1], ticks: [first] }
        : { domain: [first, last], ticks: Math.min(12, last - first) }),
    },
    y: { labelAnchor: 'center', labelOffset: 55, labelArrow: 'none', grid: true, ...how.y },
    marks: [
      Plot.frame({ stroke: '#999999' }),
      ...curves.flatMap(({ key, colour }) => curve(history, key, colour, how.clip === true)),
      ...heading(how.title, how.line),
      ...legend(curves, how.corner),
    ],
  })
}

function curve(
  history: readonly EpochFigures[],
  key: keyof EpochFigures,
  colour: string,
  clip: boolean,
): Plot.Markish[] {
  const channels = { x: 'epoch', y: (row: EpochFigures) => (isNumber(row[key]) ? row[key] : null) }
  return [
    Plot.line(history, { ...channels, stroke: colour, strokeWidth: 2, clip }),
    ...(history.length <= DOTTED ? [Plot.dot(history, { ...channels, fill: colour, r: 2.5, clip })] : []),
  ]
}

/** A loss that has run away is no point of the plot. */
const isNumber = (value: number | null): value is number => value !== null && Number.isFinite(value)

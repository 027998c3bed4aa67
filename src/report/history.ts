/** The plot of S4.5: loss and accuracy of training and validation by epoch, in one picture. */
import * as Plot from '@observablehq/plot'
import { COLOURS, heading, legend, type Picture, plotPicture } from './plot.ts'

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

/** Draws a history; a curve without any figure is left out, of the legend too.
 *  @param history  one entry or more, in order */
export function historyPicture(
  history: readonly EpochFigures[],
  title = 'Training Loss and Accuracy',
): Picture {
  const curves = CURVES.map(([key, name], i) => ({ key, name, colour: COLOURS[i]! })).filter(({ key }) =>
    history.some((epoch) => isNumber(epoch[key])),
  )
  const epochs = history.map(({ epoch }) => epoch)
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)]
  return plotPicture({
    width: 760,
    height: 480,
    marginTop: 48,
    marginBottom: 50,
    marginLeft: 58,
    x: {
      label: 'Epoch #',
      labelAnchor: 'center',
      labelArrow: 'none',
      tickFormat: 'd',
      ...(first === last
        ? { domain: [first - 1, first + 1], ticks: [first] }
        : { domain: [first, last], ticks: Math.min(12, last - first) }),
    },
    y: {
      label: 'Loss/Accuracy',
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
      zero: true,
      nice: true,
    },
    marks: [
      Plot.frame({ stroke: '#999999' }),
      ...curves.flatMap(({ key, colour }) => curve(history, key, colour)),
      ...heading(title),
      ...legend(curves, 'bottom-left'),
    ],
  })
}

function curve(history: readonly EpochFigures[], key: keyof EpochFigures, colour: string): Plot.Markish[] {
  const channels = { x: 'epoch', y: (row: EpochFigures) => (isNumber(row[key]) ? row[key] : null) }
  return [
    Plot.line(history, { ...channels, stroke: colour, strokeWidth: 2 }),
    ...(history.length <= DOTTED ? [Plot.dot(history, { ...channels, fill: colour, r: 2.5 })] : []),
  ]
}

/** A loss that has run away is no point of the plot. */
const isNumber = (value: number | null): value is number => value !== null && Number.isFinite(value)

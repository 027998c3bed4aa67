/** Whether the machine became slower while it measured: each process against the others of its case, over time. */
import * as Plot from '@observablehq/plot'
import { medianOf, type TableRow } from '../../../../bench/table.ts'
import { COLOURS, heading, type Picture, plotPicture } from '../../../report/plot.ts'
import { WIDTH } from './frame.ts'

/** Processes whose median the line goes through. */
const WINDOW = 9

/** @returns null where no case was run by two processes */
export function driftPicture(rows: readonly TableRow[]): Picture | null {
  const points = rows
    .filter(({ samples }) => samples.length > 1)
    .flatMap(({ samples, median }) =>
      samples.map((sample) => ({
        minutes: sample.startedMs / 60_000,
        percent: 100 * (medianOf(sample) / median.value - 1),
      })),
    )
    .sort((a, b) => a.minutes - b.minutes)
  if (points.length === 0) return null
  const reach = Math.max(5, ...points.map(({ percent }) => Math.abs(percent))) * 1.05
  const at = { x: 'minutes', y: 'percent' } as const
  return plotPicture({
    ...{ width: WIDTH, height: 360, marginTop: 60, marginBottom: 50, marginLeft: 72 },
    x: { label: 'minutes since the suite began', labelAnchor: 'center', labelArrow: 'none' },
    y: {
      ...{
        domain: [-reach, reach],
        grid: true,
        tickFormat: (value: number) => `${value > 0 ? '+' : ''}${value} %`,
      },
      ...{ label: 'median query against the mean of its case', labelAnchor: 'center', labelArrow: 'none' },
    },
    marks: [
      Plot.ruleY([0], { stroke: '#999999' }),
      Plot.dot(points, { ...at, fill: COLOURS[0], fillOpacity: 0.6, r: 2.5 }),
      ...(points.length >= 2 * WINDOW
        ? [
            Plot.lineY(
              points,
              Plot.windowY(
                { k: WINDOW, reduce: 'median', strict: true },
                { ...at, stroke: COLOURS[1], strokeWidth: 2 },
              ),
            ),
          ]
        : []),
      ...heading(
        'Drift of the machine',
        `a dot a process${points.length >= 2 * WINDOW ? `; line: median of ${WINDOW} in a row` : ''}`,
      ),
    ],
  })
}

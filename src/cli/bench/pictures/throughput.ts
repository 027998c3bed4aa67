/** Films a second against the batch: a line a model, named at its right end, and a picture for each way to run them. */
import * as Plot from '@observablehq/plot'
import type { TableRow } from '../../../../bench/table.ts'
import { COLOURS, heading, type Picture, plotPicture } from '../../../report/plot.ts'
import { apart, figureDomain, groupsBy, logScale, providerOf, shortName, WIDTH } from './frame.ts'

const HEIGHT = 420
const MARGINS = { marginTop: 60, marginBottom: 50, marginLeft: 58, marginRight: 124 }
/** Of names below each other. */
const GAP = 14

/** @param rows  of one scenario   @returns none where there is but one batch */
export function throughputPictures(rows: readonly TableRow[]): Picture[] {
  const batches = [...new Set(rows.map((row) => row.case.batch))].sort((a, b) => a - b)
  if (batches.length < 2) return []
  const axis = figureDomain(rows.map(({ throughput }) => throughput))
  const way = (row: TableRow) => {
    const { precision, threads } = row.case
    return `${providerOf(row)}, ${precision}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  }
  return groupsBy(rows, way).map(([line, some]) => picture(some, line, batches, axis))
}

function picture(
  rows: readonly TableRow[],
  line: string,
  batches: readonly number[],
  { domain, said }: ReturnType<typeof figureDomain>,
): Picture {
  const models = groupsBy(rows, (row) => row.case.model)
  const points = models.flatMap(([model, some], i) =>
    some.map((row) => ({ model, colour: COLOURS[i % COLOURS.length]!, ...pointOf(row) })),
  )
  const least = batches[0]!
  const most = batches.at(-1)!
  // Names stand behind the last batch, by a fifth of the axis on the logarithm.
  const end = most * (most / least) ** 0.12
  const ends = models.map(([model]) =>
    points.filter((point) => point.model === model).reduce((a, b) => (b.batch > a.batch ? b : a)),
  )
  const perPixel = Math.log(domain[1] / domain[0]) / (HEIGHT - MARGINS.marginTop - MARGINS.marginBottom)
  const places = apart(
    ends.map(({ value }) => Math.log(value)),
    ...([GAP * perPixel, Math.log(domain[0]), Math.log(domain[1])] as const),
  ).map(Math.exp)
  const labels = ends.map((point, i) => ({ ...point, place: places[i]! }))
  const x = logScale('x', 'batch', [least, end], [...batches])
  const y = logScale('y', 'films a second', domain)
  return plotPicture({
    ...{ width: WIDTH, height: HEIGHT, ...MARGINS },
    ...{ x: x.scale, y: y.scale },
    marks: [
      ...[x.axis, y.axis],
      Plot.link(labels, { x1: 'batch', x2: end, y1: 'value', y2: 'place', stroke: '#bbbbbb' }),
      Plot.line(points, { x: 'batch', y: 'value', z: 'model', stroke: 'colour', strokeWidth: 1.8 }),
      Plot.ruleX(
        points.filter(({ low }) => low !== null),
        { x: 'batch', y1: 'low', y2: 'high', stroke: 'colour', clip: true },
      ),
      Plot.dot(points, { x: 'batch', y: 'value', fill: 'colour', r: 3 }),
      Plot.text(labels, {
        x: end,
        y: 'place',
        text: ({ model }) => shortName(model),
        textAnchor: 'start',
        dx: 4,
      }),
      ...heading('Throughput against batch', `${line}; upright lines: 95 % intervals${said}`),
    ],
  })
}

const pointOf = ({ case: { batch }, throughput: { value, low, high } }: TableRow) => ({
  batch,
  value,
  low,
  high,
})

/** Times that add up, as bars of several colours: what a cold start consists of, and what a film costs from file to row. */
import * as Plot from '@observablehq/plot'
import { SCENARIOS } from '../../../../bench/results.ts'
import type { TableRow } from '../../../../bench/table.ts'
import { digits } from '../../../../bench/text.ts'
import { COLOURS, type Picture } from '../../../report/plot.ts'
import { groupsBy, legendAbove, listPictures, namesOf } from './frame.ts'

/** Cold starts, a bar for each network, provider, precision and number of threads: of its smallest batch. */
export function coldPictures(rows: readonly TableRow[]): Picture[] {
  const name = namesOf(rows, ['provider', 'precision', 'threads'])
  const order = ({ case: { scenario, batch } }: TableRow) =>
    batch * SCENARIOS.length + SCENARIOS.indexOf(scenario)
  const smallest = groupsBy(rows, name).map(([, group]) =>
    group.reduce((best, row) => (order(row) < order(best) ? row : best)),
  )
  return stacked(
    smallest.map((row) => ({
      name: name(row),
      times: [row.cold.loadMs, row.cold.optimiseMs, row.cold.firstRunMs],
    })),
    {
      title: 'Cold start',
      names: ['load', 'optimise', 'first run'],
      unit: 'milliseconds, medians over processes',
    },
  )
}

/** @param rows  of end-to-end; those without parts are left out */
export function partsPictures(rows: readonly TableRow[]): Picture[] {
  const name = namesOf(rows)
  const bars = rows.flatMap((row) =>
    row.parts === null
      ? []
      : [
          {
            name: name(row),
            times: [row.parts.decodeMs, row.parts.preprocessMs, row.parts.inferMs, row.parts.writeMs],
          },
        ],
  )
  const names = ['decode', 'preprocess', 'infer', 'write']
  return stacked(bars, { title: 'A film from file to row', names, unit: 'CPU-milliseconds a film' })
}

function stacked(
  bars: readonly { name: string; times: readonly number[] }[],
  { title, names, unit }: { title: string; names: readonly string[]; unit: string },
): Picture[] {
  if (bars.length === 0) return []
  const sums = bars.map(({ times }) => times.reduce((sum, time) => sum + time, 0))
  const rows = bars.map(({ name, times }, i) => ({ name, figure: `${digits(sums[i]!)} ms`, times }))
  return listPictures(rows, {
    title,
    line: ' ',
    x: { label: unit, domain: [0, Math.max(...sums)], ticks: 6 },
    above: legendAbove(names.map((name, i) => ({ name, colour: COLOURS[i]! }))),
    draw: ({ times }, top, bottom) =>
      times.map((time, i) => {
        const from = times.slice(0, i).reduce((sum, one) => sum + one, 0)
        return Plot.rect([0], {
          x1: [from],
          x2: [from + time],
          y1: [top + 0.08],
          y2: [bottom],
          fill: COLOURS[i]!,
        })
      }),
  })
}

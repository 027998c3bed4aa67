/** How the queries of each case are distributed, on a logarithmic axis: one list of small histograms. */
import * as Plot from '@observablehq/plot'
import { quantile } from '../../../../bench/statistics.ts'
import type { TableRow } from '../../../../bench/table.ts'
import { digits, estimateText } from '../../../../bench/text.ts'
import { COLOURS, type Picture } from '../../../report/plot.ts'
import { listPictures, logDomain, logScale, namesOf } from './frame.ts'

/** Columns of a histogram over the whole axis. */
const BINS = 140

/** @param rows  of one scenario; at least one */
export function latencyPictures(rows: readonly TableRow[]): Picture[] {
  const name = namesOf(rows)
  const isBatched = rows.some((row) => row.case.batch > 1)
  const listed = rows.map((row) => {
    const values = row.samples.flatMap(({ latenciesMs, films }) => latenciesMs.map((ms) => ms / films))
    // As the table has it: of processes, not of the queries of all.
    const median = row.median.value / row.case.batch
    const { p50 } = row.latency
    return {
      name: name(row),
      figure: p50.enough ? `${digits(median)} ms` : estimateText(p50),
      values,
      median,
    }
  })
  const domain = logDomain(listed.flatMap(({ values }) => [quantile(values, 0), quantile(values, 1)]))
  const x = logScale('x', isBatched ? 'milliseconds a film' : 'milliseconds', domain)
  return listPictures(listed, {
    title: isBatched ? 'Time of a query, for each of its films' : 'Latency',
    line: 'columns: queries of all processes; mark and figure: median; line: fastest to slowest',
    x: x.scale,
    above: [x.axis],
    draw: ({ values, median }, top, bottom) => {
      const y = { y1: bottom, y2: (bin: Bin) => bottom - (bottom - top) * bin.height }
      return [
        Plot.rect(histogram(values, domain), { x1: 'from', x2: 'to', ...y, fill: COLOURS[0] }),
        Plot.ruleY([bottom], {
          ...{ x1: quantile(values, 0), x2: quantile(values, 1) },
          ...{ stroke: COLOURS[0], strokeWidth: 2 },
        }),
        Plot.ruleX([median], { y1: top, y2: bottom, stroke: COLOURS[1], strokeWidth: 2 }),
      ]
    },
  })
}

interface Bin {
  from: number
  to: number
  /** Of the highest one. */
  height: number
}

/** Columns of equal width on the logarithm; empty ones are left out. */
function histogram(values: readonly number[], [low, high]: readonly [number, number]): Bin[] {
  const width = Math.log(high / low) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor(Math.log(value / low) / width))
    counts[bin] = counts[bin]! + 1
  }
  const most = Math.max(...counts)
  return counts.flatMap((count, i) =>
    count === 0
      ? []
      : [{ from: low * Math.exp(i * width), to: low * Math.exp((i + 1) * width), height: count / most }],
  )
}

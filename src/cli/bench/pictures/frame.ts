/** What the pictures of a benchmark share: a width that is read on a phone and stands twice on a desk, names of cases, lists
 *  of rows that carry their names inside, and labels that keep clear of each other. */
import * as Plot from '@observablehq/plot'
import type { Figure } from '../../../../bench/statistics.ts'
import type { TableRow } from '../../../../bench/table.ts'
import { heading, type Picture, plotPicture } from '../../../report/plot.ts'

/** Pixels: two beside each other on a page of 1024, and on 360 still with letters of 9. */
export const WIDTH = 470
const ROW = 34
/** Rows of one picture; more go on in the next. */
const MOST_ROWS = 18
const TOP = 60
const BOTTOM = 46
const SIDE = 14

const AXES = ['provider', 'precision', 'batch', 'threads'] as const
/** What ran; where something else was asked for, that too. */
export const providerOf = ({ providers, case: { provider } }: TableRow): string =>
  providers.join() === provider ? provider : `${providers.join('+')} (for ${provider})`

const AXIS_TEXT: Readonly<Record<(typeof AXES)[number], (row: TableRow) => string>> = {
  provider: providerOf,
  precision: (row) => row.case.precision,
  batch: (row) => `b${row.case.batch}`,
  threads: (row) => `t${row.case.threads}`,
}

/** Names cases as short as they stay apart: the model, and what is not the same in all rows.
 *  @returns a name for a row, of other axes too where it is not among `rows` */
export function namesOf(rows: readonly TableRow[], axes: readonly (typeof AXES)[number][] = AXES) {
  const varied = axes.filter((axis) => new Set(rows.map(AXIS_TEXT[axis])).size > 1)
  return (row: TableRow): string => [row.case.model, ...varied.map((axis) => AXIS_TEXT[axis](row))].join(' ')
}

/** Rows in groups of one value each, in the order in which the values first appear. */
export const groupsBy = <Item>(items: readonly Item[], key: (item: Item) => string): [string, Item[]][] => {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return [...groups]
}

export interface Listed {
  name: string
  /** At the right end of its line. */
  figure: string
}

/** Pictures of a list, each row with its name and figure on a line and something drawn below it.
 *  @param x  Plot's scale, shared by all
 *  @param draw  marks of one row between y = `top` and `bottom`, which is below */
export function listPictures<Row extends Listed>(
  rows: readonly Row[],
  how: {
    title: string
    line: string
    x: Plot.ScaleOptions
    draw: (row: Row, top: number, bottom: number) => Plot.Markish[]
    above?: Plot.Markish[]
  },
): Picture[] {
  const parts = Math.ceil(rows.length / MOST_ROWS)
  const each = Math.ceil(rows.length / parts)
  return Array.from({ length: parts }, (_, part) => {
    const some = rows.slice(part * each, (part + 1) * each)
    return plotPicture({
      width: WIDTH,
      height: TOP + BOTTOM + ROW * some.length,
      ...{ marginTop: TOP, marginBottom: BOTTOM, marginLeft: SIDE, marginRight: SIDE + 6 },
      x: { labelAnchor: 'center', labelArrow: 'none', grid: true, ...how.x },
      y: { axis: null, domain: [0, some.length], reverse: true },
      marks: [
        ...some.flatMap((row, i) => [
          ...how.draw(row, i + 0.45, i + 0.92),
          Plot.ruleY([i + 0.92], { stroke: '#bbbbbb' }),
          Plot.text([row.name], { y: [i + 0.24], frameAnchor: 'left', ...HALO }),
          Plot.text([row.figure], { y: [i + 0.24], frameAnchor: 'right', ...HALO }),
        ]),
        ...heading(parts === 1 ? how.title : `${how.title} (${part + 1} of ${parts})`, how.line),
        ...(how.above ?? []),
      ],
    })
  })
}

const HALO = { stroke: 'white', strokeWidth: 4, fill: '#222222' } as const

/** Of a letter of 12 pixels, sans-serif. */
const LETTER = 6.7

/** A legend in the top margin, below the title. */
export function legendAbove(entries: readonly { name: string; colour: string }[]): Plot.Markish[] {
  const widths = entries.map(({ name }) => 26 + LETTER * name.length)
  const whole = widths.reduce((sum, width) => sum + width, 0)
  return entries.flatMap(({ name, colour }, i) => {
    const dx = widths.slice(0, i).reduce((sum, width) => sum + width, -whole / 2)
    const swatch = { dx: dx + 8, dy: -12, r: 5, symbol: 'square', fill: colour, frameAnchor: 'top' } as const
    return [
      Plot.dot([null], swatch),
      Plot.text([name], { dx: dx + 18, dy: -18, frameAnchor: 'top', textAnchor: 'start' }),
    ]
  })
}

/** Letters that fit behind a plot. */
const LETTERS = 18

/** A name for the right margin: of a long one its middle is left out, since runs differ at both ends. */
export const shortName = (name: string): string =>
  name.length <= LETTERS ? name : `${name.slice(0, LETTERS / 2 - 1)}…${name.slice(-LETTERS / 2)}`

/** Places in order, moved apart until neighbours are `gap` from each other, and inside `low` to `high` where there is room. */
export function apart(places: readonly number[], gap: number, low: number, high: number): number[] {
  const step = Math.min(gap, (high - low) / Math.max(1, places.length - 1))
  const order = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place)
  for (const [rank, one] of order.entries())
    one.place = Math.max(one.place, low, (order[rank - 1]?.place ?? Number.NEGATIVE_INFINITY) + step)
  for (const [rank, one] of [...order.entries()].reverse())
    one.place = Math.min(one.place, high - step * (order.length - 1 - rank))
  const moved: number[] = []
  for (const { place, i } of order) moved[i] = place
  return moved
}

/** A logarithmic domain around values above 0, with a little air, and never empty. */
export function logDomain(values: readonly number[], air = 0.06): [number, number] {
  const logs = values.map(Math.log)
  const [low, high] = [logs.reduce((a, b) => Math.min(a, b)), logs.reduce((a, b) => Math.max(a, b))]
  const more = Math.max(air * (high - low), 0.05)
  return [Math.exp(low - more), Math.exp(high + more)]
}

/** An interval may be so many times as far off as the outermost figure before it is cut: two processes that differ would
 *  leave no room for what all figures say. */
const FURTHEST = 2

/** A logarithmic domain of figures and their intervals, which are cut where they would fill the axis.
 *  @returns with words for what was cut, or none */
export function figureDomain(figures: readonly Figure[]): { domain: [number, number]; said: string } {
  const [least, most] = logDomain(figures.map(({ value }) => value))
  const low = Math.min(...figures.flatMap((figure) => figure.low ?? []), least)
  const high = Math.max(...figures.flatMap((figure) => figure.high ?? []), most)
  const domain: [number, number] = [Math.max(low, least / FURTHEST), Math.min(high, most * FURTHEST)]
  return { domain, said: domain[0] > low || domain[1] < high ? ', cut' : '' }
}

/** From how many times the least value the most is → steps of each decade, so far apart that four digits have room. */
const LOG_STEPS: readonly (readonly [above: number, steps: readonly number[]])[] = [
  [1000, [1]],
  [30, [1, 2, 5]],
  [8, [1, 2, 3, 5]],
  [3, [1, 1.5, 2, 3, 5, 7]],
]

/** Ticks of a logarithmic axis as plain numbers: 1, 2, 5, 10, …; more where less than a decade is shown. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const [, steps] = LOG_STEPS.find(([above]) => high / low > above) ?? []
  if (steps === undefined) return linearTicks(low, high)
  const first = Math.floor(Math.log10(low))
  const count = Math.ceil(Math.log10(high)) - first + 1
  return Array.from({ length: count }, (_, i) => 10 ** (first + i))
    .flatMap((decade) => steps.map((step) => Number((step * decade).toPrecision(3))))
    .filter((tick) => tick >= low && tick <= high)
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5
  const decade = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * decade).find((one) => one >= rough)!
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(6)),
  )
}

const tickText = (value: number): string => String(Number(value.toPrecision(6)))

/** A logarithmic scale, and the axis to it: an axis that Plot makes by itself leaves out numbers that d3 deems no ticks. */
export function logScale(
  axis: 'x' | 'y',
  label: string,
  domain: readonly [number, number],
  ticks = logTicks(domain),
) {
  const how = { text: tickText, label, labelAnchor: 'center', labelArrow: 'none' } as const
  return {
    scale: { type: 'log', domain: [...domain], ticks, grid: true } as const,
    axis: axis === 'x' ? Plot.axisX(ticks, how) : Plot.axisY(ticks, how),
  }
}

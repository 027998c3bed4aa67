/** Accuracy against throughput with the Pareto front; where no film has a label, what a network computes stands in place of
 *  accuracy, and the picture says so. */
import * as Plot from '@observablehq/plot'
import type { Model } from '../../../../bench/results.ts'
import type { Figure } from '../../../../bench/statistics.ts'
import type { TableRow } from '../../../../bench/table.ts'
import { COLOURS, heading, type Picture, plotPicture } from '../../../report/plot.ts'
import { apart, figureDomain, groupsBy, logDomain, logScale, shortName, WIDTH } from './frame.ts'

const HEIGHT = 440
const MARGINS = { marginTop: 60, marginBottom: 50, marginLeft: 58, marginRight: 124 }
const GAP = 14

interface Point {
  model: string
  speed: number
  speeds: Figure
  y: number
  yLow: number
  yHigh: number
  isBest: boolean
}

/** What stands on the upright axis. */
interface Measure {
  title: string
  label: string
  /** null for a model that has no such figure. */
  of: (model: Model) => { value: number; low: number; high: number } | null
  /** More is better: there is a front. */
  isGood: boolean
}

const exact = (value: number) => ({ value, low: value, high: value })

const MEASURES: readonly Measure[] = [
  {
    title: 'Accuracy against throughput',
    label: 'area under the ROC curve',
    of: ({ auc }) => auc,
    isGood: true,
  },
  {
    title: 'GMACs against throughput',
    label: 'GMACs a film',
    of: ({ gmacs }) => (gmacs === null || gmacs === 0 ? null : exact(gmacs)),
    isGood: false,
  },
  {
    title: 'Parameters against throughput',
    label: 'parameters in millions',
    of: ({ parameters }) => (parameters === 0 ? null : exact(parameters / 1e6)),
    isGood: false,
  },
]

/** A dot a model, at its fastest case.
 *  @param rows  of one scenario; at least one
 *  @returns none where fewer than two models have a figure; `left` names models without one */
export function accuracyPicture(rows: readonly TableRow[]): { picture: Picture; left: string[] } | null {
  const fastest = groupsBy(rows, (row) => row.case.model).map(([, some]) =>
    some.reduce((best, row) => (row.throughput.value > best.throughput.value ? row : best)),
  )
  const measure = MEASURES.find(({ of, isGood }) => {
    const known = fastest.filter(({ model }) => of(model) !== null).length
    return isGood ? known > 0 : known === fastest.length
  })
  if (measure === undefined || fastest.length < 2) return null
  const points = fastest.flatMap((row) => pointOf(row, measure))
  const left = fastest.filter(({ model }) => measure.of(model) === null).map(({ model }) => model.name)
  return {
    picture: draw(
      frontOf(points, measure),
      measure,
      `films a second (${rows[0]!.case.scenario}), each model at its fastest`,
    ),
    left,
  }
}

function pointOf({ model, throughput }: TableRow, { of }: Measure): Point[] {
  const y = of(model)
  if (y === null) return []
  return [
    {
      model: model.name,
      speed: throughput.value,
      speeds: throughput,
      y: y.value,
      yLow: y.low,
      yHigh: y.high,
      isBest: false,
    },
  ]
}

/** Marks those that no other one beats in both. */
const frontOf = (points: readonly Point[], { isGood }: Measure): Point[] =>
  points.map((point) => ({
    ...point,
    isBest:
      isGood &&
      !points.some(
        (other) =>
          other.speed >= point.speed &&
          other.y >= point.y &&
          (other.speed > point.speed || other.y > point.y),
      ),
  }))

function draw(points: readonly Point[], { title, label, isGood }: Measure, speed: string): Picture {
  const { domain: x, said } = figureDomain(points.map(({ speeds }) => speeds))
  const y = isGood ? aucDomain(points) : logDomain(points.map((point) => point.y))
  const end = x[1] * (x[1] / x[0]) ** 0.06
  const up = isGood ? { to: Number, from: Number } : { to: Math.log, from: Math.exp }
  const [low, high] = [up.to(y[0]), up.to(y[1])]
  const gap = (GAP * (high - low)) / (HEIGHT - MARGINS.marginTop - MARGINS.marginBottom)
  const places = apart(
    points.map((point) => up.to(point.y)),
    gap,
    low,
    high,
  ).map(up.from)
  const labels = points.map((point, i) => ({ ...point, place: places[i]! }))
  const colour = ({ isBest }: Point) => (isBest || !isGood ? COLOURS[0] : '#777777')
  const front = points.filter(({ isBest }) => isBest).sort((a, b) => a.speed - b.speed)
  const across = logScale('x', speed, [x[0], end])
  const upright = isGood
    ? {
        scale: { domain: y, grid: true, label, labelAnchor: 'center', labelArrow: 'none' } as const,
        axis: null,
      }
    : logScale('y', label, y)
  return plotPicture({
    ...{ width: WIDTH, height: HEIGHT, ...MARGINS },
    ...{ x: across.scale, y: upright.scale },
    marks: [
      ...[across.axis, upright.axis],
      Plot.link(labels, { x1: 'speed', x2: end, y1: 'y', y2: 'place', stroke: '#cccccc' }),
      Plot.line(front, { x: 'speed', y: 'y', curve: 'step-before', stroke: COLOURS[1], strokeWidth: 1.8 }),
      Plot.ruleX(points, { x: 'speed', y1: 'yLow', y2: 'yHigh', stroke: colour }),
      Plot.ruleY(points, {
        y: 'y',
        x1: ({ speeds }) => speeds.low ?? speeds.value,
        x2: ({ speeds }) => speeds.high ?? speeds.value,
        stroke: colour,
        clip: true,
      }),
      Plot.dot(points, { x: 'speed', y: 'y', fill: colour, r: 4 }),
      Plot.text(labels, {
        x: end,
        y: 'place',
        text: ({ model }) => shortName(model),
        textAnchor: 'start',
        dx: 4,
      }),
      ...heading(
        title,
        isGood
          ? `steps: the Pareto front; grey: another is faster and better; lines: 95 %${said}`
          : `no accuracy was measured; lines: 95 % intervals${said}`,
      ),
    ],
  })
}

function aucDomain(points: readonly Point[]): [number, number] {
  const low = Math.min(...points.map(({ yLow }) => yLow))
  const high = Math.max(...points.map(({ yHigh }) => yHigh))
  const air = Math.max(0.01, 0.06 * (high - low))
  return [Math.max(0, low - air), Math.min(1, high + air)]
}

import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import { tableOf } from '../../../bench/table.ts'
import { BACKBONES } from '../../../models/backbones.ts'
import { benchPage } from '../../../src/cli/bench/page.ts'
import { accuracyPicture } from '../../../src/cli/bench/pictures/accuracy.ts'
import { driftPicture } from '../../../src/cli/bench/pictures/drift.ts'
import { apart, figureDomain, logTicks, shortName } from '../../../src/cli/bench/pictures/frame.ts'
import { latencyPictures } from '../../../src/cli/bench/pictures/latency.ts'
import { coldPictures, partsPictures } from '../../../src/cli/bench/pictures/stacked.ts'
import { throughputPictures } from '../../../src/cli/bench/pictures/throughput.ts'
import type { Picture } from '../../../src/report/plot.ts'
import { madeCase, madeModel, madeResults, madeSample } from '../../bench/made-results.ts'
import { type MadeSuite, madeSuite } from '../../bench/made-suite.ts'

/** The words of a picture, in the order of the document. */
const words = ({ svg }: Picture): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]+)</g)].map(([, word]) => word!)

const rowsOf = (made: MadeSuite) => tableOf(madeSuite(made))
const headings = (page: string) =>
  [...parseHTML(page).document.querySelectorAll('h2')].map(({ textContent }) => textContent)

describe('the page', () => {
  const page = benchPage(madeSuite())

  test('of a large suite has its sections, and nothing that a network or a script would be needed for', () => {
    expect(headings(page)).toEqual([
      'To keep in mind',
      'single-stream: how long one film takes',
      'offline: how many films a second',
      'end-to-end: how many films a second, from file to row',
      'Accuracy and speed',
      'Cold start',
      'Drift',
      'Models',
      'How it was measured',
    ])
    expect(page).not.toMatch(/<script|(src|href)="(?!data:)/)
    expect(page).toContain('Research use only, not for diagnosis.')
  })

  test('has each case once in its tables, and all that the reader must know', () => {
    const { document } = parseHTML(page)
    const rows = [...document.querySelectorAll('section')].slice(1, 4)
    expect(rows.map((section) => section.querySelectorAll('tbody tr').length)).toEqual([12, 36, 36])
    for (const said of [
      'Timed: ',
      'roentgen 0.1.0',
      'In all rows: provider cpu',
      'a'.repeat(12),
      'made up, 2 cores',
    ])
      expect(document.body.textContent).toContain(said)
  })

  test('is the same text each time', () => {
    const made = { models: 2, batches: [1, 4], rounds: 2 }
    expect(benchPage(madeSuite(made))).toBe(benchPage(madeSuite(made)))
  })

  test('of a quick run says so in its title', () => {
    const made = { models: 1, batches: [1], rounds: 1 }
    expect(benchPage(madeSuite({ ...made, quick: true }))).toContain('<h1>Benchmark: a quick run')
    expect(benchPage(madeSuite(made))).toContain('<h1>Benchmark</h1>')
    const unfinished = { done: 3, of: 9, unvisited: [] }
    expect(benchPage({ ...madeSuite(made), unfinished })).toContain('<h1>Benchmark: unfinished</h1>')
  })

  test('of cases that all failed tells the failures, and has no picture', () => {
    const failures = [{ case: madeCase(), round: 0, problem: 'no <memory>' }]
    const empty = benchPage(madeResults({ failures }))
    expect(headings(empty)).toEqual(['To keep in mind', 'Did not run', 'Models', 'How it was measured'])
    expect(empty).toContain('no &lt;memory&gt;')
    expect(empty).not.toContain('<img')
  })

  test('of one query of one process draws what there is, without a number that is none', () => {
    const one = benchPage(madeResults({ samples: [madeSample({ latenciesMs: [7] })] }))
    expect(headings(one)).toContain('Cold start')
    expect(headings(one)).not.toContain('Drift')
    const pictures = [...one.matchAll(/svg\+xml;base64,([^"]+)"/g)]
    expect(pictures.length).toBeGreaterThan(0)
    for (const [, text] of pictures)
      expect(Buffer.from(text!, 'base64').toString()).not.toMatch(/NaN|Infinity|undefined/)
  })
})

describe('the pictures', () => {
  test('of latency name each case once, in no more than 18 rows each, with its median', () => {
    const rows = rowsOf({ scenarios: ['offline'] })
    const pictures = latencyPictures(rows)
    expect(pictures).toHaveLength(2)
    const found = pictures.flatMap(words)
    for (const name of Object.keys(BACKBONES))
      for (const batch of [1, 16, 64])
        expect(found.filter((word) => word === `${name} b${batch}`)).toHaveLength(1)
    const few = tableOf(madeResults({ samples: [madeSample({ latenciesMs: [10, 20, 40] })] }))
    expect(words(latencyPictures(few)[0]!)).toContain('n too small (3 of 11)')
    const latenciesMs = [...Array(6).fill(10), 20, ...Array(6).fill(40)]
    const known = tableOf(madeResults({ samples: [madeSample({ latenciesMs })] }))
    expect(words(latencyPictures(known)[0]!)).toEqual(expect.arrayContaining(['mobilenet', '20.0 ms']))
  })

  test('of throughput have all batches on the axis, and are not drawn for one', () => {
    const [picture] = throughputPictures(rowsOf({ scenarios: ['offline'] }))
    expect(words(picture!)).toEqual(
      expect.arrayContaining(['1', '16', '64', 'batch', ...Object.keys(BACKBONES)]),
    )
    expect(throughputPictures(rowsOf({ scenarios: ['single-stream'] }))).toEqual([])
  })

  const FRONTS: [what: string, points: [speed: number, auc: number][], best: number][] = [
    [
      'all, where speed costs accuracy',
      [
        [10, 0.9],
        [20, 0.8],
        [40, 0.7],
      ],
      3,
    ],
    [
      'one that is best in both',
      [
        [10, 0.7],
        [20, 0.8],
        [40, 0.9],
      ],
      1,
    ],
    [
      'two that are alike in both',
      [
        [20, 0.8],
        [20, 0.8],
        [10, 0.8],
      ],
      2,
    ],
  ]
  for (const [what, points, best] of FRONTS)
    test(`of accuracy have in the Pareto front ${what}`, () => {
      const models = points.map(([, value], i) =>
        madeModel({
          name: `m${i}`,
          auc: { label: 'x', value, low: value - 0.05, high: value + 0.05, films: 9, copies: 0 },
        }),
      )
      const samples = points.map(([speed], i) =>
        madeSample({ case: madeCase({ model: `m${i}` }), latenciesMs: [1000 / speed] }),
      )
      const { svg } = accuracyPicture(tableOf(madeResults({ models, samples })))!.picture
      expect([...svg.matchAll(/<circle[^>]* fill="#0072b2"/g)]).toHaveLength(best)
      expect([...svg.matchAll(/<circle[^>]* fill="#777777"/g)]).toHaveLength(points.length - best)
    })

  test('of accuracy show GMACs where no film has a label, else parameters, and say so', () => {
    const rows = rowsOf({ models: 3, hasAuc: false, batches: [1], scenarios: ['offline'] })
    const gmacs = words(accuracyPicture(rows)!.picture)
    expect(gmacs).toContain('GMACs against throughput')
    expect(gmacs.join()).toContain('no accuracy was measured')
    const unknown = rows.map((row, i) => (i > 0 ? row : { ...row, model: { ...row.model, gmacs: null } }))
    expect(words(accuracyPicture(unknown)!.picture)).toContain('Parameters against throughput')
    expect(accuracyPicture(rows.slice(0, 1))).toBeNull()
  })

  test('of accuracy name the models that have none', () => {
    const rows = rowsOf({ models: 3, batches: [1], scenarios: ['offline'] })
    const some = rows.map((row, i) => (i > 0 ? row : { ...row, model: { ...row.model, auc: null } }))
    expect(accuracyPicture(some)!.left).toEqual([rows[0]!.model.name])
  })

  test('of cold starts have a bar a model, that of its smallest batch', () => {
    const found = coldPictures(rowsOf({ models: 2 })).flatMap(words)
    for (const word of ['load', 'optimise', 'first run', 'vgg16', 'vgg19']) expect(found).toContain(word)
    expect(found.filter((word) => word === 'vgg16')).toHaveLength(1)
  })

  test('of parts are of end-to-end alone', () => {
    expect(partsPictures(rowsOf({ models: 2, scenarios: ['offline'] }))).toEqual([])
    const found = partsPictures(rowsOf({ models: 2, batches: [1], scenarios: ['end-to-end'] })).flatMap(words)
    for (const word of ['decode', 'preprocess', 'infer', 'write']) expect(found).toContain(word)
  })

  test('of drift have a dot a process, and are not drawn for one round', () => {
    const { svg } = driftPicture(rowsOf({ models: 3, batches: [1], rounds: 4 }))!
    expect([...svg.matchAll(/<circle/g)]).toHaveLength(3 * 3 * 4)
    expect(driftPicture(rowsOf({ models: 2, batches: [1], rounds: 1 }))).toBeNull()
  })
})

const PLACES: [places: number[], gap: number, expected: number[]][] = [
  [[5, 1, 9], 2, [5, 1, 9]],
  [[5, 5, 5], 2, [5, 7, 9]],
  [[9, 10, 10], 2, [6, 8, 10]],
  [[0, 0, 0], 10, [0, 5, 10]],
  [[4], 3, [4]],
]
for (const [places, gap, expected] of PLACES)
  test(`labels at ${places.join(', ')} stand at ${expected.join(', ')}, ${gap} apart between 0 and 10`, () => {
    expect(apart(places, gap, 0, 10)).toEqual(expected)
  })

test('an interval of two processes that differ does not fill the axis, and the picture says so', () => {
  const figure = (value: number, low: number, high: number) => ({ value, low, high, processes: 2 })
  const far = figureDomain([figure(100, 0.5, 20_000), figure(200, 190, 210)])
  expect(far.domain[0]).toBeGreaterThan(40)
  expect(far.domain[1]).toBeLessThan(500)
  expect(far.said).toBe(', cut')
  const near = figureDomain([figure(100, 95, 105), figure(200, 190, 210)])
  expect(near.domain[0]).toBeLessThanOrEqual(95)
  expect(near.domain[1]).toBeGreaterThanOrEqual(210)
  expect(near.said).toBe('')
})

const TICKS: [domain: [number, number], ticks: number[]][] = [
  [
    [270, 5400],
    [300, 500, 1000, 2000, 3000, 5000],
  ],
  [
    [9, 40],
    [10, 15, 20, 30],
  ],
  [
    [0.9, 110],
    [1, 2, 5, 10, 20, 50, 100],
  ],
  [
    [0.04, 90_000],
    [0.1, 1, 10, 100, 1000, 10_000],
  ],
  [
    [100, 200],
    [100, 120, 140, 160, 180, 200],
  ],
]
for (const [domain, ticks] of TICKS)
  test(`an axis from ${domain.join(' to ')} has ticks at ${ticks.join(', ')}, and room for them`, () => {
    expect(logTicks(domain)).toEqual(ticks)
    // Of the narrowest axis, that of the picture of accuracy, and digits of 7 pixels.
    const pixels = (tick: number) => (288 * Math.log(tick / domain[0])) / Math.log(domain[1] / domain[0])
    for (const [i, tick] of ticks.slice(1).entries())
      expect(pixels(tick) - pixels(ticks[i]!)).toBeGreaterThan(7 * String(tick).length)
  })

const NAMES: [name: string, expected: string][] = [
  ['inceptionresnetv2', 'inceptionresnetv2'],
  ['chest-densenet121-fold3', 'chest-de…121-fold3'],
]
for (const [name, expected] of NAMES)
  test(`${name} is ${expected} behind a plot`, () => expect(shortName(name)).toBe(expected))

test('a picture names what ran, not what was asked for', () => {
  const fellBack = madeSample({
    case: madeCase({ provider: 'cuda' }),
    provider: { name: 'cpu', version: '1', passedOver: [], share: 1 },
  })
  const rows = tableOf(madeResults({ samples: [madeSample(), fellBack] }))
  expect(latencyPictures(rows).flatMap(words)).toEqual(
    expect.arrayContaining(['mobilenet cpu', 'mobilenet cpu (for cuda)']),
  )
})

import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../src/infer/layout.ts'
import { cellsOf, scoreOf } from '../../src/infer/row.ts'
import { layoutOf, type Member, type Scoring } from '../../src/infer/scoring.ts'

const LABELS = ['Covid', 'Normal', 'Viral Pneumonia']
const member = (name: string, thresholds: readonly number[] | null = null): Member => ({
  name,
  labels: LABELS,
  activation: thresholds === null ? 'softmax' : 'sigmoid',
  thresholds,
  taps: [],
})
const ONE: Scoring = { members: [member('a')], ensemble: null, tta: null, logits: false, features: null }
const facts = { width: 30, height: 40, bars: { left: 0, top: 1, right: 2, bottom: 3 }, coloured: false }
const file = { sizeBytes: 5, mtimeMs: 6.5 }
const scored = (...probabilities: number[]) =>
  scoreOf({ index: 0, path: 'a.png', file, facts, outputs: [[Float32Array.from(probabilities)]] }, ONE)

describe('scoreOf', () => {
  it('gives the most probable label', () => {
    expect(scored(0.2, 0.3, 0.5)).toMatchObject({
      status: 'ok',
      file,
      scores: [{ label: 'Viral Pneumonia' }],
    })
  })

  it('gives the first of equals', () => {
    expect(scored(0.4, 0.4, 0.2)).toMatchObject({ scores: [{ label: 'Covid' }] })
  })

  for (const [name, values] of [
    ['not a number', [0.1, Number.NaN, 0.2]],
    ['infinite', [0.1, Number.POSITIVE_INFINITY, 0.2]],
    ['more than one', [0.1, 1.1, 0.2]],
    ['less than none', [0.1, -0.1, 0.2]],
    ['one too few', [0.1, 0.9]],
    ['nothing', []],
  ] as const)
    it(`makes a failure of a result that is ${name}`, () => {
      const film = scored(...values)
      expect(film).toMatchObject({ status: 'failed', failure: { stage: 'infer', code: 'ROE_INFERENCE' } })
      const cells = cellsOf(film, columnsOf(layoutOf(ONE)))
      expect(cells.slice(0, 2)).toEqual(['a.png', 'failed'])
      expect(new Set(cells.slice(2))).toEqual(new Set([null]))
    })

  it('has a cell for each column', () => {
    const columns = columnsOf(layoutOf(ONE))
    const cells = cellsOf(scored(0.2, 0.3, 0.5), columns)
    expect(Object.fromEntries(columns.map(({ name }, i) => [name, cells[i]]))).toEqual({
      path: 'a.png',
      status: 'ok',
      label: 'Viral Pneumonia',
      p_Covid: 0.2,
      p_Normal: 0.3,
      'p_Viral Pneumonia': 0.5,
      width: 30,
      height: 40,
      bars: '0 1 2 3',
      coloured: false,
    })
  })
})

const rowOf = (scoring: Scoring, ...each: number[][]) => {
  const outputs = each.map((values) => [Float32Array.from(values)])
  const columns = columnsOf(layoutOf(scoring))
  const cells = cellsOf(scoreOf({ index: 0, path: 'a.png', file, facts, outputs }, scoring), columns)
  return Object.fromEntries(columns.map(({ name }, i) => [name, cells[i]]))
}

describe('several models', () => {
  it('have columns of their own', () => {
    const two = { ...ONE, members: [member('a'), member('fold/b')] }
    expect(rowOf(two, [0.2, 0.3, 0.5], [0.6, 0.3, 0.1])).toMatchObject({
      'a:label': 'Viral Pneumonia',
      'a:p_Covid': 0.2,
      'fold/b:label': 'Covid',
      'fold/b:p_Covid': 0.6,
      width: 30,
    })
    expect(rowOf(two, [0.2, 0.3, 0.5], [Number.NaN, 0.3, 0.1])).toMatchObject({ status: 'failed' })
  })

  it('make one result as an ensemble: mean and deviation of the probabilities', () => {
    const both: Scoring = { ...ONE, members: [member('a'), member('b')], ensemble: 'mean' }
    expect(rowOf(both, [0.25, 0.5, 0.25], [0.75, 0.25, 0])).toMatchObject({
      label: 'Covid',
      p_Covid: 0.5,
      p_Normal: 0.375,
      'p_Viral Pneumonia': 0.125,
      sd_Covid: 0.35355338,
      sd_Normal: 0.17677669,
    })
  })
})

describe('labels that do not exclude each other', () => {
  const several: Scoring = { ...ONE, members: [member('a', [0.3, 0.5, 0.9])] }
  for (const [values, label, labels] of [
    [[0.3, 0.6, 0.8], 'Viral Pneumonia', 'Covid|Normal'],
    [[0.2, 0.4, 0.95], 'Viral Pneumonia', 'Viral Pneumonia'],
    [[0.2, 0.4, 0.1], 'Normal', ''],
  ] as const)
    it(`${values.join(', ')}: ${labels || 'none'} at or above the thresholds`, () => {
      expect(rowOf(several, [...values])).toMatchObject({ label, labels })
    })
})

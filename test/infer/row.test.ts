import { describe, expect, it } from 'vitest'
import { columnsOf, type RowLayout } from '../../src/infer/layout.ts'
import { cellsOf, scoreOf } from '../../src/infer/row.ts'

const LABELS = ['Covid', 'Normal', 'Viral Pneumonia']
const LAYOUT: RowLayout = {
  models: [{ name: '', labels: LABELS, activation: 'softmax' }],
  logits: false,
  spread: false,
}
const facts = { width: 30, height: 40, bars: { left: 0, top: 1, right: 2, bottom: 3 }, coloured: false }
const file = { sizeBytes: 5, mtimeMs: 6.5 }
const scored = (...probabilities: number[]) =>
  scoreOf({ index: 0, path: 'a.png', file, facts, outputs: [[Float32Array.from(probabilities)]] }, LAYOUT)

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
    ['one too few', [0.1, 0.9]],
    ['nothing', []],
  ] as const)
    it(`makes a failure of a result that is ${name}`, () => {
      const film = scored(...values)
      expect(film).toMatchObject({ status: 'failed', failure: { stage: 'infer', code: 'ROE_INFERENCE' } })
      const cells = cellsOf(film, columnsOf(LAYOUT))
      expect(cells.slice(0, 2)).toEqual(['a.png', 'failed'])
      expect(new Set(cells.slice(2))).toEqual(new Set([null]))
    })

  it('has a cell for each column', () => {
    const columns = columnsOf(LAYOUT)
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

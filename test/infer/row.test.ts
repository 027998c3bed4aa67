import { describe, expect, it } from 'vitest'
import { cellsOf, columnsOf, scoreOf } from '../../src/infer/row.ts'

const LABELS = ['Covid', 'Normal', 'Viral Pneumonia']
const scored = (...probabilities: number[]) =>
  scoreOf({ index: 0, path: 'a.png', coloured: false, outputs: [Float32Array.from(probabilities)] }, LABELS)

describe('scoreOf', () => {
  it('gives the most probable label', () => {
    expect(scored(0.2, 0.3, 0.5)).toMatchObject({ status: 'ok', label: 'Viral Pneumonia' })
  })

  it('gives the first of equals', () => {
    expect(scored(0.4, 0.4, 0.2)).toMatchObject({ label: 'Covid' })
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
      expect(cellsOf(film, LABELS)).toEqual(['a.png', 'failed', null, null, null, null])
    })

  it('has a cell for each column', () => {
    expect(columnsOf(LABELS)).toHaveLength(cellsOf(scored(0.2, 0.3, 0.5), LABELS).length)
  })
})

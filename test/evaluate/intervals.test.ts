import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Outcome, proportionOf, wilson } from '../../src/evaluate/intervals.ts'
import { FIGURES } from './figures.ts'

describe("Wilson's interval is the one of statsmodels", () => {
  test.each(FIGURES.wilson)('$count of $of', ({ count, of, interval }) => {
    const ours = wilson(count, of)
    expect(ours?.[0]).toBeCloseTo(interval[0], 13)
    expect(ours?.[1]).toBeCloseTo(interval[1], 13)
  })
})

describe('patients widen it as the cluster-robust variance of statsmodels says', () => {
  test.each(FIGURES.clustered)('design effect $designEffect', (figure) => {
    const ours = proportionOf(
      figure.outcomes.map((hit, i) => ({ hit: hit === 1, patient: figure.patients[i]! })),
    )
    expect(ours.effective).toBeCloseTo(figure.effective, 9)
    expect(ours.interval?.[0]).toBeCloseTo(figure.interval[0], 12)
    expect(ours.interval?.[1]).toBeCloseTo(figure.interval[1], 12)
  })
})

const outcomes = fc.array(
  fc.record({ hit: fc.boolean(), patient: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e')) }),
  { minLength: 1, maxLength: 60 },
)

test('it is never narrower than the interval that takes films as independent', () => {
  fc.assert(
    fc.property(outcomes, (films) => {
      const { count, of, interval, effective } = proportionOf(films)
      const plain = wilson(count, of)!
      expect(effective).toBeLessThanOrEqual(of)
      expect(interval![0]).toBeLessThanOrEqual(plain[0] + 1e-12)
      expect(interval![1]).toBeGreaterThanOrEqual(plain[1] - 1e-12)
    }),
  )
})

test('one film a patient is the plain interval, known patients or not', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (hits) => {
      const unknown = proportionOf(hits.map((hit) => ({ hit, patient: null })))
      const known = proportionOf(hits.map((hit, i) => ({ hit, patient: `p${i}` })))
      expect(known).toEqual(unknown)
      expect(known.interval).toEqual(wilson(known.count, known.of))
    }),
  )
})

test('patients whose films are all copies of one count once each', () => {
  const films = (['a', 'b', 'c', 'd', 'e', 'f'] as const).flatMap((patient, i): Outcome[] =>
    Array.from({ length: 4 }, () => ({ hit: i < 4, patient })),
  )
  // 6 patients: 6/5 of the binomial variance of 6 independent films
  expect(proportionOf(films).effective).toBeCloseTo(5, 12)
})

test('21 of 21 films of 3 patients say no more than 3 films', () => {
  const films = Array.from({ length: 21 }, (_, i) => ({ hit: true, patient: `p${i % 3}` }))
  const { value, effective, interval } = proportionOf(films)
  expect({ value, effective }).toEqual({ value: 1, effective: 3 })
  expect(interval).toEqual(wilson(3, 3))
})

test('no films: no figure and no interval', () => {
  expect(proportionOf([])).toEqual({ value: null, count: 0, of: 0, interval: null, effective: 0 })
})

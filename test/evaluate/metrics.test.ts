import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { areaOf } from '../../src/evaluate/auc.ts'
import { confusionOf, countsOf } from '../../src/evaluate/confusion.ts'
import { metricsOf, positiveOf } from '../../src/evaluate/metrics.ts'
import { FIGURES } from './figures.ts'

const labels = ['covid', 'normal', 'pneumonia']

test('rows are what the films are, columns what they were called', () => {
  const { matrix } = confusionOf(labels, [
    { actual: 'covid', predicted: 'normal' },
    { actual: 'covid', predicted: 'covid' },
    { actual: 'pneumonia', predicted: 'normal' },
  ])
  expect(matrix).toEqual([
    [1, 1, 0],
    [0, 0, 0],
    [0, 1, 0],
  ])
})

test('a label that nobody knows is a fault of the caller', () => {
  expect(() => confusionOf(labels, [{ actual: 'covid', predicted: 'other' }])).toThrow(/'other'/)
})

test('the published confusion of the Rosebrock article gives its three figures (S4.5)', () => {
  const confusion = {
    labels: ['covid', 'normal'],
    matrix: [
      [5, 0],
      [1, 4],
    ],
  }
  const { accuracy, classes } = metricsOf(confusion)
  expect(accuracy).toBe(0.9)
  expect(classes[0]).toMatchObject({ recall: 1, specificity: 0.8 })
  expect(classes[1]).toMatchObject({ recall: 0.8, specificity: 1 })
})

test('pooled counts of S1.5 are the ones against the rest', () => {
  const confusion = {
    labels: ['covid', 'rest'],
    matrix: [
      [208, 16],
      [15, 1189],
    ],
  }
  expect(countsOf(confusion, 0)).toEqual({
    truePositive: 208,
    falsePositive: 15,
    trueNegative: 1189,
    falseNegative: 16,
  })
})

test('nothing divided by nothing is null, and so is a mean that would need it', () => {
  const never = metricsOf({
    labels: ['a', 'b'],
    matrix: [
      [3, 0],
      [2, 0],
    ],
  })
  expect(never.classes[1]).toEqual({
    label: 'b',
    precision: null,
    recall: 0,
    f1: 0,
    specificity: 1,
    support: 2,
  })
  expect(never.macro).toEqual({ precision: null, recall: 0.5, f1: 0.375 })
  expect(never.weighted.precision).toBeNull()
  const empty = metricsOf({
    labels: ['a', 'b'],
    matrix: [
      [0, 0],
      [0, 0],
    ],
  })
  expect(empty).toMatchObject({ accuracy: null, balancedAccuracy: null, films: 0 })
  expect(empty.classes[0]).toMatchObject({ recall: null, f1: null, specificity: null })
})

test('a class without films has no say in the weighted mean', () => {
  const { weighted, macro } = metricsOf({
    labels: ['a', 'b', 'c'],
    matrix: [
      [3, 0, 1],
      [0, 0, 0],
      [1, 0, 5],
    ],
  })
  expect(weighted).toEqual({ precision: 0.8, recall: 0.8, f1: 0.8 })
  expect(macro.recall).toBeNull()
})

describe('balanced accuracy is the one of scikit-learn', () => {
  test.each(FIGURES.reports.filter(({ balancedAccuracy }) => balancedAccuracy !== null))(
    '$name',
    (figure) => {
      expect(metricsOf(figure).balancedAccuracy).toBeCloseTo(figure.balancedAccuracy!, 14)
    },
  )
})

describe('the area is the one of scikit-learn, and its variance that of all pairs', () => {
  test.each(FIGURES.areas)('auc $auc', ({ scores, truth, auc, variance }) => {
    const area = areaOf(
      scores,
      truth.map((t) => t === 1),
    )
    expect(area?.value).toBeCloseTo(auc, 14)
    const half = 1.959963984540054 * Math.sqrt(variance)
    expect(area?.interval?.[0]).toBeCloseTo(Math.max(0, auc - half), 12)
    expect(area?.interval?.[1]).toBeCloseTo(Math.min(1, auc + half), 12)
  })
})

describe('patients widen the interval of the area as Obuchowski says, and never narrow it', () => {
  test.each(FIGURES.patientAreas)('auc $auc', ({ scores, truth, patients, auc, films, variance }) => {
    const of = truth.map((t) => t === 1)
    const area = areaOf(scores, of, patients)!
    const half = 1.959963984540054 * Math.sqrt(Math.max(films, variance))
    expect(area.value).toBeCloseTo(auc, 14)
    expect(area.interval![0]).toBeCloseTo(Math.max(0, auc - half), 12)
    expect(area.interval![1]).toBeCloseTo(Math.min(1, auc + half), 12)
  })
})

test('the area of the other side is its complement, and any growing function of the scores leaves it', () => {
  const films = fc.array(fc.record({ score: fc.integer({ min: 0, max: 20 }), of: fc.boolean() }), {
    minLength: 2,
    maxLength: 40,
  })
  fc.assert(
    fc.property(films, (rows) => {
      const scores = rows.map(({ score }) => score)
      const truth = rows.map(({ of }) => of)
      const value = areaOf(scores, truth)?.value
      const other = areaOf(
        scores,
        truth.map((t) => !t),
      )?.value
      if (value === undefined || other === undefined) {
        expect(new Set(truth).size).toBe(1)
        return
      }
      expect(value + other).toBeCloseTo(1, 12)
      expect(
        areaOf(
          scores.map((s) => Math.exp(s / 7)),
          truth,
        )?.value,
      ).toBe(value)
    }),
  )
})

test('a perfect order has no interval, rather than one of width 0', () => {
  expect(areaOf([0.1, 0.2, 0.8, 0.9], [false, false, true, true])).toEqual({ value: 1, interval: null })
})

describe('the positive of two labels is the one that does not mean "nothing found"', () => {
  for (const [names, positive] of [
    [['covid', 'normal'], 'covid'],
    [['NORMAL', 'PNEUMONIA'], 'PNEUMONIA'],
    [['No Finding', 'effusion'], 'effusion'],
    [['non-covid', 'covid'], 'covid'],
    [['NON_COVID-19', 'COVID-19'], 'COVID-19'],
    [['bacteria', 'virus'], 'bacteria'],
    [['healthy', 'normal'], 'healthy'],
    [['nodule', 'mass'], 'nodule'],
    [['a', 'b', 'normal'], null],
  ] as const)
    test(`${names.join(' / ')}: ${positive}`, () => expect(positiveOf(names)).toBe(positive))
})

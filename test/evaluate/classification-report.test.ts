import { describe, expect, test } from 'vitest'
import { classificationReport } from '../../src/evaluate/classification-report.ts'
import { fixed } from '../../src/evaluate/number-text.ts'
import { FIGURES } from './figures.ts'

describe('the report is the one of scikit-learn, byte for byte', () => {
  test.each(FIGURES.reports)('$name', ({ labels, matrix, report }) => {
    expect(classificationReport({ labels, matrix })).toBe(report)
  })
})

test('the published report of VGG16 (S0.5) stands in it', () => {
  const report = classificationReport({
    labels: ['covid', 'normal', 'pneumonia'],
    matrix: [
      [21, 0, 0],
      [2, 18, 1],
      [1, 5, 14],
    ],
  })
  expect(report).toMatch(/covid {7}0\.88 {6}1\.00/)
  expect(report).toMatch(/normal {7}0\.78 {6}0\.86/)
  expect(report).toMatch(/pneumonia {7}0\.93 {6}0\.70/)
  expect(report).toMatch(/accuracy +0\.85 +62/)
})

describe('numbers are rounded as Python does', () => {
  for (const [value, digits, text] of [
    [0.125, 2, '0.12'],
    [0.375, 2, '0.38'],
    [0.625, 2, '0.62'],
    [0.875, 2, '0.88'],
    [1 / 32, 4, '0.0312'],
    [3 / 32, 4, '0.0938'],
    [0.115, 2, '0.12'],
    [0.005, 2, '0.01'],
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [1, 2, '1.00'],
  ] as const)
    test(`${value} with ${digits} decimals is ${text}`, () => expect(fixed(value, digits)).toBe(text))
})

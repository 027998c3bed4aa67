import { expect, test } from 'vitest'
import { evaluateScores } from '../../src/evaluate/evaluate.ts'
import { evaluationPicture, evaluationPictures } from '../../src/evaluate/picture.ts'
import { inputOf, ROSEBROCK, VGG16 } from './films.ts'

const words = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]+)</g)].map(([, word]) => word!)

test('counts and shares of rows stand in the cells, in the order of the matrix', () => {
  const found = words(evaluationPicture(evaluateScores(inputOf(VGG16))).svg)
  expect(found.filter((word) => word.endsWith(' %'))).toEqual([
    '100 %',
    '0 %',
    '0 %',
    '10 %',
    '86 %',
    '5 %',
    '5 %',
    '25 %',
    '70 %',
  ])
  const counts = found.filter((word) => /^\d+$/.test(word))
  expect(counts).toEqual(['21', '0', '0', '2', '18', '1', '1', '5', '14'])
  for (const word of ['All 62 films', 'actual', 'predicted', 'sensitivity', 'specificity', 'pneumonia'])
    expect(found).toContain(word)
  expect(found).toContain('accuracy 0.85 (95 % interval 0.75 to 0.92)')
})

test('films without a copy have a second row', () => {
  const input = inputOf(ROSEBROCK)
  const copies = new Map([[input.rows[0]!.path, ['train/1.png']]])
  const evaluation = evaluateScores({ ...input, copies })
  expect(evaluationPictures(evaluation)).toHaveLength(2)
  expect(words(evaluationPicture(evaluation).svg)).toContain('9 films without a copy in training')
})

test('what is unknown is said in words, not drawn at 0', () => {
  const absent = {
    labels: ['a', 'b'],
    matrix: [
      [4, 1],
      [0, 0],
    ],
  }
  const { svg } = evaluationPicture(evaluateScores(inputOf(absent)))
  expect(words(svg).filter((word) => word.endsWith('no films'))).toEqual([
    'specificity: no films',
    'sensitivity: no films',
  ])
  expect(svg).not.toMatch(/NaN|undefined/)
})

test('twenty classes with long names still make a picture of bounded size', () => {
  const labels = Array.from({ length: 20 }, (_, i) => `a label with far too many words in it, number ${i}`)
  const matrix = labels.map((_, i) => labels.map((_, j) => (i === j ? 5 : 0)))
  const { width, height } = evaluationPicture(evaluateScores(inputOf({ labels, matrix })))
  expect(Math.max(width, height)).toBeLessThan(1700)
})

/** Scored films made from a confusion matrix, for tests. */
import type { EvaluatedFilm, EvaluationInput } from '../../src/evaluate/evaluation.ts'

/** One film for each count of the matrix; the label called has probability 0.8, the others share the rest. */
export const filmsOf = (labels: readonly string[], matrix: readonly (readonly number[])[]): EvaluatedFilm[] =>
  matrix.flatMap((row, actual) =>
    row.flatMap((count, predicted) =>
      Array.from({ length: count }, (_, i) => ({
        path: `test/${labels[actual]}/${labels[predicted]}-${i}.png`,
        actual: labels[actual]!,
        predicted: labels[predicted]!,
        probabilities: labels.map((_, j) => (j === predicted ? 0.8 : 0.2 / (labels.length - 1))),
        patient: null,
      })),
    ),
  )

const about: EvaluationInput['about'] = {
  model: null,
  scores: 's.csv',
  data: 'l.csv',
  splits: {},
  notes: [],
}

export const VGG16 = {
  labels: ['covid', 'normal', 'pneumonia'],
  matrix: [
    [21, 0, 0],
    [2, 18, 1],
    [1, 5, 14],
  ],
}

export const ROSEBROCK = {
  labels: ['covid', 'normal'],
  matrix: [
    [5, 0],
    [1, 4],
  ],
}

/** An input of these films with nothing failed, and no copies. */
export const inputOf = (
  { labels, matrix }: { labels: string[]; matrix: number[][] },
  more: Partial<EvaluationInput> = {},
): EvaluationInput => ({
  about,
  labels,
  rows: filmsOf(labels, matrix),
  failed: [],
  copies: new Map(),
  ...more,
})

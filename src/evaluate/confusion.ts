/** The confusion matrix: counts of films by what they are and what they were called. Everything else counts from it. */
import assert from 'node:assert/strict'

/** `matrix[actual][predicted]`, both in the order of `labels`. */
export interface Confusion {
  labels: readonly string[]
  matrix: readonly (readonly number[])[]
}

/** One film that has been scored, as far as the matrix needs it. */
export interface Pair {
  actual: string
  predicted: string
}

/** Counts pairs of labels.
 *  @param labels  in the model's order; every label of `pairs` is among them (else it is a fault of the caller) */
export function confusionOf(labels: readonly string[], pairs: Iterable<Pair>): Confusion {
  const index = new Map(labels.map((label, i) => [label, i]))
  assert.equal(index.size, labels.length, 'labels are unique')
  const matrix = labels.map(() => labels.map(() => 0))
  for (const { actual, predicted } of pairs) {
    const row = matrix[index.get(actual) ?? -1]
    const column = index.get(predicted)
    assert(row !== undefined && column !== undefined, `labels '${actual}' and '${predicted}' are known`)
    row[column]! += 1
  }
  return { labels, matrix }
}

/** One class against the rest. */
export interface Counts {
  /** Films of the class that were called so, the rest that was called so, the rest that was not, films of the class missed. */
  truePositive: number
  falsePositive: number
  trueNegative: number
  falseNegative: number
}

/** Counts of the class with this index against all others together. */
export function countsOf({ matrix }: Confusion, index: number): Counts {
  const truePositive = matrix[index]![index]!
  const support = sum(matrix[index]!)
  const called = sum(matrix.map((row) => row[index]!))
  const falseNegative = support - truePositive
  const falsePositive = called - truePositive
  return {
    truePositive,
    falsePositive,
    falseNegative,
    trueNegative: totalOf(matrix) - truePositive - falsePositive - falseNegative,
  }
}

/** Films in the diagonal. */
export const correctOf = ({ matrix }: Confusion): number => sum(matrix.map((row, i) => row[i]!))

/** All films of a matrix. */
export const totalOf = (matrix: Confusion['matrix']): number => sum(matrix.map(sum))

/** From left to right, as the libraries do whose last digit is compared. */
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

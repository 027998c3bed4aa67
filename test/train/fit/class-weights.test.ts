import { describe, expect, it } from 'vitest'
import { truthOfClass } from '../../../src/train/fit/answers.ts'
import { classWeightsOf } from '../../../src/train/fit/class-weights.ts'

const LABELS = ['covid', 'normal', 'pneumonia']
/** One film of covid, three normals, four pneumonias. */
const CLASSES = [0, 1, 1, 1, 2, 2, 2, 2]
const TRUTHS = CLASSES.map((actual) => truthOfClass(actual, 3))

describe('class weights', () => {
  it("balanced are scikit-learn's: each class weighs as a whole what any other does", () => {
    const weights = classWeightsOf('balanced', 'class', LABELS, TRUTHS)
    // compute_class_weight('balanced', classes=[0, 1, 2], y=[0, 1, 1, 1, 2, 2, 2, 2])
    for (const [i, expected] of [2.66666667, 0.88888889, 0.66666667].entries())
      expect(weights[i]).toBeCloseTo(expected, 8)
    expect(CLASSES.reduce((sum, c) => sum + weights[c]!, 0)).toBeCloseTo(CLASSES.length, 12)
  })

  it('of some labels leave the others at 1', () => {
    expect(classWeightsOf({ pneumonia: 0.5 }, 'class', LABELS, TRUTHS)).toEqual([1, 1, 0.5])
  })

  it('balanced of findings weigh those that have one together as much as those that have not', () => {
    // One has it, three have not, one is unknown; and the other way round.
    const truths = [
      [1, 0],
      [0, 1],
      [0, 1],
      [0, 1],
      [null, null],
    ] as const
    expect(classWeightsOf('balanced', 'findings', ['a', 'b'], truths)).toEqual([3, 1 / 3])
  })

  it('of a label that is not there are refused, with those that are', () => {
    expect(() => classWeightsOf({ flu: 2 }, 'class', LABELS, TRUTHS)).toThrow(
      /^ROE_OPTION: --class-weights: expected labels of the films \(covid, normal, pneumonia\), received flu/,
    )
  })
})

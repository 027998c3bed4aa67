import { describe, expect, it } from 'vitest'
import { classWeightsOf } from '../../../src/train/fit/class-weights.ts'

const LABELS = ['covid', 'normal', 'pneumonia']
/** One film of covid, three normals, four pneumonias. */
const CLASSES = [0, 1, 1, 1, 2, 2, 2, 2]

describe('class weights', () => {
  it("balanced are scikit-learn's: each class weighs as a whole what any other does", () => {
    const weights = classWeightsOf('balanced', LABELS, CLASSES)
    // compute_class_weight('balanced', classes=[0, 1, 2], y=[0, 1, 1, 1, 2, 2, 2, 2])
    for (const [i, expected] of [2.66666667, 0.88888889, 0.66666667].entries())
      expect(weights[i]).toBeCloseTo(expected, 8)
    expect(CLASSES.reduce((sum, c) => sum + weights[c]!, 0)).toBeCloseTo(CLASSES.length, 12)
  })

  it('of some labels leave the others at 1', () => {
    expect(classWeightsOf({ pneumonia: 0.5 }, LABELS, CLASSES)).toEqual([1, 1, 0.5])
  })

  it('of a label that is not there are refused, with those that are', () => {
    expect(() => classWeightsOf({ flu: 2 }, LABELS, CLASSES)).toThrow(
      /^ROE_OPTION: --class-weights: expected labels of the films \(covid, normal, pneumonia\), received flu/,
    )
  })
})

/** How much a film of each class weighs in training, so that a rare class is not drowned by a frequent one. */
import { RoentgenError } from '../../../errors.ts'

/** @param weights  `balanced`: films / (classes * films of the class), as scikit-learn's; or weights of some labels, the
 *    others weigh 1
 *  @param classes  class index of each training film, each class at least once
 *  @returns a weight for each label   @throws ROE_OPTION for a label that is not there */
export function classWeightsOf(
  weights: 'balanced' | Readonly<Record<string, number>>,
  labels: readonly string[],
  classes: readonly number[],
): number[] {
  if (weights === 'balanced')
    return labels.map(
      (_, c) => classes.length / (labels.length * classes.filter((actual) => actual === c).length),
    )
  requireLabels(weights, labels)
  return labels.map((label) => (Object.hasOwn(weights, label) ? weights[label]! : 1))
}

/** @throws ROE_OPTION for a weight of a label that is not there */
export function requireLabels(weights: object | string | undefined, labels: readonly string[]): void {
  if (typeof weights !== 'object') return
  const received = Object.keys(weights).find((label) => !labels.includes(label))
  if (received === undefined) return
  const expected = `labels of the films (${labels.join(', ')})`
  throw new RoentgenError('ROE_OPTION', { where: '--class-weights', expected, received })
}

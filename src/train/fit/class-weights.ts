/** How much a film of each class weighs in training, or one that has a finding, so that what is rare is not drowned by what is
 *  frequent. */
import { RoentgenError } from '../../../errors.ts'
import { type AnswerName, answerOf, type Truth } from './answers.ts'

/** @param weights  `balanced` (what that means of classes and of findings, answers.ts says); or weights of some labels, the
 *    others weigh 1
 *  @param truths  of the training films; each class at least once, each finding once there and once not
 *  @returns a weight for each label   @throws ROE_OPTION for a label that is not there */
export function classWeightsOf(
  weights: 'balanced' | Readonly<Record<string, number>>,
  answer: AnswerName,
  labels: readonly string[],
  truths: readonly Truth[],
): number[] {
  if (weights === 'balanced') return labels.map((_, label) => answerOf(answer).balanced(truths, label))
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

/** What a plan asks of films, in the words of the fit (fit/answers.ts): their class, or their findings. */
import type { LabelledFilm } from '../data/labelled.ts'
import { ANSWERS, type AnswerName, type Truth } from './fit/answers.ts'

interface Asking {
  /** Of the plan (recipes.ts). */
  multiLabel?: readonly string[] | undefined
}

export const answerNameOf = ({ multiLabel }: Asking): AnswerName =>
  multiLabel === undefined ? 'class' : 'findings'

/** The row of the table. */
export const answerOfPlan = (plan: Asking) => ANSWERS[answerNameOf(plan)]

/** @returns what is known of a film, in the order of the labels */
export const truthOf = (
  { label, findings }: { label: string; findings?: LabelledFilm['findings'] | undefined },
  labels: readonly string[],
): Truth =>
  labels.map((of) => {
    if (findings === undefined) return of === label ? 1 : 0
    return Object.hasOwn(findings, of) ? findings[of]! : null
  })

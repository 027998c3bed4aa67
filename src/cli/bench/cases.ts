/** The cases of a suite: every model with every provider, precision, batch, number of threads and scenario that makes
 *  sense together. */
import { type Case, caseId, SCENARIOS, type Scenario } from '../../../bench/results.ts'
import { RoentgenError } from '../../../errors.ts'
import { requireWhole } from '../require-whole.ts'
import type { Precision } from './model.ts'

export interface Axes {
  scenarios: readonly Scenario[]
  providers: readonly string[]
  batches: readonly number[]
  threads: readonly number[]
}

/** @param models  in which precisions each can run
 *  @returns each case once: `single-stream` has a batch of 1, whatever else is asked for */
export function casesOf(models: ReadonlyMap<string, readonly Precision[]>, axes: Axes): Case[] {
  const all = [...models].flatMap(([model, precisions]) =>
    precisions.flatMap((precision) =>
      axes.providers.flatMap((provider) =>
        axes.threads.flatMap((threads) =>
          axes.scenarios.flatMap((scenario) =>
            (scenario === 'single-stream' ? [1] : axes.batches).map(
              (batch): Case => ({ model, scenario, provider, precision, batch, threads }),
            ),
          ),
        ),
      ),
    ),
  )
  return [...new Map(all.map((one) => [caseId(one), one])).values()]
}

/** `cpu,cuda`: words of a table, each once. @throws ROE_OPTION */
export function wordsOf<Word extends string>(where: string, given: string, known: readonly Word[]): Word[] {
  return [...new Set(given.split(','))].map((text) => {
    const word = known.find((one) => one === text.trim())
    if (word !== undefined) return word
    const expected = `some of ${known.join(', ')}, with commas between them`
    throw new RoentgenError('ROE_OPTION', { where, expected, received: text })
  })
}

/** `1,16`: whole numbers, each once. @throws ROE_OPTION */
export const numbersOf = (where: string, given: string, most: number): number[] =>
  [...new Set(given.split(',').map((text) => text.trim()))].map((text) => {
    if (/^\d+$/.test(text)) return requireWhole(where, Number(text), 1, most)
    const expected = `whole numbers from 1 to ${most}, with commas between them`
    throw new RoentgenError('ROE_OPTION', { where, expected, received: given })
  })

/** Those that are asked for; all that can be unless given. @throws ROE_OPTION for `end-to-end` without films */
export function scenariosOf(given: string | undefined, hasFilms: boolean): Scenario[] {
  const able = SCENARIOS.filter((scenario) => hasFilms || scenario !== 'end-to-end')
  if (given === undefined) return [...able]
  const wanted = wordsOf('--scenario', given, SCENARIOS)
  if (wanted.every((scenario) => able.includes(scenario))) return wanted
  const expected = 'films beside end-to-end: a folder, or --data'
  throw new RoentgenError('ROE_OPTION', { where: '--scenario', expected, received: given })
}

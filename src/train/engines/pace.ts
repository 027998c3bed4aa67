/** How long a training on plain JavaScript will take, told after a step was timed, where that is long. */
import type { EngineRow } from './engine.ts'

/** Seconds from which a faster engine is advised. */
const LONG_SECONDS = 600

/** @param faster  what is advised   @param beside  what is computed beside the steps, in steps for each   @param now  milliseconds
 *  @returns to be told after each step how many are done, of how many; notes once, after the second, or never */
export function paceTeller(
  faster: EngineRow,
  note: (line: string) => void,
  { beside = 0, now = () => performance.now() }: { beside?: number; now?: () => number } = {},
): (done: number, of: number) => Promise<void> {
  let first = 0
  return async (done, of) => {
    if (done === 1) first = now()
    if (done !== 2) return
    const seconds = (now() - first) / 1000
    const all = seconds * of * (1 + beside)
    if (all <= LONG_SECONDS) return
    const there = await faster.available(true)
    const advice = there === true ? 'it is there' : there
    note(
      `plain JavaScript will take about ${timeText(all)} (${seconds.toFixed(1)} s a step); ` +
        `--engine ${faster.name} takes less: ${advice}`,
    )
  }
}

/** A film that is only looked at costs a third of one that is trained on: no gradient of inputs, none of weights.
 *  @returns validation's share of the steps, for `beside` */
export const validationBeside = (trainingFilms: number, validationFilms: number): number =>
  validationFilms / trainingFilms / 3

const timeText = (seconds: number): string =>
  seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3600).toFixed(1)} hours`

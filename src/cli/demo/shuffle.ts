/** Labels that say nothing: the control of the demo. A model trained on them must not tell the test films apart. */
import { seededRandom, shuffled } from '../../../random.ts'
import type { LabelledSet } from '../../data/labelled.ts'

/** Deals the labels out anew, so that each label lies on as many films of every class as its share says (to a film).
 *  A plain shuffle of some hundred labels still agrees with the truth on a few per cent more or fewer than half by
 *  chance, and a trunk that tells the classes apart finds that again: its test AUC was 0.33 to 0.73 over 15 of them.
 *  @param seed  the same gives the same labels */
export function shuffleLabels(data: LabelledSet, seed: number): LabelledSet {
  const random = seededRandom(seed)
  const films = data.labels.flatMap((label) => {
    const own = shuffled(
      data.films.filter((film) => film.label === label),
      random,
    )
    return own.map((film, i) => ({ ...film, label: data.labels[i % data.labels.length]! }))
  })
  return { ...data, films: films.sort((a, b) => (a.path < b.path ? -1 : 1)) }
}

/** Films of which some have a row already: the others are scored, and all come out in their order. */
import type { NamedFilm } from '../named.ts'
import type { ScoredFilm } from '../row.ts'
import type { OldFilm } from './film-of-row.ts'

/** @param films  all films that are due   @param first  index of the first of them
 *  @param take  gives the row that a film has already, or null
 *  @param score  scores the others; one result for each, in their order
 *  @returns one result for each film, in their order */
export async function* updateFilms(
  films: AsyncIterable<NamedFilm>,
  first: number,
  take: (film: NamedFilm) => Promise<OldFilm | null>,
  score: (fresh: AsyncIterable<NamedFilm>) => AsyncIterable<ScoredFilm>,
): AsyncGenerator<ScoredFilm> {
  /** What is due next; null is a film that is being scored. */
  let due: (OldFilm | null)[] = []
  let index = first
  for await (const film of score(fresh())) {
    yield* takenOnes()
    yield { ...film, index: index++ }
  }
  yield* takenOnes()

  async function* fresh(): AsyncGenerator<NamedFilm> {
    for await (const film of films) {
      const taken = await take(film)
      due.push(taken)
      if (taken === null) yield film
    }
  }

  /** Those before the next film that is being scored, which is then no longer due. */
  function* takenOnes(): Generator<ScoredFilm> {
    const end = due.indexOf(null)
    const taken = due.slice(0, end < 0 ? due.length : end) as OldFilm[]
    due = end < 0 ? [] : due.slice(end + 1)
    for (const film of taken) yield { ...film, index: index++ }
  }
}

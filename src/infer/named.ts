/** Films are opened by their paths and called by their names (`--path-as`); from here on only the name is left. Nothing that
 *  comes out holds the path: not the result, and not the reason of a failure. */
import { strict as assert } from 'node:assert'
import { resolve } from 'node:path'
import type { FilmResult } from './pipeline.ts'

export interface NamedFilm {
  path: string
  name: string
}
/** A path alone is its own name. */
export type Films = Iterable<string | NamedFilm> | AsyncIterable<string | NamedFilm>

export const named = (film: string | NamedFilm): NamedFilm =>
  typeof film === 'string' ? { path: film, name: film } : film

/** Runs films by their paths and gives their names back to the results.
 *  @param run  gives one result for each path, in their order; what it has taken and not yet given is held here */
export async function* underNames(
  films: Films,
  run: (paths: AsyncIterable<string>) => AsyncIterable<FilmResult>,
): AsyncGenerator<FilmResult> {
  const taken: NamedFilm[] = []
  async function* paths(): AsyncGenerator<string> {
    for await (const item of films) {
      const film = named(item)
      taken.push(film)
      yield film.path
    }
  }
  for await (const result of run(paths())) {
    const film = taken.shift()
    assert(film?.path === result.path, 'results come in the order of the films')
    yield film.name === film.path ? result : renamed(result, film)
  }
}

function renamed(result: FilmResult, { path, name }: NamedFilm): FilmResult {
  if (!('failure' in result)) return { ...result, path: name }
  const data = inStrings(result.failure.data, (text) =>
    text.replaceAll(resolve(path), name).replaceAll(path, name),
  ) as object
  return { ...result, path: name, failure: { ...result.failure, data } }
}

/** The same value with every text in it changed. */
function inStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => inStrings(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inStrings(item, change)]))
}

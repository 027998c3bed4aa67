import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { errorOf, failureOf } from '../../src/infer/failure.ts'
import { underNames } from '../../src/infer/named.ts'
import type { FilmResult } from '../../src/infer/pipeline.ts'

it('results have names, and reasons hold no path', async () => {
  const secrets = ['films/Doe^John.png', 'films/Doe^John.png.2', '/abs/Doe^John.png', './films/Doe^John']
  const films = secrets.map((path, index) => ({ path, name: `film ${index}` }))
  async function* run(paths: AsyncIterable<string>): AsyncGenerator<FilmResult> {
    let index = 0
    for await (const path of paths) {
      const said = new Error(`EACCES: open '${path}' (${resolve(path)})`)
      yield { index: index++, path, file: null, failure: failureOf('decode', path, said) }
    }
  }
  const results: FilmResult[] = []
  for await (const result of underNames(films, run)) results.push(result)
  expect(results.map(({ path }) => path)).toEqual(films.map(({ name }) => name))
  expect(JSON.stringify(results)).not.toContain('Doe')
  for (const [i, result] of results.entries())
    expect('failure' in result && errorOf(result.failure).reason).toBe(`EACCES: open 'film ${i}' (film ${i})`)
})

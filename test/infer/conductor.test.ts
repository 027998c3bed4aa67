import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { conduct } from '../../src/infer/conductor.ts'
import { type ModelFile, openModelFile } from '../../src/infer/model-file.ts'
import type { FilmResult } from '../../src/infer/pipeline.ts'
import { scoreFilms } from '../../src/infer/score.ts'
import { tryProvider } from '../../src/infer/try-provider.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from './films.ts'

let folder = ''
let films: string[] = []
let model: ModelFile
let whole: FilmResult[] = []

const run = (paths: readonly string[], path = fixture('classifier')) =>
  collect(conduct(paths, { model: path, preprocessing: model.preprocessing, batch: 16, threads: 1 }))

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

beforeAll(async () => {
  folder = temporaryFolder()
  films = await writeFilms(folder, 83)
  model = await openModelFile(fixture('classifier'))
  whole = await run(films)
})
afterEach(() => {
  delete process.env.ROENTGEN_TEST_ABORT
})
afterAll(() => removeFolder(folder))

describe('conduct', () => {
  it('gives each film its result, in order', () => {
    expect(whole.map(({ index, path }) => [index, path])).toEqual(films.map((path, i) => [i, path]))
    expect(whole.every((result) => 'outputs' in result)).toBe(true)
  })

  for (const [place, index] of [
    ['first', 0],
    ['in the middle', 41],
    ['last', 82],
  ] as const)
    it(`loses one film and no other when the worker aborts on the one that is ${place}`, async () => {
      const killer = films[index]!
      process.env.ROENTGEN_TEST_ABORT = killer
      const results = await run(films)
      expect(results[index]).toEqual({
        index,
        path: killer,
        failure: {
          stage: 'worker',
          code: 'ROE_WORKER_DIED',
          data: { where: killer, problem: 'signal SIGABRT' },
        },
      })
      expect(results.filter((_, i) => i !== index)).toEqual(whole.filter((_, i) => i !== index))
    })

  it('has a failure when the only film kills the worker', async () => {
    process.env.ROENTGEN_TEST_ABORT = films[3]!
    expect(await run([films[3]!])).toMatchObject([{ failure: { code: 'ROE_WORKER_DIED' } }])
  })

  it('throws what the worker cannot open, as the error that it was there', async () => {
    await expect(run(films, fixture('unknown-operator'))).rejects.toMatchObject({
      name: 'RoentgenError',
      code: 'ROE_MODEL_INVALID',
      message: expect.stringContaining('NoSuchOperator'),
    })
  })

  it('asks its source for no more films than are under way', async () => {
    let asked = 0
    async function* source() {
      for (;;) {
        asked++
        yield films[asked % films.length]!
      }
    }
    const setup = { model: fixture('classifier'), preprocessing: model.preprocessing, batch: 4, threads: 1 }
    let seen = 0
    for await (const _ of conduct(source(), setup)) if (++seen === 40) break
    // Four jobs of four films, and the job whose results are being read.
    expect(asked).toBeLessThanOrEqual(40 + 5 * 4)
  })
})

describe('scoreFilms', () => {
  it('gives labels and probabilities', async () => {
    const scored = await collect(scoreFilms({ model, films: films.slice(0, 3), threads: 1 }))
    expect(scored).toMatchObject([{ status: 'ok' }, { status: 'ok' }, { status: 'ok' }])
    for (const film of scored)
      if (film.status === 'ok')
        expect(model.labels[film.probabilities.indexOf(Math.max(...film.probabilities))]).toBe(film.label)
  })
})

describe('tryProvider', () => {
  it('opens a session on cpu', async () => {
    expect(await tryProvider('cpu')).toBeNull()
  })

  it('says in one line why a provider does not run', async () => {
    expect(await tryProvider(process.platform === 'win32' ? 'coreml' : 'dml')).toMatch(/^[^\n]*built without/)
  })
})

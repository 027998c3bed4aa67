import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../random.ts'
import { type ConductOptions, conduct, setupsFor, type WorkerState } from '../../src/infer/conductor.ts'
import type { Setup } from '../../src/infer/messages.ts'
import { type ModelFile, openModelFile } from '../../src/infer/model-file.ts'
import type { FilmResult } from '../../src/infer/pipeline.ts'
import { scoreFilms } from '../../src/infer/score.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from './films.ts'

let folder = ''
let films: string[] = []
let model: ModelFile
let whole: FilmResult[] = []

const setup = (path = fixture('classifier'), batch = 16) => ({
  models: [{ model: path, preprocessing: model.preprocessing }],
  batch,
  threads: 1,
})
const run = (paths: readonly string[], options: ConductOptions = {}) =>
  collect(conduct(paths, setup(), options))

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
  delete process.env.NODE_OPTIONS
  for (const name of Object.keys(process.env)) if (name.startsWith('ROENTGEN_TEST')) delete process.env[name]
})
afterAll(() => removeFolder(folder))

/** One that has done its work may have ended a moment ago. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

describe('conduct', () => {
  it('gives each film its result, in order', () => {
    expect(whole.map(({ index, path }) => [index, path])).toEqual(films.map((path, i) => [i, path]))
    expect(whole.every((result) => 'outputs' in result)).toBe(true)
  })

  it('gives the same with any number of workers, and from any film on', async () => {
    for (const workers of [2, 3]) expect(await run(films, { workers })).toEqual(whole)
    for (const start of [1, 16, 37, 82])
      expect(await run(films.slice(start), { start, workers: 2 })).toEqual(whole.slice(start))
  })

  it('starts no more workers than there are jobs', async () => {
    let most = 0
    const onWorkers = (states: readonly WorkerState[]) => {
      most = Math.max(most, states.length)
    }
    await run(films.slice(0, 20), { workers: 3, onWorkers })
    expect(most).toBe(2)
  })

  for (const [place, index, workers] of [
    ['first', 0, 1],
    ['in the middle', 41, 2],
    ['last', 82, 1],
  ] as const)
    it(`loses one film and no other when a worker aborts on the one that is ${place}`, async () => {
      const killer = films[index]!
      process.env.ROENTGEN_TEST_ABORT = killer
      const results = await run(films, { workers })
      expect(results[index]).toEqual({
        ...fateOf(index),
        failure: {
          stage: 'worker',
          code: 'ROE_WORKER_DIED',
          data: { where: killer, problem: 'signal SIGABRT' },
        },
      })
      expect(others(results, index)).toEqual(others(whole, index))
    })

  it('loses one film and no other when a worker hangs on it', async () => {
    process.env.ROENTGEN_TEST_HANG = films[41]!
    const results = await run(films, { workers: 2, timeout: 2 })
    expect(results[41]).toEqual({
      ...fateOf(41),
      failure: { stage: 'worker', code: 'ROE_WORKER_HUNG', data: { where: films[41], seconds: 2 } },
    })
    expect(others(results, 41)).toEqual(others(whole, 41))
  })

  it('goes on where the last film under way is the one that all others waited for', async () => {
    process.env.ROENTGEN_TEST_STALL = films[2]!
    let states: readonly WorkerState[] = []
    const idle = (count: number) => states.filter(({ state }) => state === 'idle').length >= count
    async function* paths() {
      yield* films.slice(0, 2)
      while (!idle(2)) await sleep(1)
      // The first holds one worker up, and each of the others is for the one that has nothing, until no more may wait.
      for (const film of films.slice(2)) {
        yield film
        await sleep(20)
        while (!idle(1)) await sleep(1)
      }
    }
    const options = {
      workers: 2,
      onWorkers: (workers: readonly WorkerState[]) => {
        states = workers
      },
    }
    const results = await collect(conduct(paths(), setup(fixture('classifier'), 1), options))
    expect(results.map(({ path }) => path)).toEqual(films)
  }, 30_000)

  it('loses one film and no other when a worker runs out of memory on it', async () => {
    process.env.ROENTGEN_TEST_MEMORY = films[82]!
    process.env.NODE_OPTIONS = '--max-old-space-size=64'
    const results = await run(films)
    expect(results[82]).toMatchObject({ failure: { code: 'ROE_WORKER_DIED', data: { where: films[82] } } })
    expect(others(results, 82)).toEqual(others(whole, 82))
  })

  it('has a failure when the only film kills the worker', async () => {
    process.env.ROENTGEN_TEST_ABORT = films[3]!
    expect(await run([films[3]!])).toMatchObject([{ failure: { code: 'ROE_WORKER_DIED' } }])
  })

  it('gives every film its result when workers are killed at random', async () => {
    const random = seededRandom(11)
    let workers: readonly WorkerState[] = []
    let left = 3
    const results: FilmResult[] = []
    const onWorkers = (states: readonly WorkerState[]) => {
      workers = states
    }
    for await (const result of conduct(films, setup(fixture('classifier'), 4), { workers: 2, onWorkers })) {
      results.push(result)
      if (left === 0 || random() < 0.9) continue
      const pid = workers[Math.floor(random() * workers.length)]?.pid
      if (pid !== undefined) killIfThere(pid)
      left -= 1
      await sleep(50)
    }
    expect(left).toBe(0)
    expect(results).toEqual(await collect(conduct(films, setup(fixture('classifier'), 4))))
    expect(workers.reduce((sum, { restarts }) => sum + restarts, 0)).toBeGreaterThan(0)
  })

  it('throws what the worker cannot open, as the error that it was there', async () => {
    await expect(collect(conduct(films, setup(fixture('unknown-operator'))))).rejects.toMatchObject({
      name: 'RoentgenError',
      code: 'ROE_MODEL_INVALID',
      message: expect.stringContaining('NoSuchOperator'),
    })
  })

  it('ends with one error when no worker lives until its model is open', async () => {
    process.env.NODE_OPTIONS = '--require=/nowhere.cjs'
    await expect(run(films, { workers: 2 })).rejects.toMatchObject({
      code: 'ROE_WORKER_START',
      message: expect.stringContaining('exit status 1'),
    })
  })

  it('asks its source for no more films than are under way, and not past a slow one', async () => {
    let asked = 0
    async function* source() {
      for (;;) yield films[asked++ % films.length]!
    }
    let seen = 0
    for await (const _ of conduct(source(), setup(fixture('classifier'), 4))) if (++seen === 40) break
    // Four jobs of four films, and the job whose results are being read.
    expect(asked).toBeLessThanOrEqual(40 + 5 * 4)

    asked = 0
    process.env.ROENTGEN_TEST_HANG = films[2]!
    const endless = conduct(source(), setup(fixture('classifier'), 4), { workers: 2, timeout: 5 })
    // Nothing comes out before the first job is tried again, while the other worker goes on.
    await endless.next()
    expect(asked).toBeLessThanOrEqual(2 * 8 * 4 + 4)
    await endless.return(undefined)
  })

  it('throws what its source throws, after the films before it', async () => {
    async function* source() {
      yield* films.slice(0, 20)
      throw new Error('cut')
    }
    const seen: FilmResult[] = []
    const reading = async () => {
      for await (const result of conduct(source(), setup(fixture('classifier'), 4))) seen.push(result)
    }
    await expect(reading()).rejects.toThrow('cut')
    expect(seen.map(({ index }) => index)).toEqual(Array.from({ length: seen.length }, (_, i) => i))
  })
})

const fateOf = (index: number) => ({ index, path: films[index], file: null })
const others = (results: readonly FilmResult[], index: number) => results.filter((_, i) => i !== index)

describe('scoreFilms', () => {
  it('gives labels and probabilities', async () => {
    const scored = await collect(scoreFilms({ models: [model], films: films.slice(0, 3), threads: 1 }))
    expect(scored).toMatchObject([{ status: 'ok' }, { status: 'ok' }, { status: 'ok' }])
    for (const film of scored)
      if (film.status === 'ok')
        for (const { label, probabilities } of film.scores)
          expect(model.labels[probabilities.indexOf(Math.max(...probabilities))]).toBe(label)
  })
})

describe('devices and cores', () => {
  const setup = { models: [], batch: 16 }
  it('are dealt out to the workers in turns; without any, nothing is said', () => {
    expect(setupsFor(setup, 4, [0, 2]).map(({ device }) => device)).toEqual([0, 2, 0, 2])
    const told = { ...setup, ownCore: false }
    expect(setupsFor(setup, 2, [])).toEqual([told, told])
  })

  const CORES: [how: string, setup: Partial<Setup>, workers: number, cores: number, ownCore: boolean][] = [
    ['as many workers of one thread as cores', { threads: 1 }, 4, 4, true],
    ['more of them', { threads: 1 }, 3, 2, true],
    ['fewer, so that others are free', { threads: 1 }, 3, 4, false],
    ['of several threads, which wait while one decodes', { threads: 2 }, 4, 4, false],
    ['of as many threads as ONNX Runtime takes', {}, 4, 4, false],
    ['on a GPU, for which two take turns', { threads: 1, provider: 'cuda' }, 4, 4, false],
  ]
  for (const [how, given, workers, cores, ownCore] of CORES)
    it(`a core of one's own: ${how}: ${ownCore ? 'yes' : 'no'}`, () => {
      const told = setupsFor({ ...setup, ...given }, workers, [], cores)
      expect(told.map((one) => one.ownCore)).toEqual(Array.from({ length: workers }, () => ownCore))
    })
})

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { conduct } from '../../src/infer/conductor.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import type { FilmResult } from '../../src/infer/pipeline.ts'
import { DECODERS, type Machine, type Shape, shapesFor } from '../../src/infer/shapes.ts'
import { chosenOf, machineNow, type Trial, tune } from '../../src/infer/tune.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from './films.ts'

vi.mock('../../src/infer/conductor.ts', { spy: true })

const GIB = 2 ** 30
const MACHINE: Machine = { cores: 8, freeBytes: 16 * GIB, modelBytes: 2 ** 20 }
const shape = (workers: number, threads: number, decoders: number = DECODERS): Shape => ({
  workers,
  threads,
  decoders,
})

describe('shapesFor', () => {
  const CASES: [string, Partial<Machine>, Partial<Shape>, number, Shape[]][] = [
    ['halves the workers and doubles their threads', {}, {}, 1e4, [shape(8, 1), shape(4, 2), shape(2, 4)]],
    ['ends at one worker', { cores: 2 }, {}, 1e4, [shape(2, 1), shape(1, 2)]],
    ['decodes as many films as a worker has threads', { cores: 40 }, { workers: 1 }, 1e4, [shape(1, 40, 40)]],
    ['has one shape on one core', { cores: 1 }, {}, 1e4, [shape(1, 1)]],
    ['starts no worker for fewer than four batches', {}, {}, 9, [shape(2, 4), shape(1, 8)]],
    ['starts one worker for a film', {}, {}, 1, [shape(1, 8)]],
    ['fits half of the free memory', { modelBytes: GIB }, {}, 1e4, [shape(3, 2), shape(1, 8)]],
    ['has one worker though nothing fits', { freeBytes: 0 }, {}, 1e4, [shape(1, 8)]],
    ['takes the workers that were asked for, and shares the cores', {}, { workers: 3 }, 1, [shape(3, 2)]],
    ['takes the threads that were asked for', { cores: 2 }, { threads: 5 }, 1e4, [shape(2, 5), shape(1, 5)]],
    ['has one or two workers a device', { devices: [0, 1] }, {}, 1e4, [shape(4, 2), shape(2, 4)]],
  ]
  for (const [name, machine, fixed, batches, expected] of CASES)
    it(name, () => expect(shapesFor({ ...MACHINE, ...machine }, fixed, batches)).toEqual(expected))
})

describe('chosenOf', () => {
  const CASES: [string, rates: number[], chosen: number][] = [
    ['takes the fastest', [100, 120, 130], 2],
    ["stays at the rule's where others are hardly faster", [100, 109, 90], 0],
    ["takes the fastest where another is hardly faster than the rule's", [100, 109, 111], 2],
    ['has no choice among one', [100], 0],
    ['takes what ran where the first gave no rate', [0, 0.1], 1],
  ]
  for (const [name, rates, chosen] of CASES)
    it(name, () => {
      const trials = rates.map((filmsPerSecond, i) => ({ ...shape(i + 1, 1), filmsPerSecond }))
      expect(chosenOf(trials)).toBe(trials[chosen])
    })
})

describe('tune', () => {
  let folder = ''
  let films: string[] = []
  beforeAll(async () => {
    folder = temporaryFolder()
    films = await writeFilms(folder, 20)
  })
  afterAll(() => removeFolder(folder))

  const setup = async (batch: number) => {
    const path = fixture('classifier')
    const { preprocessing } = await openModelFile(path)
    return { models: [{ model: path, preprocessing }], batch }
  }

  it('measures each shape on the films that it is given, and takes one of them', async () => {
    const trials: Trial[] = []
    const machine = { ...(await machineNow([fixture('classifier')])), cores: 2 }
    const request = { setup: await setup(4), sample: films, films: null, machine, fixed: {}, timeout: 77 }
    const { why, ...choice } = await tune(request, (trial) => trials.push(trial))
    expect(trials).toMatchObject([shape(2, 1), shape(1, 2)])
    const rates = trials.map(({ filmsPerSecond }) => filmsPerSecond)
    expect(Math.min(...rates)).toBeGreaterThan(0)
    expect(chosenOf(trials)).toMatchObject(choice)
    expect(why).toMatch(/^measured: /)
    // A worker that hangs is waited for as in the run itself.
    for (const [, , options] of vi.mocked(conduct).mock.calls) expect(options).toMatchObject({ timeout: 77 })
  })

  it('measures nothing for a run that is over before, and says so', async () => {
    const request = { setup: await setup(4), sample: films, films: 20, machine: MACHINE, fixed: {} }
    const choice = await tune(request, () => expect.unreachable())
    expect(choice).toMatchObject({
      ...shape(1, 8),
      why: 'a worker for each core, or two for each device, as far as memory and films go',
    })
    const asked = await tune({ ...request, fixed: { workers: 1 } }, () => expect.unreachable())
    expect(asked.why).toBe('as asked')
    const longer = await tune({ ...request, films: 4000 }, () => expect.unreachable())
    expect(longer).toMatchObject({ ...shape(8, 1), why: expect.stringContaining('too few films') })
  })

  it('changes no byte, whatever the workers, threads and decoders', async () => {
    const asked = await setup(4)
    const run = async ({ workers, threads, decoders }: Shape): Promise<FilmResult[]> => {
      const results: FilmResult[] = []
      for await (const result of conduct(films, { ...asked, threads, decoders }, { workers }))
        results.push(result)
      return results
    }
    const plain = await run(shape(1, 1, 1))
    for (const workers of [1, 2, 3])
      for (const threads of [1, 2, 3])
        expect(await run(shape(workers, threads, 1 + ((workers + threads) % 3)))).toEqual(plain)
  })
})

import { strict as assert } from 'node:assert'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeJpeg, encodePng } from '../../src/image/encode.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { type FilmResult, type PipelineModel, runFilms, runJobs } from '../../src/infer/pipeline.ts'
import { openSession, type Session } from '../../src/infer/session.ts'
import { BROKEN, fixture, removeFolder, temporaryFolder, writeBroken, writeFilms } from './films.ts'

let folder = ''
let films: string[] = []
let session: Session
let models: PipelineModel[] = []
let whole: FilmResult[] = []

beforeAll(async () => {
  folder = temporaryFolder()
  films = await writeFilms(folder, 37)
  await writeBroken(folder)
  session = await openSession(fixture('classifier'))
  const { preprocessing } = await openModelFile(fixture('classifier'))
  models = [{ session, preprocessing }]
  whole = await collect(runFilms(films, models))
})
afterAll(async () => {
  await session.close()
  removeFolder(folder)
})

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}
const withSession = (other: Session) => models.map((model) => ({ ...model, session: other }))
const outputsOf = (results: readonly FilmResult[]) =>
  results.map((result) => ('outputs' in result ? [...result.outputs[0]![0]!] : null))

describe('runFilms', () => {
  it('gives each film its outputs, in order', () => {
    expect(whole.map(({ index, path }) => [index, path])).toEqual(films.map((path, i) => [i, path]))
    const outputs = outputsOf(whole)
    expect(new Set(outputs.map(String)).size).toBeGreaterThan(30)
    for (const output of outputs) expect(output?.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
  })

  it('gives a tinted film the same, whatever other models look at it', async () => {
    const pixels = Uint8Array.from(
      { length: 96 * 96 * 3 },
      (_, i) => 60 + ((i * 7) % 90) + (i % 3 === 0 ? 9 : 0),
    )
    const path = join(folder, 'tinted.jpg')
    await writeFile(path, await encodeJpeg({ width: 96, height: 96, channels: 3, pixels }, 95))
    // Sessions that say what they are given.
    const looking = (channels: 1 | 3): PipelineModel => ({
      session: {
        ...session,
        filmBytes: 64 * channels,
        run: async (given, count) => {
          const size = given.length / session.batch
          const found = Float32Array.from({ length: count }, (_, i) =>
            given.subarray(i * size, (i + 1) * size).reduce((sum, value) => (31 * sum + value) % 65_521, 7),
          )
          return Object.fromEntries(session.outputs.map(({ name }) => [name, found]))
        },
      },
      preprocessing: {
        version: 1,
        steps: [
          { op: 'fit', how: 'stretch', width: 8, height: 8, kernel: 'cv2-area' },
          { op: 'channels', count: channels, luma: 'rec601' },
        ],
      },
    })
    const seenBy = async (...some: PipelineModel[]) => {
      const [result] = await collect(runFilms([path], some))
      assert(result !== undefined && 'outputs' in result)
      return result.outputs.map(([values]) => values)
    }
    const [grey, colour] = [looking(1), looking(3)]
    expect(await seenBy(grey, colour)).toEqual([...(await seenBy(grey)), ...(await seenBy(colour))])
  })

  it('gives the same bytes however many films are decoded at a time, on which thread, and from an async source', async () => {
    async function* source() {
      yield* films
    }
    for (const decoders of [1, 2, 40])
      for (const ownCore of [false, true])
        expect(await collect(runFilms(source(), models, { decoders, ownCore }))).toEqual(whole)
  })

  it('says how long films took where it is asked, and then gives the same', async () => {
    const timed = await collect(runFilms(films, models, { timed: true }))
    const { batch } = session
    expect(
      timed.map((result) => {
        const { times, ...rest } = 'times' in result ? result : assert.fail('a film has its times')
        expect(times).toMatchObject({
          batchFilms: Math.min(batch, films.length - Math.floor(rest.index / batch) * batch),
        })
        for (const ms of [times!.decodeMs, times!.preprocessMs, times!.inferMs]) expect(ms).toBeGreaterThan(0)
        return rest
      }),
    ).toEqual(whole)
  })

  it('says which films are coloured', async () => {
    const levels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => Math.floor(i / 3) % 251)
    const arrow = Uint8Array.from(levels, (level, i) => (i === 999 ? 255 - level : level))
    const made = [
      ['grey.png', levels],
      ['arrow.png', arrow],
    ] as const
    for (const [name, pixels] of made)
      await writeFile(join(folder, name), await encodePng({ width: 40, height: 30, channels: 3, pixels }))
    const paths = made.map(([name]) => join(folder, name))
    const results = await collect(runFilms(paths, models))
    expect(results.map((result) => 'facts' in result && result.facts.coloured)).toEqual([false, true])
  })

  it('puts failures where they belong and changes no other film', async () => {
    const broken = Object.keys(BROKEN).map((name) => join(folder, name))
    const mixed = films.flatMap((path, i) =>
      i % 5 === 0 ? [path, broken[(i / 5) % broken.length]!] : [path],
    )
    const results = await collect(runFilms(mixed, models))
    expect(results.map(({ path }) => path)).toEqual(mixed)
    expect(outputsOf(results).filter((output) => output !== null)).toEqual(outputsOf(whole))
    const codes = results.flatMap((result) => ('failure' in result ? [result.failure.code] : []))
    expect(codes).toEqual([...Object.values(BROKEN), BROKEN['b-truncated.jpg']])
  })

  it('yields only failures when all fail, without running the model', async () => {
    const never = { ...session, run: () => Promise.reject(new Error('run')) }
    const results = await collect(runFilms(['gone.png', 'away.png'], withSession(never)))
    expect(results).toMatchObject([{ failure: { stage: 'decode' } }, { failure: { stage: 'decode' } }])
  })

  it('gives the films of a batch that cannot be run its error', async () => {
    const failing = { ...session, run: () => Promise.reject(new Error('out of memory')) }
    const results = await collect(runFilms(films.slice(0, 2), withSession(failing)))
    expect(results).toMatchObject(
      films.slice(0, 2).map((where) => ({
        path: where,
        failure: { stage: 'infer', code: 'ROE_INTERNAL', data: { where, problem: 'out of memory' } },
      })),
    )
  })

  it("runs the transform last, with the index of the film; its failure is that film's", async () => {
    const seen: number[] = []
    const results = await collect(
      runFilms(films.slice(0, 3), models, {
        transform(pixels, index) {
          seen.push(index)
          if (index === 1) throw new Error('no')
          return { ...pixels, pixels: new Uint8Array(pixels.pixels.length) }
        },
      }),
    )
    expect(seen.sort()).toEqual([0, 1, 2])
    const black = await session.run(new Uint8Array(session.filmBytes), 1)
    expect(outputsOf(results)).toEqual([[...black.probabilities!], null, [...black.probabilities!]])
    expect(results[1]).toMatchObject({ failure: { stage: 'preprocess' } })
  })

  it('ends quietly without films, and when its consumer leaves', async () => {
    expect(await collect(runFilms([], models))).toEqual([])
    for await (const { index } of runFilms(films, models)) if (index === 20) break
  })

  it('fails a film whose preprocessing does not end in the size of the model', async () => {
    const preprocessing = { version: 1 as const, steps: models[0]!.preprocessing.steps.slice(0, 2) }
    const [result] = await collect(runFilms(films.slice(0, 1), [{ session, preprocessing }]))
    expect(result).toMatchObject({ failure: { code: 'ROE_INTERNAL', stage: 'preprocess' } })
  })
})

describe('runJobs', () => {
  it('gives a part of a batch the bytes that it has in the whole', async () => {
    async function* jobs() {
      yield { start: 16, paths: films.slice(16, 19) }
      yield { start: 19, paths: films.slice(19, 24) }
      yield { start: 5, paths: films.slice(5, 6) }
    }
    const results = (await collect(runJobs(jobs(), models))).flat()
    expect(results).toEqual([...whole.slice(16, 24), ...whole.slice(5, 6)])
  })
})

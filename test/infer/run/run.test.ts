import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { factsOf } from '../../../src/data/inputs/inputs.ts'
import { openModelFile } from '../../../src/infer/model-file.ts'
import { runAt } from '../../../src/infer/run/run.ts'
import { scoreToFile } from '../../../src/infer/score.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from '../films.ts'

let folder = ''
let out = ''
let films: string[] = []
const model = await openModelFile(fixture('classifier'))
beforeEach(async () => {
  folder = temporaryFolder()
  out = join(folder, 'scores.csv')
  films = await writeFilms(folder, 9)
})
afterEach(() => removeFolder(folder))

/** Scores until `stop` films are done, then fails. */
async function scoreUntil(stop: number, found: 'refuse' | 'resume' | 'restart' = 'refuse', batch = 4) {
  const onFilm = (done: number) => {
    if (done === stop) throw new Error('killed')
  }
  return scoreToFile({ models: [model], films, out, inputs: factsOf([folder]), found, batch, onFilm })
}
const score = (found: 'refuse' | 'resume' | 'restart' = 'refuse', batch = 4) => scoreUntil(-1, found, batch)
const bytes = () => readFileSync(out, 'utf8')
const header = () => JSON.parse(readFileSync(`${out}.run.json`, 'utf8'))

describe('a run', () => {
  it('writes its header before its rows, adds the summary last, and leaves no journal', async () => {
    await expect(scoreUntil(8)).rejects.toThrow('killed')
    expect(header()).toMatchObject({
      results: {
        models: [{ file: 'classifier.onnx', digest: model.digest }],
        provider: 'cpu',
        batch: 4,
      },
      layout: { models: [{ labels: model.labels }] },
      inputs: factsOf([folder]),
    })
    expect(header().summary).toBeUndefined()
    expect(existsSync(out)).toBe(false)
    const summary = await score('resume')
    expect(header().summary).toEqual(summary)
    expect(existsSync(`${out}.journal`)).toBe(false)
  })

  it('gives the bytes of an uninterrupted one, wherever it was interrupted', async () => {
    await score()
    const expected = bytes()
    for (const stop of [1, 4, 6, 9]) {
      await expect(scoreUntil(stop, 'restart')).rejects.toThrow('killed')
      writeFileSync(out, 'an older output')
      expect(await score('resume')).toMatchObject({ films: 9, ok: 9 })
      expect(bytes()).toBe(expected)
    }
  })

  it('of which nothing is there begins, one that is finished has nothing to do', async () => {
    const summary = await score('resume')
    writeFileSync(films[0]!, 'no film any more')
    expect(await score('resume')).toEqual(summary)
  })

  it('leaves no embeddings of an earlier one beside its rows', async () => {
    for (const format of ['npy', 'parquet']) writeFileSync(`${out}.features.${format}`, 'of other films')
    await score()
    const left = readdirSync(folder).filter((name) => name.startsWith('scores.csv'))
    expect(left.toSorted()).toEqual(['scores.csv', 'scores.csv.run.json'])
  })

  it('that was interrupted is not begun anew unless that is said', async () => {
    await expect(scoreUntil(8)).rejects.toThrow('killed')
    await expect(score()).rejects.toMatchObject({ code: 'ROE_RUN_UNFINISHED', data: { rows: 8 } })
    await score('restart')
    expect(bytes().trimEnd().split('\n')).toHaveLength(10)
  })

  const CHANGES: [name: string, change: () => void, message: RegExp][] = [
    ['a film written anew', () => utimesSync(films[2]!, 1, 1), /film002\.png: .* its file was 1?\d+ bytes/],
    ['a film of another length', () => writeFileSync(films[1]!, 'short'), /film001\.png: .* and is 5 bytes/],
    ['a film that is gone', () => films.splice(3, 1), /film003\.png: .* now .*film004\.png has its place/],
    ['fewer films than rows', () => films.splice(2), /film002\.png: .* no longer among the films/],
  ]
  for (const [name, change, message] of CHANGES)
    it(`is not gone on with after ${name}, which is named`, async () => {
      await expect(scoreUntil(8)).rejects.toThrow('killed')
      change()
      await expect(score('resume')).rejects.toThrow(message)
      expect(existsSync(`${out}.journal`)).toBe(true)
    })

  it('is not gone on with under other options, which are named', async () => {
    await expect(scoreUntil(8)).rejects.toThrow('killed')
    await expect(score('resume', 8)).rejects.toThrow(/batch was 4, is 8/)
    await score('resume')
    await expect(score('resume', 8)).rejects.toThrow(/batch was 4, is 8/)
  })

  it('goes on though names count from another folder now: each film is compared with what it was', async () => {
    await expect(scoreUntil(4)).rejects.toThrow('killed')
    const moved = { ...header(), inputs: { ...header().inputs, root: 'a'.repeat(64) } }
    writeFileSync(`${out}.run.json`, JSON.stringify(moved))
    expect(await score('resume')).toMatchObject({ films: 9, ok: 9 })
    expect(header().inputs.root).toBe(moved.inputs.root)
  })

  it('goes on behind a film that took its worker along', async () => {
    process.env.ROENTGEN_TEST_ABORT = films[2]
    try {
      await expect(scoreUntil(8)).rejects.toThrow('killed')
      expect(await score('resume')).toMatchObject({ films: 9, ok: 8, failed: 1 })
    } finally {
      delete process.env.ROENTGEN_TEST_ABORT
    }
  })

  it('is not written by two at a time; a lock that was left by a process that is gone is taken over', async () => {
    const holder = { host: hostname(), pid: process.ppid, begun: null }
    writeFileSync(`${out}.lock`, JSON.stringify(holder))
    await expect(score()).rejects.toThrow(`process ${process.ppid} on ${hostname()}`)
    for (const left of ['', JSON.stringify({ ...holder, host: 'elsewhere' })]) {
      writeFileSync(`${out}.lock`, left)
      await expect(score()).rejects.toMatchObject({ code: 'ROE_RUN_BUSY' })
    }
    utimesSync(`${out}.lock`, 1, 1)
    await score()
    writeFileSync(`${out}.lock`, JSON.stringify({ ...holder, begun: '0' }))
    await score()
    expect(existsSync(`${out}.lock`)).toBe(false)
  })

  it('never becomes a shorter output because its journal was taken away meanwhile', async () => {
    await score()
    const expected = bytes()
    const onFilm = (done: number) => {
      if (done === 9) rmSync(`${out}.journal`)
    }
    const run = {
      models: [model],
      films,
      out,
      inputs: factsOf([folder]),
      found: 'restart',
      batch: 4,
      onFilm,
    } as const
    await expect(scoreToFile(run)).rejects.toThrow(/journal/)
    expect(bytes()).toBe(expected)
  })

  it('is known by its rows or its output, not by a header that was left alone', async () => {
    expect(await runAt(out)).toBeNull()
    await score()
    expect(await runAt(out)).toMatchObject({ summary: { films: 9 } })
    rmSync(out)
    expect(await runAt(out)).toBeNull()
  })

  it('does not begin where a folder has the name of its output', async () => {
    mkdirSync(out)
    await expect(score()).rejects.toThrow('it is a folder')
  })
})

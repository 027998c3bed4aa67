import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FilmResult } from '../../src/infer/pipeline.ts'
import { Timings, withTimings } from '../../src/infer/timings.ts'
import { folderOf, messageOf } from '../data/files.ts'

const film = (index: number): FilmResult => ({
  index,
  path: `=${index}.png`,
  file: { sizeBytes: 1, mtimeMs: 1 },
  facts: { width: 1, height: 1, bars: null, coloured: false },
  outputs: [],
  times: { decodeMs: 1.23456, preprocessMs: 0.5, inferMs: 10, batchFilms: 2 },
})
const failed: FilmResult = {
  index: 2,
  path: 'c.png',
  file: null,
  failure: { stage: 'decode', code: 'ROE_FILM_EMPTY', data: { where: 'c.png' } },
}

it('has a row for each film, empty for one that failed', async () => {
  const path = join(folderOf({}), 'times.csv')
  const timings = await Timings.open(path)
  for (const result of [film(0), film(1), failed]) timings.add(result)
  await timings.finish()
  expect(readFileSync(path, 'utf8')).toMatchInlineSnapshot(`
    "path,decode_ms,preprocess_ms,infer_ms,batch_films
    '=0.png,1.235,0.5,10,2
    '=1.png,1.235,0.5,10,2
    c.png,,,,
    "
  `)
})

describe('withTimings', () => {
  const UNWRITABLE: [name: string, path: string, problem: string][] = [
    ['below a file', 'file/times.csv', 'ROE_WRITE'],
    ['a folder', 'folder.csv', 'ROE_WRITE: FOLDER/folder.csv: it is a folder'],
    ['of no format', 'times.xlsx', 'ROE_OPTION: --timings'],
  ]
  it.each(UNWRITABLE)('tells before the run that it cannot be written: %s', async (_, path, problem) => {
    const folder = folderOf({ file: '', 'folder.csv/x': '' })
    const run = withTimings(join(folder, path), () => expect.unreachable())
    expect(await messageOf(run, folder)).toContain(problem)
  })

  it('leaves those of an earlier run where no film was scored, and nothing beside them', async () => {
    const folder = folderOf({ 'times.csv': 'earlier' })
    await withTimings(join(folder, 'times.csv'), async () => {})
    expect(readFileSync(join(folder, 'times.csv'), 'utf8')).toBe('earlier')
    expect(readdirSync(folder)).toEqual(['times.csv'])
  })
})

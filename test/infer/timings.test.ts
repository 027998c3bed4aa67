import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { FilmResult } from '../../src/infer/pipeline.ts'
import { Timings } from '../../src/infer/timings.ts'
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
  const timings = new Timings(path)
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

it('tells at its end that it cannot be written', async () => {
  const folder = folderOf({ file: '' })
  const timings = new Timings(join(folder, 'file', 'times.csv'))
  timings.add(failed)
  expect(await messageOf(timings.finish())).toContain('ROE_WRITE')
})

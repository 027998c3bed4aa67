import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ScoredFilm } from '../../../src/infer/row.ts'
import { Journal, readJournal } from '../../../src/infer/run/journal.ts'
import { removeFolder, temporaryFolder } from '../films.ts'
import { failed, scored } from './scored.ts'

let folder = ''
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

let count = 0
const fresh = () => join(folder, `${count++}.journal`)

async function all(path: string): Promise<ScoredFilm[]> {
  const films: ScoredFilm[] = []
  for await (const film of readJournal(path)) films.push(film)
  return films
}

async function written(films: readonly ScoredFilm[]): Promise<string> {
  const path = fresh()
  const journal = await Journal.create(path)
  await journal.add(films)
  await journal.close()
  return path
}

describe('the journal of a run', () => {
  it('gives back every film as it was, to the last bit, whatever its path', async () => {
    const float32 = fc.float({ noNaN: false }).map((value) => (Number.isNaN(value) ? 0 : value))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.array(float32, { minLength: 2, maxLength: 5 })), {
          maxLength: 20,
        }),
        async (rows) => {
          const films = rows.map(([path, values], i) =>
            values.length % 2 === 0 ? scored(i, path, values) : failed(i, path),
          )
          expect(await all(await written(films))).toEqual(films)
        },
      ),
    )
  })

  it('goes on behind its last whole line, wherever it was cut', async () => {
    const films = Array.from({ length: 4 }, (_, i) => scored(i, `films/ä${i}.png`, [0.25, i / 7]))
    const whole = readFileSync(await written(films))
    for (let end = 0; end <= whole.length; end += 7) {
      const path = fresh()
      writeFileSync(path, whole)
      truncateSync(path, end)
      const journal = await Journal.reopen(path)
      const kept = whole.subarray(0, end).toString('latin1').split('\n').length - 1
      expect(journal.films).toBe(kept)
      await journal.add(films.slice(kept))
      await journal.close()
      expect(readFileSync(path)).toEqual(whole)
    }
  })

  it('trusts nothing behind a line that is no film, or another film than the next', async () => {
    const films = [scored(0, 'a.png', [1, 0]), scored(1, 'b.png', [1, 0])]
    for (const line of ['\0\0\0\0\n', '{"index":5}\n', 'null\n', '[]\n', '"text"\n']) {
      const path = await written(films)
      appendFileSync(path, `${line}${readFileSync(path, 'utf8')}`)
      expect(await all(path)).toEqual(films)
      const journal = await Journal.reopen(path)
      expect(journal.films).toBe(2)
      await journal.close()
    }
  })
})

import { copyFileSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { openInputs } from '../../../src/data/inputs/inputs.ts'
import type { PathAs } from '../../../src/data/inputs/names.ts'
import { columnsOf, type RowLayout } from '../../../src/infer/layout.ts'
import { openModelFile } from '../../../src/infer/model-file.ts'
import { cellsOf, type ScoredFilm } from '../../../src/infer/row.ts'
import { scoreToFile } from '../../../src/infer/score.ts'
import { filmOfRow } from '../../../src/infer/update/film-of-row.ts'
import { updateFilms } from '../../../src/infer/update/update.ts'
import { folderOf, messageOf } from '../../data/files.ts'
import { fixture, writeFilms } from '../films.ts'
import { scored } from '../run/scored.ts'

const LAYOUT: RowLayout = {
  models: [
    { name: 'a', labels: ['x', 'y'], activation: 'sigmoid' },
    { name: 'b', labels: ['x', 'z|z'], activation: 'softmax' },
  ],
  logits: true,
  spread: false,
}
const FILE = { sizeBytes: 1, mtimeMs: 2 }
const two = fc.tuple(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
)
const SCORE = fc.record({
  label: fc.constantFrom('x', 'y', 'z|z'),
  above: fc.subarray(['x', 'y']),
  probabilities: two.map((values) => Float32Array.from(values)),
  logits: two.map((values) => Float32Array.from(values)),
  spread: fc.constant(null),
})
const SIDE = fc.nat(9999)
const BARS = fc.option(fc.record({ left: SIDE, top: SIDE, right: SIDE, bottom: SIDE }))

test('a film that is made of its row gives the same row again', () => {
  const columns = columnsOf(LAYOUT)
  fc.assert(
    fc.property(
      fc.string({ minLength: 1 }),
      SCORE,
      SCORE,
      BARS,
      fc.boolean(),
      (path, a, b, bars, coloured) => {
        const facts = { width: 3, height: 4, bars, coloured }
        const cells = cellsOf({ index: 0, path, status: 'ok', file: FILE, facts, scores: [a, b] }, columns)
        const film = filmOfRow(cells, columns, LAYOUT, FILE)
        expect(cellsOf({ index: 0, ...film! }, columns)).toEqual(cells)
      },
    ),
  )
})

test('films come out in their order, those that are taken over among those that are scored', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean()), fc.nat(5), fc.nat(9), async (known, ahead, first) => {
      async function* films() {
        for (const i of known.keys()) yield { path: `${i}`, name: `${i}` }
      }
      // Reads ahead of its results, as scoring does.
      async function* score(fresh: AsyncIterable<{ name: string }>): AsyncGenerator<ScoredFilm> {
        const waiting: ScoredFilm[] = []
        for await (const { name } of fresh) {
          waiting.push(scored(waiting.length, name, [1]))
          if (waiting.length > ahead) yield waiting.shift()!
        }
        yield* waiting
      }
      const { index: _, ...taken } = scored(0, '', [0]) as Extract<ScoredFilm, { status: 'ok' }>
      const take = async ({ name }: { name: string }) =>
        known[Number(name)] ? { ...taken, path: name } : null
      const found: [number, string, number | undefined][] = []
      for await (const film of updateFilms(films(), first, take, score))
        found.push([
          film.index,
          film.path,
          film.status === 'ok' ? film.scores[0]!.probabilities[0] : undefined,
        ])
      expect(found).toEqual(known.map((isKnown, i) => [first + i, `${i}`, isKnown ? 0 : 1]))
    }),
  )
})

describe('a run with --update', () => {
  const run = async (
    folder: string,
    out: string,
    { manifest, ...options }: { update?: string; batch?: number; manifest?: string } = {},
  ) => {
    const inputs = await openInputs(manifest === undefined ? [join(folder, 'films')] : [], { manifest })
    return scoreToFile({
      models: [await openModelFile(fixture('classifier'))],
      films: inputs.films(),
      inputs: inputs.facts,
      survey: inputs.survey,
      out: join(folder, out),
      ...options,
    })
  }
  const prepare = async () => {
    const folder = folderOf({ 'films/b-empty.png': '' })
    const films = await writeFilms(join(folder, 'films'), 12)
    // Films are older than the run; a second is enough for every file system.
    await new Promise((resolve) => setTimeout(resolve, 20))
    await run(folder, 'old.csv')
    return { folder, films }
  }

  it('has the bytes of a run from scratch, and scores only what is new, changed or failed', async () => {
    const { folder, films } = await prepare()
    rmSync(films[0]!)
    copyFileSync(films[5]!, join(folder, 'films', 'film004-new.png'))
    writeFileSync(films[8]!, readFileSync(films[9]!))
    // A file that is replaced by one with an old time is another one, too.
    writeFileSync(films[7]!, readFileSync(films[3]!))
    utimesSync(films[7]!, new Date(0), new Date(0))
    for (const extension of ['csv', 'parquet']) {
      const { update, ...summary } = await run(folder, `new.${extension}`, {
        update: join(folder, 'old.csv'),
      })
      expect(update).toEqual({ taken: 9, again: 3, added: 1, gone: 1 })
      expect(summary).toMatchObject({ films: 13, failed: 1 })
      await run(folder, `scratch.${extension}`)
      const [a, b] = ['new', 'scratch'].map((name) => readFileSync(join(folder, `${name}.${extension}`)))
      expect(a!.equals(b!)).toBe(true)
    }
  })

  it('counts a film that is listed more than once as one film of the old table', async () => {
    const { folder, films } = await prepare()
    const list = join(folder, 'list.csv')
    writeFileSync(list, `path\n${Array(4).fill(films[0]).join('\n')}\n`)
    const old = join(folder, 'old.csv')
    const { update } = await run(folder, 'new.csv', { update: old, manifest: list })
    expect(update).toEqual({ taken: 4, again: 0, added: 0, gone: 12 })
  })

  const other = async (folder: string, named: string, out: string, pathAs: PathAs, update?: string) => {
    const inputs = await openInputs([join(folder, named)], { pathAs, key: Buffer.from('a key for the test') })
    const models = [await openModelFile(fixture('classifier'))]
    return scoreToFile({
      models,
      films: inputs.films(),
      inputs: inputs.facts,
      survey: inputs.survey,
      out: join(folder, out),
      update,
    })
  }

  it.each(['relative', 'hash'] as const)(
    'takes no rows over from another folder, by %s names',
    async (as) => {
      const folder = folderOf({ 'mon/b.png': '', 'tue/b.png': '' })
      await writeFilms(join(folder, 'mon'), 2)
      await writeFilms(join(folder, 'tue'), 2)
      const old = join(folder, 'mon.csv')
      await other(folder, 'mon', 'mon.csv', as)
      expect(await messageOf(other(folder, 'tue', 'tue.csv', as, old), folder)).toContain(
        'ROE_MERGE: FOLDER/mon.csv: its films are named from another folder',
      )
      const again = await other(folder, 'mon', 'again.csv', as, old)
      expect(again.update).toMatchObject({ added: 0, gone: 0 })
    },
  )

  it('takes nothing over by index, since another film may have that place', async () => {
    const folder = folderOf({ 'mon/b.png': '' })
    await other(folder, 'mon', 'old.csv', 'index')
    const update = other(folder, 'mon', 'new.csv', 'index', join(folder, 'old.csv'))
    expect(await messageOf(update)).toMatch(/^ROE_OPTION: --update: .*received --path-as index/)
  })

  it('refuses a table of other options, and its own output', async () => {
    const { folder } = await prepare()
    const old = join(folder, 'old.csv')
    expect(await messageOf(run(folder, 'new.csv', { update: old, batch: 4 }), folder)).toBe(
      'ROE_MERGE: FOLDER/old.csv: its rows cannot be taken over: batch was 8, is 4; give whole tables, as they were written, of the same model, provider, batch and options',
    )
    expect(await messageOf(run(folder, 'old.csv', { update: old }), folder)).toContain(
      'ROE_OPTION: -o: expected a file apart from those of --update, received FOLDER/old.csv',
    )
  })
})

import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { ROW_FORMATS } from '../../../src/data/rows/formats.ts'
import { mergeScores } from '../../../src/infer/merge/merge.ts'
import {
  FEATURES_FORMATS,
  type FeaturesFormat,
  featuresPath,
  ledgerPath,
} from '../../../src/infer/run/files.ts'
import { readHeader } from '../../../src/infer/run/header.ts'
import { folderOf, messageOf } from '../../data/files.ts'
import { embedded, finishedRun } from './runs.ts'

const EXTENSIONS = ROW_FORMATS.map(({ extension }) => extension)
const NAME = fc
  .tuple(fc.constantFrom('!', ''), fc.string({ unit: 'grapheme' }))
  .map(([mark, name]) => `${mark}x${name}`)

test('merged shards have the bytes of the run that was never cut, in every format, its ledger and its embeddings', async () => {
  const lists = fc.uniqueArray(NAME, { minLength: 3, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(lists, fc.integer({ min: 1, max: 3 }), fc.nat(2), async (list, count, turn) => {
      const format = [null, ...FEATURES_FORMATS][turn]!
      const folder = folderOf({})
      const at = (name: string) => join(folder, name)
      const shards: string[] = []
      for (let index = 0; index < count; index++)
        shards.push(
          await finishedRun(
            at(`${index}${EXTENSIONS[(index + turn) % 3]}`),
            list,
            { index, count },
            embedded(format),
          ),
        )
      for (const extension of EXTENSIONS) {
        const [whole, merged] = [
          await finishedRun(at(`whole${extension}`), list, null, embedded(format)),
          at(`merged${extension}`),
        ]
        const summary = await mergeScores(shards.toReversed(), merged)
        const failed = list.filter((name) => name.startsWith('!')).length
        const features = format === null ? null : featuresPath(merged, format)
        expect(summary).toMatchObject({ films: list.length, failed, features, notes: [] })
        expect(readFileSync(merged).equals(readFileSync(whole))).toBe(true)
        if (format !== null)
          expect(readFileSync(featuresPath(merged, format))).toEqual(
            readFileSync(featuresPath(whole, format)),
          )
        expect(existsSync(ledgerPath(merged))).toBe(failed > 0)
        if (failed > 0)
          expect(readFileSync(ledgerPath(merged), 'utf8')).toBe(readFileSync(ledgerPath(whole), 'utf8'))
        const [a, b] = [await readHeader(merged), await readHeader(whole)]
        expect({ ...a, summary: null }).toEqual({ ...b, summary: null })
      }
    }),
    { numRuns: 10 },
  )
})

test('whole runs follow one another, and what was merged is merged again', async () => {
  const folder = folderOf({})
  const a = await finishedRun(join(folder, 'a.csv'), ['1', '!2'])
  const b = await finishedRun(join(folder, 'b.jsonl'), ['!3', '4'])
  const c = await finishedRun(join(folder, 'c.parquet'), ['5'])
  await mergeScores([a, b], join(folder, 'ab.parquet'))
  await mergeScores([join(folder, 'ab.parquet'), c], join(folder, 'abc.csv'))
  await finishedRun(join(folder, 'whole.csv'), ['1', '!2', '!3', '4', '5'])
  expect(readFileSync(join(folder, 'abc.csv'))).toEqual(readFileSync(join(folder, 'whole.csv')))
})

test('embeddings of whole runs follow one another; those of an earlier merge do not stay', async () => {
  const folder = folderOf({ 'abc.csv.features.npy': 'of other films' })
  const at = (name: string) => join(folder, name)
  const a = await finishedRun(at('a.csv'), ['1', '!2'], null, embedded('parquet'))
  const b = await finishedRun(at('b.jsonl'), ['!3'], null, embedded('parquet'))
  const c = await finishedRun(at('c.parquet'), ['4'], null, embedded('parquet'))
  expect((await mergeScores([a, b], at('ab.csv'))).notes).toEqual([])
  expect((await mergeScores([at('ab.csv'), c], at('abc.csv'))).notes).toEqual([])
  const whole = await finishedRun(at('whole.csv'), ['1', '!2', '!3', '4'], null, embedded('parquet'))
  expect(readFileSync(at('abc.csv.features.parquet'))).toEqual(readFileSync(`${whole}.features.parquet`))
  const left = readdirSync(folder).filter((name) => name.startsWith('abc.csv'))
  expect(left).toEqual(['abc.csv', 'abc.csv.errors.jsonl', 'abc.csv.features.parquet', 'abc.csv.run.json'])
})

const APART: [name: string, formats: (FeaturesFormat | null)[], spoil: (a: string) => void, why: string][] = [
  [
    'of unlike formats',
    ['npy', 'parquet'],
    () => {},
    'a.csv has them as npy, FOLDER/b.csv has them as parquet',
  ],
  ['of some runs only', ['npy', null], () => {}, 'a.csv has them as npy, FOLDER/b.csv has none'],
  ['that are gone', ['npy', 'npy'], (a) => rmSync(featuresPath(a, 'npy')), 'a.csv.features.npy is not there'],
]

describe('tables are merged, and a note says so, without embeddings', () => {
  it.each(APART)('%s', async (_, [ofA, ofB], spoil, why) => {
    const folder = folderOf({ 'ab.csv.features.npy': 'of other films', 'ab.csv.features.parquet': '' })
    const a = await finishedRun(join(folder, 'a.csv'), ['1'], null, embedded(ofA!))
    const b = await finishedRun(join(folder, 'b.csv'), ['2'], null, embedded(ofB!))
    spoil(a)
    const merged = join(folder, 'ab.csv')
    const { notes } = await mergeScores([a, b], merged)
    expect(notes.map((note) => note.replaceAll(folder, 'FOLDER'))).toEqual([
      `embeddings are not merged, and stay beside the tables of their runs: FOLDER/${why}`,
    ])
    expect((await readHeader(merged))?.results.scoring.features).toBeNull()
    const left = readdirSync(folder).filter((name) => name.startsWith('ab.csv'))
    expect(left).toEqual(['ab.csv', 'ab.csv.run.json'])
  })
})

const SPOILT: [
  name: string,
  format: FeaturesFormat,
  spoil: (at: (name: string) => string) => unknown,
  message: string,
][] = [
  [
    'cut short',
    'npy',
    (at) => truncateSync(at('1.csv.features.npy'), 140),
    '1.csv.features.npy: it has 140 bytes, and should have 152',
  ],
  [
    'of another run',
    'npy',
    (at) =>
      finishedRun(at('other.csv'), ['a', 'b', 'c'], null, embedded('npy')).then((other) =>
        copyFileSync(`${other}.features.npy`, at('1.csv.features.npy')),
      ),
    '1.csv.features.npy: it holds f4 [3, 3], and its run had 2 films of f4',
  ],
  [
    'that are no array',
    'npy',
    (at) => writeFileSync(at('0.csv.features.npy'), 'nothing'),
    '0.csv.features.npy: it is no .npy file',
  ],
  [
    'of other films',
    'parquet',
    (at) => copyFileSync(at('0.csv.features.parquet'), at('1.csv.features.parquet')),
    '1.csv.features.parquet: it has a row of a where that of !b is due',
  ],
  [
    'of other columns',
    'parquet',
    (at) =>
      finishedRun(at('other.parquet'), ['!b', 'd']).then((other) =>
        copyFileSync(other, at('1.csv.features.parquet')),
      ),
    '1.csv.features.parquet: its columns are not path, status, f_0, f_1, and so on',
  ],
]

describe('nothing is written where there are embeddings', () => {
  it.each(SPOILT)('%s', async (_, format, spoil, message) => {
    const folder = folderOf({})
    const at = (name: string) => join(folder, name)
    for (const index of [0, 1]) await finishedRun(at(`${index}.csv`), LIST, shard(index), embedded(format))
    await spoil(at)
    const merging = mergeScores([at('0.csv'), at('1.csv')], at('out.csv'))
    expect(await messageOf(merging, folder)).toContain(`ROE_MERGE: FOLDER/${message}`)
    expect(readdirSync(folder).filter((name) => name.includes('out'))).toEqual([])
  })
})

const LIST = ['a', '!b', 'c', 'd']
const shard = (index: number) => ({ index, count: 2 })
const REFUSED: [name: string, spoil: (folder: string) => unknown, message: string][] = [
  ['a shard that is missing', (folder) => rmSync(join(folder, '1.csv')), 'ROE_NOT_FOUND: FOLDER/1.csv'],
  [
    'a run without a header',
    (folder) => rmSync(join(folder, '1.csv.run.json')),
    'ROE_MERGE: FOLDER/1.csv: its header FOLDER/1.csv.run.json is not there or cannot be read',
  ],
  [
    'a run that is not finished',
    (folder) => writeFileSync(join(folder, '1.csv.journal'), ''),
    'ROE_MERGE: FOLDER/1.csv: its run is not finished',
  ],
  [
    'another model',
    (folder) => finishedRun(join(folder, '1.csv'), LIST, shard(1), { models: [] }),
    'ROE_MERGE: FOLDER/1.csv: it cannot stand beside FOLDER/0.csv: models.0 was',
  ],
  [
    'another provider and another batch',
    (folder) => finishedRun(join(folder, '1.csv'), LIST, shard(1), { provider: 'cuda', batch: 8 }),
    'provider was "cpu", is "cuda"; batch was 16, is 8',
  ],
  [
    'other names of the same films',
    (folder) =>
      edit(join(folder, '1.csv.run.json'), (text) =>
        text
          .replace('"as-given"', '"relative"')
          .replace(/"digest": "(?!d)\w+"/, '"digest": "of other names"'),
      ),
    'ROE_MERGE: FOLDER/1.csv: it cannot stand beside FOLDER/0.csv: pathAs was "as-given", is "relative"',
  ],
  [
    'a row that was deleted',
    (folder) => edit(join(folder, '0.csv'), (text) => text.replace(/\nc,.*/, '')),
    'ROE_MERGE: FOLDER/0.csv: it has 1 rows, and its run had 2 films',
  ],
  [
    'a film that was renamed',
    (folder) => edit(join(folder, '0.csv'), (text) => text.replace('\nc,', '\nz,')),
    'ROE_MERGE: FOLDER/0.csv: its films are not those of the list that it was made of',
  ],
  [
    'a column that was taken out',
    (folder) => edit(join(folder, '0.csv'), (text) => text.replace('p_normal', 'p_other')),
    'ROE_MERGE: FOLDER/0.csv: its columns are path, status, label, p_other',
  ],
  [
    'a ledger that was lost',
    (folder) => rmSync(join(folder, '1.csv.errors.jsonl')),
    'ROE_MERGE: FOLDER/1.csv: the film !b failed, and is not the next in the ledger FOLDER/1.csv.errors.jsonl',
  ],
]
const edit = (path: string, change: (text: string) => string) =>
  writeFileSync(path, change(readFileSync(path, 'utf8')))

describe('refused in words, and nothing is written:', () => {
  it.each(REFUSED)('%s', async (_, spoil, message) => {
    const folder = folderOf({})
    for (const index of [0, 1]) await finishedRun(join(folder, `${index}.csv`), LIST, shard(index))
    await spoil(folder)
    const merging = mergeScores([join(folder, '0.csv'), join(folder, '1.csv')], join(folder, 'out.parquet'))
    expect(await messageOf(merging, folder)).toContain(message)
    expect(readdirSync(folder).filter((name) => name.includes('out'))).toEqual([])
  })

  it('over one of its own tables', async () => {
    const folder = folderOf({})
    const a = await finishedRun(join(folder, 'a.csv'), ['1'])
    expect(await messageOf(mergeScores([a], a), folder)).toContain(
      'ROE_OPTION: -o: expected a file apart from those of FOLDER/a.csv',
    )
  })
})

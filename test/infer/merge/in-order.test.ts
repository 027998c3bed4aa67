import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { columnOf, type RowSource } from '../../../src/data/rows/columns.ts'
import { inOrder, type Part, sortShards } from '../../../src/infer/merge/in-order.ts'
import { messageOf } from '../../data/files.ts'

const digestOf = (films: readonly string[]) =>
  createHash('sha256')
    .update(films.map((film) => `${film}\0`).join(''))
    .digest('hex')

function table(path: string, films: readonly string[]): RowSource {
  async function* rows() {
    for (const [i, film] of films.entries()) yield { line: i + 2, cells: ['ok', film] }
  }
  return { path, columns: ['status', 'path'].map(columnOf), notes: [], rows: rows() }
}

/** The shards of a list, as their runs would say it. */
const shardsOf = (films: readonly string[], count: number, digest: string | null = digestOf(films)): Part[] =>
  Array.from({ length: count }, (_, index) => {
    const own = films.filter((_, k) => k % count === index)
    const survey = { listed: films.length, films: own.length, digest }
    return { rows: table(`${index}.csv`, own), shard: { index, count }, survey }
  })

const run = (name: string, films: readonly string[]): Part => ({
  rows: table(name, films),
  shard: null,
  survey: { listed: films.length, films: films.length, digest: digestOf(films) },
})

async function merged(parts: readonly Part[]): Promise<string[]> {
  const films: string[] = []
  for await (const { path } of inOrder(sortShards(parts))) films.push(path)
  return films
}

test('shards, given in any order, become the list that they were cut from', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ minLength: 1 })),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat()),
      async (films, count, order) => {
        const parts = shardsOf(films, count)
        const mixed = parts
          .map((part) => ({ part, at: order.next().value }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ part }) => part)
        expect(await merged(mixed)).toEqual(films)
      },
    ),
  )
})

test('whole runs follow one another', async () => {
  expect(await merged([run('a.csv', ['2', '1']), run('b.csv', ['3'])])).toEqual(['2', '1', '3'])
})

test('films that are named by their index prove the order themselves', async () => {
  expect(await merged(shardsOf(['0', '1', '2'], 2, null))).toEqual(['0', '1', '2'])
  expect(await messageOf(merged(shardsOf(['0', '2', '1'], 2, null)))).toContain(
    'ROE_MERGE: 1.csv: it has the film 2 where film 1 of the list is due;',
  )
})

const FILMS = ['a', 'b', 'c', 'd', 'e']
const with_ = (change: (parts: Part[]) => void): Part[] => {
  const parts = shardsOf(FILMS, 2)
  change(parts)
  return parts
}
const REFUSED: [name: string, parts: Part[], message: string][] = [
  ['a shard that is missing', with_((parts) => parts.pop()), '0.csv: shard 1 of 2 is missing'],
  [
    'a shard that is there twice',
    with_((parts) => parts.push(...shardsOf(FILMS, 2).slice(1))),
    '0.csv: 1.csv and 1.csv are both shard 1 of 2',
  ],
  [
    'shards of another count',
    with_((parts) => parts.splice(1, 1, shardsOf(FILMS, 3)[1]!)),
    '0.csv: 1.csv is of another list, or of one that has changed',
  ],
  [
    'a shard of a list that has changed',
    with_((parts) => parts.splice(1, 1, shardsOf(['a', 'x', 'c', 'd', 'e'], 2)[1]!)),
    '0.csv: 1.csv is of another list, or of one that has changed',
  ],
  [
    'a shard beside a whole run',
    with_((parts) => parts.push(run('all.csv', FILMS))),
    '0.csv: it is a shard, and all.csv is a whole run',
  ],
  [
    'a whole run before its shards',
    with_((parts) => parts.unshift(run('all.csv', FILMS))),
    '0.csv: it is a shard, and all.csv is a whole run',
  ],
  [
    'a shard that lost its last row',
    with_((parts) => {
      parts[0]!.rows = table('0.csv', ['a', 'c'])
    }),
    '0.csv: it has 2 rows, and its run had 3 films',
  ],
  [
    'a shard with a row more',
    with_((parts) => {
      parts[1]!.rows = table('1.csv', ['b', 'd', 'e'])
    }),
    '1.csv: it has more rows than its run had films, 2',
  ],
  [
    'rows that somebody sorted',
    with_((parts) => {
      parts[0]!.rows = table('0.csv', ['e', 'c', 'a'])
    }),
    '0.csv: its films are not those of the list that it was made of',
  ],
  [
    'a film of two runs',
    [run('a.csv', ['1', '2']), run('b.csv', ['3', '1'])],
    'b.csv: the film 1 is in a.csv, too',
  ],
]
describe('refused in words', () => {
  it.each(REFUSED)('%s', async (_, parts, message) => {
    expect(await messageOf(merged(parts))).toContain(`ROE_MERGE: ${message};`)
  })
})

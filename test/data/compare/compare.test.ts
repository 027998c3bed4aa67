import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareRows, type FilmDifference } from '../../../src/data/compare/compare.ts'
import type { JoinKey } from '../../../src/data/compare/join.ts'
import { type Cell, columnOf, type RowSource } from '../../../src/data/rows/columns.ts'
import { openRows } from '../../../src/data/scores.ts'
import { folderOf, messageOf } from '../files.ts'

const NAMES = ['path', 'status', 'label', 'p_a', 'p_b', 'width']

function tableOf(rows: readonly (readonly Cell[])[], names = NAMES): RowSource {
  async function* each() {
    for (const [i, cells] of rows.entries()) yield { line: i + 2, cells }
  }
  return { path: 'x.csv', columns: names.map(columnOf), notes: [], rows: each() }
}

async function compared(
  a: RowSource,
  b: RowSource,
  options: { by?: JoinKey; atol?: number; top?: number } = {},
) {
  const films: FilmDifference[] = []
  const reading = compareRows(a, b, { by: 'path', atol: 0, top: 2, ...options })
  for (;;) {
    const { done, value } = await reading.next()
    if (done === true) return { films, ...{ comparison: value } }
    films.push(value)
  }
}

const ok = (path: string, p: number, width = 5): Cell[] => [path, 'ok', p < 0.5 ? 'b' : 'a', p, 1 - p, width]
const failed = (path: string): Cell[] => [path, 'failed', null, null, null, null]

describe('compareRows', () => {
  it('finds nothing between a table and itself, in any order', async () => {
    const films = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.float({ min: 0, max: 1 })), {
      selector: ([path]) => path,
    })
    const rows = films.map((films) =>
      films.map(([path, p]) => (Number.isNaN(p) ? failed(path) : ok(path, p))),
    )
    await fc.assert(
      fc.asyncProperty(rows, fc.integer(), async (rows, turn) => {
        const others = rows.toSorted(([a], [b]) => (Number(a! < b!) - 0.5) * (turn % 2 || 1))
        const { films, comparison } = await compared(tableOf(rows), tableOf(others))
        expect(films).toEqual([])
        expect(comparison).toMatchObject({
          alike: true,
          films: { a: rows.length, b: rows.length, both: rows.length },
        })
      }),
    )
  })

  const A = [ok('1', 0.75), ok('2', 0.5), failed('3'), ok('4', 0.25), ok('5', 1), ok('6', 1)]
  const B = [ok('7', 1), ok('1', 0.625), ok('3', 1), ok('2', 0.25), ok('4', 0.25), ok('5', 1, 6)]

  it('counts each film under the gravest of its differences', async () => {
    const { films, comparison } = await compared(tableOf(A), tableOf(B))
    expect(films).toEqual([
      { path: '1', differs: 'number', column: 'p_a', a: 0.75, b: 0.625, largest: 0.125 },
      { path: '3', differs: 'status', column: 'status', a: 'failed', b: 'ok', largest: null },
      { path: '2', differs: 'label', column: 'label', a: 'a', b: 'b', largest: 0.25 },
      { path: '5', differs: 'other', column: 'width', a: 5, b: 6, largest: 0 },
      { path: '6', differs: 'only in a', column: 'path', a: '6', b: null, largest: null },
      { path: '7', differs: 'only in b', column: 'path', a: null, b: '7', largest: null },
    ])
    expect(comparison).toEqual({
      films: { a: 6, b: 6, both: 5 },
      differ: { 'only in a': 1, 'only in b': 1, status: 1, label: 1, number: 1, other: 1 },
      columns: { onlyA: [], onlyB: [] },
      numbers: [
        { column: 'p_a', films: 4, mean: 0.375 / 4, max: 0.25 },
        { column: 'p_b', films: 4, mean: 0.375 / 4, max: 0.25 },
      ],
      flipped: [{ path: '2', differs: 'label', column: 'label', a: 'a', b: 'b', largest: 0.25 }],
      largest: [
        { path: '2', differs: 'number', column: 'p_a', a: 0.5, b: 0.25, largest: 0.25 },
        { path: '1', differs: 'number', column: 'p_a', a: 0.75, b: 0.625, largest: 0.125 },
      ],
      alike: false,
    })
  })

  it('lets numbers within the tolerance pass, and never a label', async () => {
    const [near, flipped] = [
      tableOf([ok('1', 0.75), ok('2', 0.5)]),
      tableOf([ok('1', 0.625), ok('2', 0.375)]),
    ]
    const { films } = await compared(near, flipped, { atol: 0.125 })
    expect(films).toMatchObject([{ path: '2', differs: 'label' }])
    const passing = await compared(tableOf([ok('1', 0.75)]), tableOf([ok('1', 0.625)]), { atol: 0.125 })
    expect(passing.comparison).toMatchObject({ alike: true, largest: [{ largest: 0.125 }] })
  })

  it('calls tables of other labels different, and says which columns', async () => {
    const other = tableOf([ok('1', 0.75)], ['path', 'status', 'label', 'p_a', 'p_c', 'width'])
    const { films, comparison } = await compared(tableOf([ok('1', 0.75)]), other)
    expect(films).toEqual([])
    expect(comparison).toMatchObject({ alike: false, columns: { onlyA: ['p_b'], onlyB: ['p_c'] } })
  })

  it('joins by the name of the file, where asked', async () => {
    const [a, b] = [tableOf([ok('x/1.png', 0.75)]), tableOf([ok('y/z/1.png', 0.75)])]
    expect((await compared(a, b, { by: 'name' })).comparison.alike).toBe(true)
  })

  it('reads the numbers of all formats alike', async () => {
    const folder = folderOf({
      'a.csv': 'path,status,label,p_a,p_b\n1,ok,a,0.75,0.25\n',
      'b.jsonl': '{"path":"1","status":"ok","label":"a","p_a":0.75,"p_b":0.25}\n',
    })
    const tables = await Promise.all([openRows(join(folder, 'a.csv')), openRows(join(folder, 'b.jsonl'))])
    expect((await compared(...(tables as [RowSource, RowSource]))).comparison.alike).toBe(true)
  })

  it.each([
    [
      'a film that stands twice',
      [ok('1', 1), ok('1', 1)],
      'ROE_MANIFEST: x.csv, line 3: the film 1 is already on line 2',
    ],
    ['a film without a path', [[null, 'ok']], 'ROE_MANIFEST: x.csv, line 2: the path is empty or no text'],
    [
      'words for a number',
      [['2', 'ok', 'a', Number.NaN, 1, 5]],
      'ROE_MANIFEST: 2: p_a must be a number; it is NaN',
    ],
  ])('refuses %s', async (_, rows, message) => {
    expect(await messageOf(compared(tableOf(rows), tableOf([ok('2', 1)])))).toContain(message)
  })
})

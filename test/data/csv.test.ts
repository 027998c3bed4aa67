import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvRow, escapeCell, readTable, unescapeCell } from '../../src/data/csv.ts'
import { folderOf, messageOf } from './files.ts'

test.each([
  ['film.png', 'film.png'],
  ['=HYPERLINK("x")', `'=HYPERLINK("x")`],
  ['+1', "'+1"],
  ['-film.png', "'-film.png"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tfilm', "'\tfilm"],
  ['\rfilm', "'\rfilm"],
  ["'=x", "''=x"],
  ["'quoted'", "'quoted'"],
  ['a=b', 'a=b'],
  ['', ''],
])('escapeCell(%j) is %j', (cell, escaped) => {
  expect(escapeCell(cell)).toBe(escaped)
})

test('no escaped cell is a formula, and each reads back as it was', () => {
  const cell = fc
    .array(fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '\n', 'a', ' '))
    .map((c) => c.join(''))
  fc.assert(
    fc.property(cell, (text) => {
      expect('=+-@\t\r\n'.includes(escapeCell(text).charAt(0) || 'a')).toBe(false)
      expect(unescapeCell(escapeCell(text))).toBe(text)
    }),
  )
})

test('a row quotes what must be quoted and leaves numbers as numbers', () => {
  expect(csvRow(['a,b', 'say "so"', -0.5, 1e-7, null, '', '-x'])).toBe(`"a,b","say ""so""",-0.5,1e-7,,,'-x\n`)
})

test('rows read back as they were written, whatever is in the cells', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\r', 'a\rb', '\n', '\r\n', ' ', '\t'))
  const rows = fc.sample(fc.array(text, { minLength: 3, maxLength: 3 }), { numRuns: 300, seed: 1 })
  const folder = folderOf({ 'table.csv': csvRow(['a', 'b', 'c']) + rows.map(csvRow).join('') })
  const table = await readTable(`${folder}/table.csv`, [], ({ cell }) => [cell('a'), cell('b'), cell('c')])
  expect(table.rows).toEqual(rows)
})

describe('readTable', () => {
  const bytes = (...parts: (string | number)[]): Uint8Array =>
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))
  const READABLE: [name: string, content: string | Uint8Array, view: string, notes: number][] = [
    ['a byte order mark is passed over', '\ufeffpath,view\n1.png,PA\n', 'PA', 0],
    ['Latin-1 is read as such, with a note', bytes('path,view\n1.png,37', 0xb0, 'C\n'), '37°C', 1],
    ['UTF-8 is read as such', 'path,view\n1.png,37°C\n', '37°C', 0],
    [
      'UTF-16 with its mark is read as such',
      Buffer.from('\ufeffpath,view\n1.png,37°C\n', 'utf16le'),
      '37°C',
      0,
    ],
    ['Windows line ends', 'path,view\r\n1.png,PA\r\n', 'PA', 0],
    ['empty lines are passed over', '\npath,view\n\n1.png,PA\n\n', 'PA', 0],
    ['a last line without its end', 'path,view\n1.png,PA', 'PA', 0],
    ['columns without a name, and commas in quotes', 'path,,view,\n1.png,x,"P, A",y\n', 'P, A', 0],
  ]
  test.each(READABLE)('%s', async (_, content, view, notes) => {
    const path = `${folderOf({ 't.csv': content })}/t.csv`
    const table = await readTable(path, ['path'], ({ cell }) => [cell('path'), cell('view'), cell('no such')])
    expect(table.rows).toEqual([['1.png', view, '']])
    expect(table.notes).toHaveLength(notes)
  })

  const hint = 'see "manifest" in the README'
  const BROKEN: [name: string, content: string, message: string][] = [
    ['empty', '', `t.csv: the file is empty; its first row must name the columns; ${hint}`],
    [
      'no column',
      'path,Label\n',
      `t.csv, line 1: it needs the column 'label' (in small letters); it has path, Label; ${hint}`,
    ],
    [
      'semicolons',
      'path;label\n',
      `t.csv, line 1: it needs the columns 'path', 'label' (in small letters, and commas between them); it has path;label; ${hint}`,
    ],
    ['twice', 'path,label,path\n', `t.csv, line 1: two columns are named 'path'; rename one; ${hint}`],
    [
      'wide row',
      'path,label\n1,a\n2,b,c\n',
      `t.csv, line 3: the row has 3 cells, the header has 2; put cells that hold commas into double quotes; ${hint}`,
    ],
  ]
  test.each(BROKEN)('%s is refused in words', async (_, content, message) => {
    const folder = folderOf({ 't.csv': content })
    const reading = readTable(`${folder}/t.csv`, ['path', 'label'], () => 0)
    expect(await messageOf(reading, folder)).toBe(`ROE_MANIFEST: FOLDER/${message}`)
  })

  test('a quote that is never closed and a row without end are refused, a missing file is named', async () => {
    const folder = folderOf({ 'q.csv': 'path\n"1.png\n', 'long.csv': `path\n${'x'.repeat(2 ** 21)}` })
    const read = (name: string) =>
      messageOf(
        readTable(`${folder}/${name}`, ['path'], () => 0),
        folder,
      )
    expect(await read('q.csv')).toMatch(/^ROE_MANIFEST: FOLDER\/q\.csv: Quote Not Closed: .* line 2/)
    expect(await read('long.csv')).toMatch(/^ROE_MANIFEST: FOLDER\/long\.csv: Max Record Size: /)
    expect(await read('none.csv')).toBe(
      'ROE_NOT_FOUND: FOLDER/none.csv: there is no such file; check the path',
    )
  })
})

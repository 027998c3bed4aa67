import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROW_FORMATS } from '../../src/data/rows/formats.ts'
import { readScores } from '../../src/data/scores.ts'
import { columnsOf } from '../../src/infer/layout.ts'
import { cellsOf, type ScoredFilm, type Unscored } from '../../src/infer/row.ts'
import { Ledger, ledgerLine } from '../../src/infer/run/ledger.ts'
import { writeRows, writerFor } from '../../src/infer/writers.ts'
import { WholeFile } from '../../whole-file.ts'
import { removeFolder, temporaryFolder } from './films.ts'

const LABELS = ['Covid', 'Normal']
const COLUMNS = columnsOf({
  models: [{ name: '', labels: LABELS, activation: 'softmax' }],
  logits: false,
  spread: false,
})
const FAILED: Unscored = {
  index: 1,
  path: 'b.png',
  status: 'failed',
  file: null,
  failure: { stage: 'decode', code: 'ROE_FILM_EMPTY', data: { where: 'b.png' } },
}
const FILMS: ScoredFilm[] = [
  {
    index: 0,
    path: '=a, "b".png',
    status: 'ok',
    file: { sizeBytes: 1, mtimeMs: 2 },
    facts: { width: 30, height: 40, bars: null, coloured: true },
    scores: [
      {
        label: 'Covid',
        above: [],
        probabilities: new Float32Array([0.9, 0.1]),
        logits: null,
        spread: null,
      },
    ],
  },
  FAILED,
]

let folder = ''
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => removeFolder(folder))

describe('writeRows', () => {
  const rows = async function* () {
    for (const film of FILMS) yield cellsOf(film, COLUMNS)
  }
  const written = async (name: string) => {
    const path = join(folder, name)
    await writeRows(path, COLUMNS, rows(), '{}')
    return path
  }

  it('writes CSV, with a path that a spreadsheet would run made harmless', async () => {
    expect(readFileSync(await written('s.csv'), 'utf8')).toMatchInlineSnapshot(`
      "path,status,label,p_Covid,p_Normal,width,height,bars,coloured
      "'=a, ""b"".png",ok,Covid,0.9,0.1,30,40,,true
      b.png,failed,,,,,,,
      "
    `)
  })

  it('writes JSON lines', async () => {
    expect(readFileSync(await written('s.JSONL'), 'utf8')).toMatchInlineSnapshot(`
      "{"path":"=a, \\"b\\".png","status":"ok","label":"Covid","p_Covid":0.9,"p_Normal":0.1,"width":30,"height":40,"bars":null,"coloured":true}
      {"path":"b.png","status":"failed","label":null,"p_Covid":null,"p_Normal":null,"width":null,"height":null,"bars":null,"coloured":null}
      "
    `)
  })

  for (const { extension } of ROW_FORMATS)
    it(`writes ${extension} that evaluation reads back`, async () => {
      const { labels, rows } = await readScores(await written(`s${extension}`))
      expect(labels).toEqual(LABELS)
      expect(rows).toMatchObject([
        { path: '=a, "b".png', status: 'ok', label: 'Covid', probabilities: [0.9, 0.1] },
        { path: 'b.png', status: 'failed', label: null, probabilities: null },
      ])
    })

  it('refuses another extension and lists those that it knows', () => {
    expect(() => writerFor('scores.xlsx')).toThrow(
      'ROE_OPTION: -o: expected a file that ends in .csv, .jsonl or .parquet, received scores.xlsx; see --help',
    )
  })

  it('leaves nothing where the rows end in an error', async () => {
    const failing = async function* () {
      yield* rows()
      throw new Error('no more')
    }
    for (const { extension } of ROW_FORMATS)
      await expect(writeRows(join(folder, `s${extension}`), COLUMNS, failing(), '{}')).rejects.toThrow(
        'no more',
      )
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('WholeFile', () => {
  it('has its name only when it is whole', async () => {
    const path = join(folder, 'deep', 's.csv')
    const file = await WholeFile.create(path)
    await file.write('x'.repeat(100_000))
    expect(readdirSync(join(folder, 'deep'))).toEqual([
      expect.stringMatching(/^\.s\.csv\.[0-9a-f]{12}\.tmp$/),
    ])
    await file.finish()
    expect(readdirSync(join(folder, 'deep'))).toEqual(['s.csv'])
    expect(readFileSync(path, 'utf8')).toHaveLength(100_000)
  })

  it('leaves an older file and nothing else when it is abandoned', async () => {
    const path = join(folder, 's.csv')
    writeFileSync(path, 'older')
    const file = await WholeFile.create(path)
    await file.write('newer')
    await file.abandon()
    expect(readdirSync(folder)).toEqual(['s.csv'])
    expect(readFileSync(path, 'utf8')).toBe('older')
  })

  it('says what is in the way: a file where a folder should be', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(WholeFile.create(join(folder, 'file', 's.csv'))).rejects.toMatchObject({ code: 'ROE_WRITE' })
  })

  it('says what is in the way: a folder of its name', async () => {
    mkdirSync(join(folder, 's.csv'))
    const file = await WholeFile.create(join(folder, 's.csv'))
    await expect(file.finish()).rejects.toMatchObject({ code: 'ROE_WRITE' })
    await file.abandon()
    expect(readdirSync(folder)).toEqual(['s.csv'])
  })
})

describe('Ledger', () => {
  it('has a line for each failure', async () => {
    const ledger = new Ledger(join(folder, 's.csv'))
    await ledger.add(ledgerLine(FAILED))
    expect(await ledger.finish()).toBe(join(folder, 's.csv.errors.jsonl'))
    expect(readFileSync(ledger.path, 'utf8')).toMatchInlineSnapshot(`
      "{"path":"b.png","stage":"decode","code":"ROE_FILM_EMPTY","reason":"the file is empty (0 bytes)","remedy":"copy it again from its source"}
      "
    `)
  })

  it('is not there without failures, and takes an older one away', async () => {
    const ledger = new Ledger(join(folder, 's.csv'))
    writeFileSync(ledger.path, 'older')
    expect(await ledger.finish()).toBeNull()
    expect(readdirSync(folder)).toEqual([])
  })
})

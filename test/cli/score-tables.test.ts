/** `roentgen score` and `merge` as commands: shards, tables that are taken over, times, shares, embeddings after a kill.
 *  Runs are shared among the tests, since each is several processes. */
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, removeFolder, temporaryFolder, writeFilms } from '../infer/films.ts'
import { type Ended, roentgen, start } from './run.ts'

const folder = temporaryFolder()
const at = (name: string) => join(folder, name)
const FILMS = at('films')
const MODEL = ['-m', fixture('classifier')]
const TABLE = at('whole.csv')
const TIMES = at('times.csv')
const ASKED = ['--expect', 'Covid', '--group', 'Normal', '--timings', TIMES, '--json']

const read = (path: string) => readFileSync(path, 'utf8')
const rowsOf = (path: string) => read(path).trimEnd().split('\n').slice(1)
const score = (out: string, ...more: string[]): Promise<Ended> =>
  roentgen(['score', FILMS, ...MODEL, '-o', out, ...more])

let whole: Ended
beforeAll(async () => {
  mkdirSync(FILMS)
  await writeFilms(FILMS, 5)
  writeFileSync(join(FILMS, 'note.txt'), 'no film')
  whole = await score(TABLE, ...ASKED)
})
afterAll(() => removeFolder(folder))

describe('roentgen score', () => {
  it('--expect and --group tell shares, in words and as JSON', () => {
    expect(whole.status).toBe(3)
    const { films, ok, failed, labels, shares } = JSON.parse(whole.stdout)
    expect({ films, ok, failed }).toEqual({ films: 6, ok: 5, failed: 1 })
    const counts = ['Covid', 'Normal', 'Viral Pneumonia'].map((label) => [
      label,
      rowsOf(TABLE).filter((row) => row.split(',')[2] === label).length,
    ])
    expect(labels).toEqual(Object.fromEntries(counts))
    const { Covid, Normal } = labels
    expect(shares).toMatchObject({
      expected: { label: 'Covid', films: Covid, share: Covid / 5 },
      others: { label: 'Normal', films: 5 - Normal, share: (5 - Normal) / 5 },
    })
    const percent = (count: number) => `${count} (${(20 * count).toFixed(1)} %)`
    expect(whole.stderr).toContain(`\nCovid accuracy: ${percent(Covid)}\n`)
    expect(whole.stderr).toContain(`\nNON-Normal %: ${percent(5 - Normal)}\n`)
  })

  it('--timings has the times of each film, in the order of the rows', () => {
    expect(read(TIMES).split('\n')[0]).toBe('path,decode_ms,preprocess_ms,infer_ms,batch_films')
    const paths = (path: string) => rowsOf(path).map((row) => row.split(',')[0])
    expect(paths(TIMES)).toEqual(paths(TABLE))
    for (const [i, row] of rowsOf(TIMES).entries()) {
      const [, ...times] = row.split(',').map(Number)
      if (rowsOf(TABLE)[i]?.includes(',ok,')) for (const time of times) expect(time).toBeGreaterThan(0)
      else expect(row).toMatch(/note\.txt,,,,$/)
    }
  })

  it('refuses a label that the model does not have', async () => {
    const ended = await score(at('none.csv'), '--expect', 'Tumour')
    expect(ended.stderr).toMatch(/^ROE_OPTION: --expect: expected one of Covid, Normal, Viral Pneumonia/)
    expect(ended.status).toBe(2)
  })
})

describe('roentgen merge', () => {
  it('makes of two shards the bytes of the whole run, and refuses one alone', async () => {
    const parts = [at('part-0.csv'), at('part-1.jsonl')] as const
    const merge = (out: string, ...tables: string[]) =>
      roentgen(['merge', ...tables, '-o', at(out), '--json'])
    const shards = await Promise.all(parts.map((part, i) => score(part, '--shard', `${i}/2`)))
    expect(shards.map(({ status }) => status).sort()).toEqual([0, 3])
    const [merged, alone] = await Promise.all([
      merge('merged.csv', parts[1], parts[0]),
      merge('alone.csv', parts[1]),
    ])
    expect(merged.stderr).toContain('6 rows in ')
    expect(merged.stderr).toContain('of 2 tables; no film is missing or twice\n')
    expect(merged.status).toBe(3)
    expect(JSON.parse(merged.stdout)).toMatchObject({ films: 6, ok: 5, failed: 1 })
    expect(read(at('merged.csv'))).toBe(read(TABLE))
    expect(read(at('merged.csv.errors.jsonl'))).toBe(read(`${TABLE}.errors.jsonl`))
    expect(alone.stderr).toMatch(/^ROE_MERGE: [^\n]*shard[^\n]*\n$/)
    expect(alone).toMatchObject({ status: 1, stdout: '' })
    expect(existsSync(at('alone.csv'))).toBe(false)
  })
})

describe('roentgen score --update', () => {
  it('scores what is new, changed or had failed, and writes the bytes of a run from scratch', async () => {
    // After the whole run, whose shards have been merged by now.
    const [first, second] = [0, 1].map((i) => readFileSync(join(FILMS, `film00${i}.png`)))
    writeFileSync(join(FILMS, 'film000.png'), second!)
    writeFileSync(join(FILMS, 'film009.png'), first!)
    rmSync(join(FILMS, 'film002.png'))
    const [updated, scratch, refused] = await Promise.all([
      score(at('updated.csv'), '--update', TABLE, '--json'),
      score(at('scratch.csv')),
      score(at('refused.csv'), '--update', TABLE, '--tta', 'flip'),
    ])
    expect(updated.stderr).toContain('taken over: 3; scored: 1 new, 2 again; no longer there: 1\n')
    expect(JSON.parse(updated.stdout).update).toEqual({ taken: 3, again: 2, added: 1, gone: 1 })
    expect([updated.status, scratch.status]).toEqual([3, 3])
    expect(read(at('updated.csv'))).toBe(read(at('scratch.csv')))
    expect(read(at('updated.csv.errors.jsonl'))).toBe(read(at('scratch.csv.errors.jsonl')))
    expect(refused.stderr).toMatch(/^ROE_MERGE: [^\n]*tta was null, is "flip"[^\n]*\n$/)
    expect(refused.status).toBe(1)
  })
})

describe('roentgen score --features', () => {
  it('after a kill has the bytes of a run that nobody disturbed, row by row as the films', async () => {
    const place = at('many')
    mkdirSync(join(place, 'once'), { recursive: true })
    const real = await writeFilms(join(place, 'once'), 5)
    for (let i = 0; i < 500; i++) symlinkSync(real[i % 5]!, join(place, `z${String(i).padStart(3, '0')}`))
    const args = (out: string) => ['score', place, ...MODEL, '--features', 'means', '-o', at(out)]
    const out = at('killed.csv')
    const calm = roentgen([...args('calm.csv'), '--batch', '4'])
    const child = start([...args('killed.csv'), '--batch', '4'])
    const closed = once(child, 'close')
    const hasRows = () => existsSync(`${out}.journal`) && readFileSync(`${out}.journal`).length > 0
    while (child.exitCode === null && !hasRows()) await sleep(5)
    child.kill('SIGKILL')
    await closed
    expect([existsSync(out), existsSync(`${out}.features.npy`)]).toEqual([false, false])
    // The batch is that of the run.
    const resumed = await roentgen([...args('killed.csv'), '--resume'])
    expect(resumed.status).toBe(0)
    expect(resumed.stderr).toContain(`embeddings in ${out}.features.npy\n`)
    expect((await calm).status).toBe(0)
    const npy = readFileSync(`${out}.features.npy`)
    expect(npy.equals(readFileSync(at('calm.csv.features.npy')))).toBe(true)
    expect(read(out)).toBe(read(at('calm.csv')))

    const facts = npy.subarray(0, 128).toString('latin1')
    const [, films, numbers] = /'descr': '<f4'.*'shape': \((\d+), (\d+)\)/.exec(facts)!.map(Number)
    expect(films).toBe(505)
    const row = (i: number) => npy.subarray(128 + i * numbers! * 4, 128 + (i + 1) * numbers! * 4)
    expect(npy).toHaveLength(128 + films! * numbers! * 4)
    for (let i = 0; i < 500; i++) expect(row(5 + i).equals(row(i % 5))).toBe(true)
    expect(row(0).equals(row(1))).toBe(false)
  })
})

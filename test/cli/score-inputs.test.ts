/** Which films `roentgen score` takes, in which parts, and what it calls them. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, removeFolder, temporaryFolder, writeBroken, writeFilms } from '../infer/films.ts'
import { MAIN, roentgen, start } from './run.ts'

const MODEL = fixture('classifier')
let folder = ''
let films = ''

beforeAll(async () => {
  folder = temporaryFolder()
  films = join(folder, 'films')
  mkdirSync(join(films, 'below'), { recursive: true })
  await writeFilms(films, 5)
  await writeFilms(join(films, 'below'), 2)
})
afterAll(() => removeFolder(folder))

let outputs = 0
/** Scores into a new file. @returns how it ended, and its rows without the header */
async function score(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const out = join(folder, 'out', `${outputs++}.csv`)
  const ended = await roentgen(['score', ...args, '-m', MODEL, '-o', out], env)
  const rows = existsSync(out) ? readFileSync(out, 'utf8').trimEnd().split('\n').slice(1) : []
  return { ...ended, out, rows, paths: rows.map((row) => row.split(',')[0]?.replace(`${films}/`, '')) }
}

describe('which films', () => {
  const ALL = ['below/film000.png', 'below/film001.png', ...[0, 1, 2, 3, 4].map((i) => `film00${i}.png`)]

  it('folders and patterns, each film once', async () => {
    const { status, paths, stderr } = await score([
      `${films}/below`,
      `${films}/**/film00[014].png`,
      `${films}/film003.png`,
    ])
    expect({ status, paths }).toEqual({
      status: 0,
      paths: [ALL[0], ALL[1], 'film000.png', 'film001.png', 'film004.png', 'film003.png'],
    })
    expect(stderr).toContain('2 films are reached by two of the inputs; each is scored once\n')
  })

  it('a list on standard input', async () => {
    const out = join(folder, 'out', 'stdin.csv')
    const stdin = Readable.from([`${films}/film003.png\0${films}/none.png\0${films}/film001.png\0`])
    const child = start(['score', '--files-from', '-', '-0', '-m', MODEL, '-o', out], {}, { stdin })
    expect(await once(child, 'close')).toEqual([3, null])
    const rows = readFileSync(out, 'utf8').trimEnd().split('\n').slice(1)
    expect(rows.map((row) => row.replace(`${films}/`, '').split(',').slice(0, 2).join())).toEqual([
      'film003.png,ok',
      'none.png,failed',
      'film001.png,ok',
    ])
  })

  it.skipIf(process.platform !== 'linux')(
    'names that are no UTF-8 are scored, each under a name of its own',
    async () => {
      const place = join(folder, 'raw')
      mkdirSync(place)
      const written = await writeFilms(place, 2)
      for (const [i, path] of written.entries())
        renameSync(
          path,
          Buffer.concat([Buffer.from(`${place}/`), Buffer.from([0xe4 + 18 * i]), Buffer.from('.png')]),
        )
      const { status, paths } = await score([place])
      expect({ status, paths }).toEqual({ status: 0, paths: [`${place}/\\xE4.png`, `${place}/\\xF6.png`] })
    },
  )

  // Root opens every folder, so the command has to run as nobody, who may not reach this Node or this checkout.
  const nobody = 65534
  const runsAsNobody =
    process.getuid?.() === 0 && spawnSync(process.execPath, [MAIN, '--version'], { uid: nobody }).status === 0

  it.skipIf(!runsAsNobody)(
    'a folder further down that cannot be opened has a row, and the run goes on (skipped without root, or a Node and a checkout that all may read)',
    async () => {
      const place = mkdtempSync(join(tmpdir(), 'roentgen-closed-'))
      mkdirSync(join(place, 'films/closed'), { recursive: true })
      await writeFilms(join(place, 'films'), 2)
      chmodSync(place, 0o777)
      chmodSync(join(place, 'films/closed'), 0)
      const out = join(place, 'scores.csv')
      const child = start(['score', join(place, 'films'), '-m', MODEL, '-o', out], {}, { uid: nobody })
      expect(await once(child, 'close')).toEqual([3, null])
      const ledger = JSON.parse(readFileSync(`${out}.errors.jsonl`, 'utf8'))
      expect(ledger).toMatchObject({
        path: `${place}/films/closed`,
        code: 'ROE_FILM_UNREADABLE',
        reason: 'it cannot be read (permission denied)',
      })
      expect(readFileSync(out, 'utf8').match(/,ok,/g)).toHaveLength(2)
      removeFolder(place)
    },
  )
})

describe('--shard', () => {
  it('every film has the same row in whichever part, and together they are the whole', async () => {
    const whole = await score([films, '--batch', '2'])
    const part = (index: number) => score([films, '--batch', '2', '--shard', `${index}/3`])
    const parts = [await part(0), await part(1), await part(2)]
    expect(parts.map(({ status }) => status)).toEqual([0, 0, 0])
    const rows = whole.rows.map((_, k) => parts[k % 3]!.rows[Math.floor(k / 3)])
    expect(rows).toEqual(whole.rows)
  })

  it('a part without films is an empty table', async () => {
    const { status, rows, stderr } = await score([`${films}/below`, '--shard', '/3'], {
      JOB_COMPLETION_INDEX: '2',
    })
    expect({ status, rows }).toEqual({ status: 0, rows: [] })
    expect(stderr).toContain('films     0 of 2, shard 2/3\n')
  })

  it.concurrent.each([
    ['-o', 'films', 'films/s.csv', 't.csv'],
    ['--timings', 'films', 's.csv', 'films/t.csv'],
    ['-o', 'ledgers/*.jsonl', 'ledgers/s.csv', 't.csv'],
  ])(
    'refuses %s in the folder: the other parts would take it for a film',
    async (option, word, out, timings) => {
      const outputs = ['-o', join(folder, out), '--timings', join(folder, timings)]
      mkdirSync(join(folder, 'ledgers'), { recursive: true })
      writeFileSync(join(folder, 'ledgers', 'film.jsonl'), 'no film')
      const ended = await roentgen(['score', join(folder, word), '-m', MODEL, ...outputs, '--shard', '0/2'])
      expect(ended.stderr).toMatch(new RegExp(`^ROE_OPTION: ${option}: expected a file outside of `))
      expect(ended.status).toBe(2)
    },
  )
})

describe('options that would have no effect are refused', () => {
  it.concurrent.each([
    ['-0', [], '--files-from'],
    ['--path-key', ['none.key'], '--path-as hash'],
  ])('%s', async (option, value, needed) => {
    const { status, stderr } = await score([films, option, ...value])
    expect(stderr).toContain(`ROE_OPTION: ${option}: expected ${needed} beside it, received none`)
    expect(status).toBe(2)
  })
})

describe('--path-as', () => {
  const SECRET = 'Doe^John'
  const KEY = { ROENTGEN_PATH_KEY: 'a key for the test' }

  it('relative names are from the folder', async () => {
    const { rows } = await score([films, '--path-as', 'relative'])
    expect(rows.map((row) => row.split(',')[0]).slice(0, 3)).toEqual([
      'below/film000.png',
      'below/film001.png',
      'film000.png',
    ])
  })

  for (const [as, env] of [
    ['hash', KEY],
    ['index', {}],
  ] as const)
    it(`${as}: nothing that is written or said holds a path`, async () => {
      const place = join(folder, as, SECRET)
      mkdirSync(join(place, SECRET), { recursive: true })
      await writeBroken(place)
      for (const path of await writeFilms(place, 3)) renameSync(path, path.replace('film00', `${SECRET}-`))
      await writeFilms(join(place, SECRET), 1)
      // In the folder itself: it is no film.
      const timings = join(place, 'timings.csv')
      writeFileSync(timings, '')
      const args = ['--path-as', as, '--json', '--timings', timings]
      const killer = { ROENTGEN_TEST_ABORT: `${place}/${SECRET}-1.png` }
      const { status, out, stdout, stderr, rows } = await score([place, ...args], { ...env, ...killer })
      expect({ status, rows: rows.length }).toEqual({ status: 3, rows: 11 })
      const written = readdirSync(join(folder, 'out')).filter((name) =>
        join(folder, 'out', name).startsWith(out),
      )
      expect(written.length).toBeGreaterThan(2)
      expect(readFileSync(timings, 'utf8')).not.toContain('Doe')
      for (const text of [
        stdout,
        stderr,
        ...written.map((name) => readFileSync(join(folder, 'out', name), 'utf8')),
      ])
        expect(text).not.toContain('Doe')
    })

  it('the journal of a run that is stopped holds none either', async () => {
    const place = join(folder, 'many', SECRET)
    mkdirSync(place, { recursive: true })
    for (let i = 0; i < 600; i++) symlinkSync(join(films, 'film001.png'), join(place, `${SECRET}-${i}`))
    const out = join(folder, 'journal.csv')
    const child = start(['score', place, '-m', MODEL, '-o', out, '--path-as', 'hash'], KEY)
    while (!existsSync(`${out}.journal`) || readFileSync(`${out}.journal`).length === 0) await sleep(20)
    child.kill('SIGKILL')
    await once(child, 'close')
    for (const name of [`${out}.journal`, `${out}.run.json`])
      expect(readFileSync(name, 'utf8')).not.toContain('Doe')
    const resumed = await roentgen(
      ['score', place, '-m', MODEL, '-o', out, '--path-as', 'hash', '--resume'],
      KEY,
    )
    expect(resumed.status).toBe(0)
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(601)
    const other = { ROENTGEN_PATH_KEY: 'another key for it' }
    expect(
      (await roentgen(['score', place, '-m', MODEL, '-o', out, '--path-as', 'hash', '--resume'], other))
        .status,
    ).toBe(1)
  })

  it('a hash needs a key', async () => {
    const { status, stderr } = await score([films, '--path-as', 'hash'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/^ROE_OPTION: --path-as hash: expected a key: /)
  })
})

describe('--dry-run', () => {
  it('fails at once where the output cannot be written', async () => {
    const place = join(folder, 'dry-file')
    writeFileSync(place, 'no folder')
    const args = ['score', folder, '-m', MODEL, '-o', join(place, 'deep', 'scores.csv'), '--dry-run']
    const { status, stdout, stderr } = await roentgen(args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^ROE_WRITE: .*scores\.csv: ENOTDIR[^\n]*\n$/)
  })

  it('says what a run would take and what failed, and writes nothing', async () => {
    const place = join(folder, 'dry')
    mkdirSync(place)
    await writeFilms(place, 30)
    writeFileSync(join(place, 'notes.txt'), 'no film')
    const out = join(folder, 'dry-out', 'scores.csv')
    const args = ['score', place, '-m', MODEL, '-o', out, '--features', 'means', '--dry-run']
    const { status, stdout } = await roentgen(args)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^films {5}31: \.png 30, \.txt 1$/m)
    expect(stdout).toMatch(/^tried {5}16 films, [01] of them failed$/m)
    expect(stdout).toMatch(/^time {6}about \d+ s, \d+\.\d films a second$/m)
    expect(stdout).toMatch(
      /^disk {6}about \d+\.\d kB for .*scores\.csv, \d+ bytes for its embeddings, and \d+\.\d kB for its journal .* free there$/m,
    )
    expect(stdout).toContain('Nothing was written.\n')
    expect(existsSync(join(folder, 'dry-out'))).toBe(false)
    const json = JSON.parse((await roentgen([...args, '--json'])).stdout)
    expect(json).toMatchObject({ films: 31, kinds: { '.png': 30, '.txt': 1 }, unopened: { count: 0 } })
    // The real run takes what was estimated, within what rows differ by.
    await roentgen(args.filter((word) => word !== '--dry-run'))
    expect(json.bytes.features).toBe(readFileSync(`${out}.features.npy`).length - 128)
    const real = readFileSync(out).length
    expect(json.bytes.output).toBeGreaterThan(0.8 * real)
    expect(json.bytes.output).toBeLessThan(1.2 * real)
  })
})

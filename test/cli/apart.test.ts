/** Commands never write over what they read, nor over what they write themselves: whatever the two are called. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, removeFolder, temporaryFolder, writeFilms } from '../infer/films.ts'
import { roentgen } from './run.ts'

const folder = temporaryFolder()
const at = (name: string) => join(folder, name)
const FILMS = at('films')
const MODEL = ['-m', fixture('classifier')]
const OUT = ['-o', at('new.csv')]

beforeAll(async () => {
  mkdirSync(FILMS)
  await writeFilms(FILMS, 2)
  writeFileSync(at('man.csv'), 'path\nfilms/film000.png\n')
  writeFileSync(at('list.csv'), `${FILMS}/film000.png\n`)
  writeFileSync(at('key.csv'), 'a key for the test')
  copyFileSync(fixture('classifier'), at('model.csv'))
  symlinkSync('.', at('link'))
  symlinkSync('man.csv', at('other.csv'))
  const runs = ['a', 'b'].map((name) => roentgen(['score', FILMS, ...MODEL, '-o', at(`${name}.csv`)]))
  expect((await Promise.all(runs)).map(({ status }) => status)).toEqual([0, 0])
})
afterAll(() => removeFolder(folder))

const contents = () =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, readFileSync(at(name), 'latin1')])

const REFUSED: [args: string[], message: string][] = [
  [
    ['score', FILMS, ...MODEL, ...OUT, '--timings', at('new.csv')],
    '--timings: expected a file apart from those of -o,',
  ],
  [
    ['score', FILMS, ...MODEL, ...OUT, '--timings', at('link/new.csv.errors.jsonl')],
    '--timings: expected a file apart from those of -o,',
  ],
  [
    ['score', FILMS, ...MODEL, ...OUT, '--update', at('a.csv'), '--timings', at('link/a.csv')],
    '--timings: expected a file apart from those of --update,',
  ],
  [
    ['score', FILMS, ...MODEL, '-o', at('link/a.csv'), '--update', at('a.csv')],
    '-o: expected a file apart from those of --update,',
  ],
  [
    ['score', '--manifest', at('other.csv'), ...MODEL, '-o', at('man.csv')],
    '-o: expected a file apart from those of --manifest,',
  ],
  [
    ['score', '--files-from', at('list.csv'), ...MODEL, '-o', at('list.csv')],
    '-o: expected a file apart from those of --files-from,',
  ],
  [
    ['score', FILMS, ...MODEL, '--path-as', 'hash', '--path-key', at('key.csv'), '-o', at('key.csv')],
    '-o: expected a file apart from those of --path-key,',
  ],
  [
    ['score', FILMS, ...MODEL, '-m', at('model.csv'), ...OUT, '--timings', at('model.csv')],
    '--timings: expected a file apart from those of --model,',
  ],
  [
    ['merge', at('a.csv'), at('b.csv'), '-o', at('link/b.csv')],
    `-o: expected a file apart from those of ${at('b.csv')},`,
  ],
  [
    ['compare', at('a.csv'), at('b.csv'), '-o', at('link/a.csv')],
    `-o: expected a file apart from those of ${at('a.csv')},`,
  ],
]

describe('refused, and every file is as it was:', () => {
  it('each way of naming one file twice', async () => {
    const before = contents()
    const all = await Promise.all(REFUSED.map(([args]) => roentgen(args)))
    expect(all.map(({ stderr }) => stderr.split(' received ')[0])).toEqual(
      REFUSED.map(([, message]) => `ROE_OPTION: ${message}`),
    )
    expect(all.map(({ status }) => status)).toEqual(REFUSED.map(() => 2))
    expect(contents()).toEqual(before)
  })
})

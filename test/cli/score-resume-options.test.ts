/** `roentgen score --resume` goes on under the options that the run began with, and names the one that is another. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, removeFolder, temporaryFolder, writeFilms } from '../infer/films.ts'
import { type Ended, roentgen } from './run.ts'

const folder = temporaryFolder()
const at = (name: string) => join(folder, name)
const [FILMS, OTHER, LIST, KEY] = [at('films'), at('other'), at('list.csv'), at('path.key')]
const MODEL = ['-m', fixture('multi-label')]
const TWO = [...MODEL, '-m', at('second.onnx')]

/** Runs that are there, by what they began with. */
const BEGUN = {
  one: [FILMS, ...MODEL, '--batch', '4'],
  two: [FILMS, ...TWO],
  embedded: [FILMS, ...MODEL, '--features', 'means'],
} as const
type Begun = keyof typeof BEGUN

const score = (out: string, args: readonly string[]): Promise<Ended> =>
  roentgen(['score', ...args, '-o', out])
const read = (path: string) => readFileSync(path, 'utf8')

beforeAll(async () => {
  for (const place of [FILMS, OTHER]) {
    mkdirSync(place)
    await writeFilms(place, 2)
  }
  writeFileSync(LIST, 'path\nfilms/film000.png\nfilms/film001.png\n')
  writeFileSync(KEY, 'a key for the test')
  copyFileSync(fixture('multi-label'), at('second.onnx'))
  const runs = Object.entries(BEGUN).map(([name, args]) => score(at(`${name}.csv`), args))
  expect((await Promise.all(runs)).map(({ status }) => status)).toEqual([0, 0, 0])
})
afterAll(() => removeFolder(folder))

/** A copy of a run, so that a wrong answer does not spoil the others.
 *  @param changed  what its header says instead of what it is */
function copyOf(begun: Begun, name: string, changed: object = {}): string {
  const out = at(`${name}.csv`)
  copyFileSync(at(`${begun}.csv`), out)
  const header = JSON.parse(read(at(`${begun}.csv.run.json`)))
  const results = { ...header.results, ...changed }
  writeFileSync(`${out}.run.json`, JSON.stringify({ ...header, results }))
  return out
}

/** Every option that results or rows depend on: given so, the run is not gone on with, and each is named. */
const REFUSED: [options: string[], begun: Begun, args: string[], messages: RegExp[], header?: object][] = [
  [['films'], 'one', [OTHER, ...MODEL], [/inputs\.named\.0 was "\S+films", is "\S+other"/]],
  [
    ['manifest'],
    'one',
    ['--manifest', LIST, ...MODEL],
    [/inputs\.named\.0 was "\S+films", is "\S+list\.csv"/],
  ],
  [
    ['files-from'],
    'one',
    ['--files-from', LIST, ...MODEL],
    [/inputs\.named\.0 was "\S+films", is "\S+list\.csv"/],
  ],
  [
    ['hidden', 'follow', 'shard'],
    'one',
    [FILMS, ...MODEL, '--hidden', '--follow', '--shard', '0/2'],
    [
      /inputs\.hidden was false, is true/,
      /inputs\.follow was false, is true/,
      /inputs\.shard was null, is \{"index":0,"count":2\}/,
    ],
  ],
  [
    ['path-as', 'path-key'],
    'one',
    [FILMS, ...MODEL, '--path-as', 'hash', '--path-key', KEY],
    [/inputs\.pathAs was "as-given", is "hash"/, /inputs\.pathKey was null, is "/],
  ],
  [
    ['model'],
    'one',
    [FILMS, '-m', fixture('classifier')],
    [/models\.0\.digest was [0-9a-f]{12}, is [0-9a-f]{12}/],
  ],
  [['ensemble'], 'two', [FILMS, ...TWO, '--ensemble', 'mean'], [/scoring\.ensemble was null, is "mean"/]],
  [
    ['tta', 'threshold'],
    'one',
    [FILMS, ...MODEL, '--tta', 'flip', '--threshold', 'Covid=0.4'],
    [/scoring\.tta was null, is "flip"/, /scoring\.thresholds\.0\.0 was 0\.3, is 0\.4/],
  ],
  [['logits'], 'one', [FILMS, ...MODEL, '--logits'], [/scoring\.logits was false, is true/]],
  [
    ['features'],
    'embedded',
    [FILMS, ...MODEL, '--features', 'logits'],
    [/taps\.0\.0\.value was "means", is "logits"/],
  ],
  [
    ['pool', 'features-format'],
    'embedded',
    [...BEGUN.embedded, '--pool', 'none', '--features-format', 'parquet'],
    [/taps\.0\.0\.shape was "mean", is "flat"/, /scoring\.features was "npy", is "parquet"/],
  ],
  [
    ['batch', 'provider', 'tf32'],
    'one',
    [FILMS, ...MODEL, '--batch', '8', '--provider', 'cpu', '--no-tf32'],
    [/batch was 4, is 8/, /provider was "webgpu", is "cpu"/, /tf32 was true, is false/],
    // As if begun where such a device is.
    { provider: 'webgpu', tf32: true },
  ],
]

/** Options that change no row: all of them together, and the run has nothing left to do. */
const FREE = {
  workers: ['--workers', '2'],
  threads: ['--threads', '1'],
  decoders: ['--decoders', '1'],
  timeout: ['--timeout', '60'],
  expect: ['--expect', 'Covid'],
  group: ['--group', 'Normal'],
  timings: ['--timings', at('times.csv')],
  json: ['--json'],
  debug: ['--debug'],
}

/** Options that are no question here, and why. */
const APART = {
  help: 'nothing is scored',
  version: 'nothing is scored',
  'dry-run': 'nothing is scored',
  out: 'says which run is meant',
  resume: 'is what is asked for',
  restart: 'excludes --resume',
  null: 'other names of films come of it, which are compared',
  devices: 'GPUs of one kind give the same bytes, and there is none here',
  update: 'rows that are taken over have the bytes of those that are scored',
}

describe('roentgen score --resume', () => {
  it.concurrent.for(REFUSED)(
    'is refused with other values of %j',
    async ([options, begun, args, messages, header]) => {
      const out = copyOf(begun, `${begun} ${options}`, header)
      const before = [read(out), read(`${out}.run.json`)]
      const ended = await score(out, [...args, '--resume'])
      expect(ended.stderr).toMatch(/^ROE_RESUME: [^\n]+\n$/)
      for (const message of messages) expect(ended.stderr).toMatch(message)
      expect(ended).toMatchObject({ status: 1, stdout: '' })
      expect([read(out), read(`${out}.run.json`)]).toEqual(before)
    },
  )

  it.concurrent('takes batch and provider of the run, and minds nothing that changes no row', async () => {
    const out = copyOf('one', 'free')
    const ended = await score(out, [FILMS, ...MODEL, ...Object.values(FREE).flat(), '--resume'])
    expect(ended.stderr).toContain('finished already')
    expect(ended.status).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({ batch: 4, provider: 'cpu', films: 2 })
  })

  it('knows every option that there is', () => {
    const help = read(join(import.meta.dirname, 'help', 'score.txt'))
    const all = [...help.matchAll(/^ {2}(?:-\w,| {3}) --([\w-]+)/gm)].map(([, name]) => name!)
    const known = [...REFUSED.flatMap(([options]) => options), ...Object.keys(FREE), ...Object.keys(APART)]
    expect(all.length).toBeGreaterThan(20)
    expect(all.filter((name) => !known.includes(name))).toEqual([])
  })
})

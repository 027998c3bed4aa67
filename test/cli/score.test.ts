import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BROKEN, fixture, removeFolder, temporaryFolder, writeBroken, writeFilms } from '../infer/films.ts'
import { hasShared, shared } from '../shared.ts'
import { roentgen, start } from './run.ts'

const MODEL = fixture('classifier')
const MULTI = fixture('multi-label')
let folder = ''
let films = ''
let out = ''

beforeAll(async () => {
  folder = temporaryFolder()
  films = join(folder, 'films')
  out = join(folder, 'out', 'scores.csv')
  mkdirSync(films)
  await writeFilms(films, 5)
})
afterAll(() => removeFolder(folder))

const read = (path: string) => readFileSync(path, 'utf8')
const lines = (path: string) => read(path).trimEnd().split('\n')
const ledgerLines = (path: string) => lines(`${path}.errors.jsonl`).map((line) => JSON.parse(line))

describe('roentgen score', () => {
  it.skipIf(!hasShared)(
    'writes one row a film of figure1, the same bytes each time, without a ledger',
    async () => {
      const args = ['score', shared('figure1/images'), '-m', MODEL, '-o', out]
      const first = await roentgen(args)
      expect(first).toMatchObject({ status: 0, stdout: '' })
      const bytes = read(out)
      // Of a run that was killed while it wrote these.
      for (const name of ['scores.csv', 'scores.csv.run.json'])
        writeFileSync(join(folder, 'out', `.${name}.0123456789ab.tmp`), 'x')
      expect((await roentgen([...args, '--threads', '1'])).status).toBe(0)
      expect(read(out)).toBe(bytes)
      expect(lines(out)[0]).toBe(
        'path,status,label,p_Covid,p_Normal,p_Viral Pneumonia,width,height,bars,coloured',
      )
      expect(lines(out).slice(1)).toHaveLength(55)
      const names = readdirSync(shared('figure1/images')).sort()
      expect(
        lines(out)
          .slice(1)
          .map((line) => line.split(',')[0]),
      ).toEqual(names.map((name) => shared(`figure1/images/${name}`)))
      expect(
        lines(out)
          .slice(1)
          .every((line) => line.split(',')[1] === 'ok'),
      ).toBe(true)
      expect(
        new Set(
          lines(out)
            .slice(1)
            .map((line) => line.split(',')[2]),
        ).size,
      ).toBe(3)
      expect(readdirSync(join(folder, 'out'))).toEqual(['scores.csv', 'scores.csv.run.json'])
    },
  )

  it('gives every broken input a row and a line in the ledger, and ends with 3', async () => {
    const place = join(folder, 'mixed')
    mkdirSync(place)
    await writeFilms(place, 3)
    await writeBroken(place)
    writeFileSync(join(place, '.hidden'), '')
    const { status, stderr } = await roentgen(['score', place, '-m', MODEL, '-o', out])
    expect(status).toBe(3)
    expect(stderr).toContain(`failed: 7, see ${out}.errors.jsonl`)
    const names = [...Object.keys(BROKEN), 'film000.png', 'film001.png', 'film002.png'].sort()
    expect(
      lines(out)
        .slice(1)
        .map((line) => line.split(',').slice(0, 2)),
    ).toEqual(names.map((name) => [`${place}/${name}`, name in BROKEN ? 'failed' : 'ok']))
    const ledger = ledgerLines(out)
    expect(ledger.map(({ path, code }) => [path, code])).toEqual(
      Object.entries(BROKEN).map(([name, code]) => [`${place}/${name}`, code]),
    )
    for (const { stage, reason, remedy } of ledger) {
      expect(stage).toBe('decode')
      expect(reason).toMatch(/^[^\n]{10,200}$/)
      expect(remedy).toMatch(/^[^\n]{5,100}$/)
    }
    // A run without failures takes the ledger away again.
    expect((await roentgen(['score', films, '-m', MODEL, '-o', out])).status).toBe(0)
    expect(existsSync(`${out}.errors.jsonl`)).toBe(false)
  })

  it('loses one film to a worker that aborts', async () => {
    const killer = `${films}/film002.png`
    const ended = await roentgen(['score', films, '-m', MODEL, '-o', out], { ROENTGEN_TEST_ABORT: killer })
    expect(ended.status).toBe(3)
    expect(ledgerLines(out)).toEqual([
      {
        path: killer,
        stage: 'worker',
        code: 'ROE_WORKER_DIED',
        reason: 'the worker process died (signal SIGABRT)',
        remedy: expect.any(String),
      },
    ])
    expect(
      lines(out)
        .slice(1)
        .map((line) => line.split(',')[1]),
    ).toEqual(['ok', 'ok', 'failed', 'ok', 'ok'])
  })

  it('ends with 1 when no film succeeds, rows and ledger are there', async () => {
    const place = join(folder, 'all-broken')
    mkdirSync(place)
    await writeBroken(place)
    const { status, stderr } = await roentgen(['score', place, '-m', MODEL, '-o', out])
    expect(status).toBe(1)
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^ROE_ALL_FAILED: .* all 7 films failed; the reasons are in /,
    )
    expect(lines(out)).toHaveLength(8)
    expect(ledgerLines(out)).toHaveLength(7)
  })

  it('writes JSON lines by the extension, and a summary as JSON', async () => {
    const jsonl = join(folder, 'scores.jsonl')
    const { status, stdout } = await roentgen(['score', films, '-m', MODEL, '-o', jsonl, '--json'])
    expect(status).toBe(0)
    const summary = JSON.parse(stdout)
    expect(summary).toMatchObject({
      models: [{ path: MODEL, digest: expect.stringMatching(/^[0-9a-f]{64}$/), precision: 'fp32' }],
      ensemble: null,
      tta: null,
      provider: 'cpu',
      batch: 8,
      films: 5,
      ok: 5,
      failed: 0,
      out: jsonl,
      ledger: null,
    })
    const rows = lines(jsonl).map((line) => JSON.parse(line))
    expect(rows).toHaveLength(5)
    for (const [label, count] of Object.entries(summary.labels))
      expect(rows.filter((row) => row.label === label)).toHaveLength(count as number)
  })

  it('runs several models over films that are read once', async () => {
    const models = ['-m', MODEL, '-m', MULTI]
    const { status, stderr } = await roentgen(['score', films, ...models, '--threshold', '0.9', '-o', out])
    expect([status, stderr.split('\n').filter((line) => line.startsWith('model'))]).toEqual([
      0,
      [expect.stringContaining('classifier.onnx'), expect.stringContaining('multi-label.onnx')],
    ])
    expect(lines(out)[0]).toContain(
      'classifier:p_Viral Pneumonia,multi-label:label,multi-label:p_Covid,multi-label:p_Normal,multi-label:p_Viral Pneumonia,multi-label:labels,width',
    )
    const alone = join(folder, 'alone.csv')
    expect((await roentgen(['score', films, '-m', MODEL, '-o', alone])).status).toBe(0)
    const own = (path: string) =>
      lines(path)
        .slice(1)
        .map((line) => line.split(',').slice(0, 6))
    expect(own(out)).toEqual(own(alone))
    // Each model has its counts: those of the columns that it filled.
    const rows = lines(out)
      .slice(1)
      .map((line) => line.split(','))
    const labels = ['Covid', 'Normal', 'Viral Pneumonia']
    const count = (test: (row: string[]) => boolean) => rows.filter(test).length
    const above = (row: string[]) => row[10]!.split('|')
    expect(JSON.parse(read(`${out}.run.json`)).summary.labels).toEqual({
      classifier: Object.fromEntries(labels.map((label) => [label, count((row) => row[2] === label)])),
      'multi-label': {
        ...Object.fromEntries(labels.map((label) => [label, count((row) => above(row).includes(label))])),
        none: count((row) => row[10] === ''),
      },
    })
    expect(stderr).toContain('labels Covid from 0.9, Normal from 0.9, Viral Pneumonia from 0.9\n')
    expect(stderr).toMatch(/\nclassifier:\n {2}Covid: [\s\S]*\nmulti-label:\n {2}Covid: [\s\S]*\n {2}none: /)
    const merged = join(folder, 'merged.jsonl')
    const { labels: again } = JSON.parse((await roentgen(['merge', out, '-o', merged, '--json'])).stdout)
    expect(again).toEqual(JSON.parse(read(`${out}.run.json`)).summary.labels)
  })

  it('averages the members of an ensemble, and mirror images', async () => {
    const other = join(folder, 'other.onnx')
    copyFileSync(MODEL, other)
    const args = ['score', films, '-m', MODEL, '-m', other, '--ensemble', 'mean', '--tta', 'flip']
    const { status, stderr } = await roentgen([...args, '-o', out])
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining(
        'computed  one result: the mean of 2 models\ncomputed  each film and its mirror',
      ),
    ])
    expect(lines(out)[0]).toBe(
      'path,status,label,p_Covid,p_Normal,p_Viral Pneumonia,sd_Covid,sd_Normal,sd_Viral Pneumonia,width,height,bars,coloured',
    )
    for (const line of lines(out).slice(1)) expect(line.split(',').slice(6, 9)).toEqual(['0', '0', '0'])
  })

  it('refuses what makes no ensemble, and thresholds that mean nothing', async () => {
    for (const [args, error] of [
      [['-m', MODEL, '--ensemble', 'mean'], /^ROE_OPTION: --ensemble: expected two models or more/],
      [['-m', MODEL, '-m', MODEL], /^ROE_OPTION: -m: expected each model once/],
      [['-m', MODEL, '-m', MULTI, '--ensemble', 'mean'], /^ROE_OPTION: --ensemble: .*same activation/],
      [['-m', MODEL, '--threshold', '0.4'], /^ROE_OPTION: --threshold: .*sigmoid/],
      [['-m', MULTI, '--threshold', 'Tumour=0.4'], /^ROE_OPTION: --threshold: .*Covid, Normal/],
      [['-m', MULTI, '--threshold', 'Covid='], /^ROE_OPTION: --threshold: .*LABEL=NUMBER/],
      [['-m', MULTI, '--threshold', '0.4', '--threshold', '0.5'], /^ROE_OPTION: --threshold: .*once/],
    ] as const)
      expect((await roentgen(['score', films, ...args, '-o', out])).stderr).toMatch(error)
  })

  it('says what runs where, how it went, and what it is not for', async () => {
    const { stderr } = await roentgen(['score', films, '-m', MODEL, '-o', out])
    const said = stderr
      .replace(/sha256 [0-9a-f]{12}/, 'sha256 DIGEST')
      .replace(/\d+\.\d s, \d+\.\d films/, 'SECONDS s, RATE films')
      .replace(/^(workers +)\d+ x \d+ threads, \d+ decoders \([^)\n]+\)$/m, '$1SHAPE')
      .replaceAll(folder, 'FOLDER')
    expect(said).toMatchInlineSnapshot(`
      "model     classifier.onnx (sha256 DIGEST), labels Covid, Normal, Viral Pneumonia
      provider  cpu, fp32, batch 8
      workers   SHAPE
      films     5
      Covid: 3 (60.0 %)
      Normal: 0 (0.0 %)
      Viral Pneumonia: 2 (40.0 %)
      failed: 0
      5 rows in FOLDER/out/scores.csv, SECONDS s, RATE films a second
      Research use only, not for diagnosis.
      "
    `)
  })

  it('never takes its own output for a film', async () => {
    const place = join(folder, 'own')
    mkdirSync(place)
    await writeFilms(place, 2)
    writeFileSync(join(place, 'note.txt'), 'no film')
    const args = ['score', place, '-m', MODEL, '-o', join(place, 'scores.csv')]
    expect((await roentgen(args)).status).toBe(3)
    const bytes = read(join(place, 'scores.csv'))
    expect((await roentgen(args)).status).toBe(3)
    expect(read(join(place, 'scores.csv'))).toBe(bytes)
  })
})

describe('what a user gets wrong', () => {
  const empty = () => {
    mkdirSync(join(folder, 'empty'), { recursive: true })
    return join(folder, 'empty')
  }
  const model = (name: string) => ['score', films, '-m', fixture(name), '-o', out]

  const CASES: [name: string, args: () => string[], status: number, start: RegExp][] = [
    ['an empty folder', () => ['score', empty(), '-m', MODEL, '-o', out], 1, /^ROE_NO_FILMS: .*empty: /],
    ['a missing folder', () => ['score', 'gone', '-m', MODEL, '-o', out], 1, /^ROE_NOT_FOUND: gone: /],
    ['a missing model', () => model('none'), 1, /^ROE_MODEL_MISSING: .*none\.onnx: /],
    ['a garbage model', () => model('garbage'), 1, /^ROE_MODEL_INVALID: .*garbage\.onnx: /],
    ['a text file for a model', () => model('text'), 1, /^ROE_MODEL_INVALID: .*text\.onnx: /],
    ['a model that ORT refuses', () => model('unknown-operator'), 1, /^ROE_MODEL_INVALID: .*NoSuchOperator/],
    [
      'a model of floats',
      () => model('float-input'),
      1,
      /^ROE_MODEL_INPUT: .*it takes float \[N, 32, 32, 3\]/,
    ],
    [
      'a model of another rank',
      () => model('wrong-rank'),
      1,
      /^ROE_MODEL_INPUT: .*it takes uint8 \[N, 1024\]/,
    ],
    ['a foreign model', () => model('no-facts'), 1, /^ROE_MODEL_FACTS: .*roentgen\.preprocessing/],
    [
      'an unknown extension',
      () => ['score', films, '-m', MODEL, '-o', 'x.xlsx'],
      2,
      /^ROE_OPTION: -o: .*\.csv, \.jsonl or \.parquet/,
    ],
    ['a batch of nothing', () => [...model('classifier'), '--batch', '0'], 2, /^ROE_OPTION: --batch: /],
    [
      'a batch that is no number',
      () => [...model('classifier'), '--batch', 'many'],
      2,
      /^ROE_OPTION: --batch: /,
    ],
    ...['batch', 'workers', 'threads', 'decoders'].map((name): (typeof CASES)[number] => [
      `too much of --${name}`,
      () => [...model('classifier'), `--${name}`, '100000000'],
      2,
      new RegExp(`^ROE_OPTION: --${name}: expected a whole number from 1 to [0-9]+, received 100000000;`),
    ]),
    ...['--pool=none', '--features-format=npy'].map((option): (typeof CASES)[number] => [
      `${option} without --features`,
      () => [...model('classifier'), option],
      2,
      /^ROE_USAGE: .*features/,
    ]),
    ['half a thread', () => [...model('classifier'), '--threads', '0.5'], 2, /^ROE_OPTION: --threads: /],
    ['less than a second', () => [...model('classifier'), '--timeout', '0.9'], 2, /^ROE_OPTION: --timeout: /],
    [
      'a second model without -m',
      () => ['score', '-m', MODEL, MULTI, films, '-o', out],
      2,
      /^ROE_USAGE: score: .*multi-label\.onnx is a model; give -m before each model; /,
    ],
    [
      'a pattern that nothing matches',
      () => ['score', join(films, '*.tif'), '-m', MODEL, '-o', out],
      1,
      /^ROE_NO_FILMS: the pattern .*; check the pattern/,
    ],
    [
      'a provider that is not here',
      () => [...model('classifier'), '--provider', 'tensorrt'],
      1,
      /^ROE_PROVIDER: tensorrt: /,
    ],
    [
      'a place that is no folder',
      () => ['score', films, '-m', MODEL, '-o', `${MODEL}/s.csv`],
      1,
      /^ROE_WRITE: /,
    ],
  ]
  for (const [name, args, status, message] of CASES)
    it(`${name}: one line, exit status ${status}, no stack`, async () => {
      const ended = await roentgen(args())
      expect(ended.stderr).toMatch(message)
      expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(ended).toMatchObject({ status, stdout: '' })
    })

  for (const [where, name] of [
    ['here', 'garbage'],
    ['in the worker', 'unknown-operator'],
  ] as const)
    it(`--debug shows the stack of an error ${where}`, async () => {
      const { stderr } = await roentgen([...model(name), '--debug'])
      expect(stderr).toMatch(/^ROE_MODEL_INVALID: [^\n]+\n[\s\S]*\n {4}at /)
      expect(stderr).toMatch(where === 'here' ? /header\.js/ : /worker\.js/)
    })
})

describe('a run that is stopped', () => {
  /** Starts a run of 3,000 films and waits until it has opened its model. */
  async function underWay() {
    const place = join(folder, 'many')
    if (!existsSync(place)) {
      mkdirSync(place)
      for (let i = 0; i < 3000; i++) symlinkSync(join(films, 'film001.png'), join(place, `${i}.png`))
    }
    const there = join(folder, 'stopped')
    mkdirSync(there, { recursive: true })
    const older = join(there, 'older.csv')
    copyFileSync(MODEL, older)
    const child = start(['score', place, '-m', MODEL, '-o', older, '--restart'])
    await once(child.stderr, 'data')
    const workers = read(`/proc/${child.pid}/task/${child.pid}/children`).trim().split(' ')
    return { child, place, there, older, worker: workers[0] }
  }
  const onLinux = process.platform === 'linux'

  it.skipIf(!onLinux)('by Ctrl-C ends with 130, leaves the older file, and is gone on with', async () => {
    const { child, place, there, older } = await underWay()
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(readdirSync(there).filter((name) => name.startsWith('.'))).toEqual([])
    expect(read(older)).toBe(read(MODEL))
    const ended = await roentgen(['score', place, '-m', MODEL, '-o', older, '--resume'])
    expect(ended.status).toBe(0)
    expect(readdirSync(there)).toEqual(['older.csv', 'older.csv.run.json'])
    expect(lines(older)).toHaveLength(3001)
    // Gone on with once more, it has nothing to do.
    const again = await roentgen(['score', place, '-m', MODEL, '-o', older, '--resume'])
    expect(again.status).toBe(0)
    expect(again.stderr).toContain('finished already')
  })

  it.skipIf(!onLinux)('by SIGKILL takes its worker along', async () => {
    const { child, worker } = await underWay()
    expect(existsSync(`/proc/${worker}`)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (let i = 0; i < 1000 && existsSync(`/proc/${worker}`); i++) await sleep(50)
    expect(existsSync(`/proc/${worker}`)).toBe(false)
  })
})

describe('roentgen preview', () => {
  it('writes the pixels that the model sees', async () => {
    const png = join(folder, 'seen.png')
    const ended = await roentgen(['preview', join(films, 'film001.png'), '-m', MODEL, '-o', png])
    expect(ended).toMatchObject({ status: 0, stdout: '', stderr: `${png}: 32 x 32 pixels, RGB\n` })
    const { decodeFilm } = await import('../../src/image/decode.ts')
    const { preprocess } = await import('../../src/image/preprocess.ts')
    const { openModelFile } = await import('../../src/infer/model-file.ts')
    const expected = preprocess(
      await decodeFilm(join(films, 'film001.png')),
      (await openModelFile(MODEL)).preprocessing,
    )
    const seen = await decodeFilm(png)
    // Three equal channels are a grey film to the decoder, or stay three.
    const step = expected.channels / seen.channels
    expect([...seen.pixels]).toEqual([...expected.pixels].filter((_, i) => i % step === 0))
  })

  it('says what is wrong with a film in one line', async () => {
    const ended = await roentgen(['preview', MODEL, '-m', MODEL, '-o', join(folder, 'x.png')])
    expect(ended.status).toBe(1)
    expect(ended.stderr).toMatch(/^ROE_FILM_FORMAT: .*classifier\.onnx: [^\n]+\n$/)
  })
})

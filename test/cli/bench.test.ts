import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caseId, RESULTS, type Results } from '../../bench/results.ts'
import { fixture, removeFolder, temporaryFolder, writeBroken, writeFilms } from '../infer/films.ts'
import { type Ended, roentgen, start } from './run.ts'

let folder = ''
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

const resultsIn = (out: string): Results =>
  RESULTS.parse(JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8')))

const linesIn = (out: string): number => {
  const path = join(out, 'samples.jsonl')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
}

/** As short as it goes: what is tested is what is written, not how fast it is. */
const SHORT = ['--quick', '--duration', '0.05', '--threads', '1', '--batch', '2']

describe('roentgen bench of two small backbones', () => {
  const args = () => [
    ...['bench', '--backbone', 'squeezenet,mobilenet', '--size', '32', ...SHORT],
    ...['--scenario', 'offline,single-stream', '-o', join(folder, 'two')],
  ]
  let results: Results

  it('ends with Ctrl-C, says what is there, and reports it as unfinished', async () => {
    const child = start(args())
    let said = ''
    child.stderr.on('data', (text: Buffer) => {
      said += text
    })
    while (linesIn(join(folder, 'two')) < 1) await sleep(20)
    child.kill('SIGINT')
    const [status] = await once(child, 'close')
    expect(status).toBe(130)
    // A line that is still on its way to the disk is not counted yet.
    expect(said).toMatch(/interrupted; [0-2] of 8 visits are done; the same command goes on behind them\n/)
    const { samples, unfinished } = resultsIn(join(folder, 'two'))
    expect(samples).toHaveLength(linesIn(join(folder, 'two')))
    expect(unfinished).toMatchObject({ done: samples.length, of: 8 })
    expect(unfinished!.unvisited.length).toBeGreaterThan(0)
    expect(readFileSync(join(folder, 'two', 'report.md'), 'utf8')).toMatch(/^# Benchmark\n\nUnfinished: /)
  })

  it('is killed half-way, goes on, and has each case once a round', async () => {
    const out = join(folder, 'two')
    const child = start(args())
    while (linesIn(out) < 3) await sleep(20)
    child.kill('SIGKILL')
    await once(child, 'close')
    const before = linesIn(out)
    // A line that the kill cut short.
    appendFileSync(join(out, 'samples.jsonl'), '\n{"case":{"model":"mobil')
    expect(before).toBeLessThan(8)
    const { status } = await roentgen(args())
    expect(status).toBe(0)
    results = resultsIn(out)
    const seen = results.samples.map((sample) => `${sample.round} ${caseId(sample.case)}`)
    expect(seen.toSorted()).toEqual(
      ['mobilenet offline cpu fp32 b2 t1', 'mobilenet single-stream cpu fp32 b1 t1']
        .flatMap((one) => [one, one.replace('mobilenet', 'squeezenet')])
        .flatMap((one) => [`0 ${one}`, `1 ${one}`])
        .toSorted(),
    )
    expect([results.failures, results.unfinished]).toEqual([[], null])
  })

  it('says of each model what it is', () => {
    expect(results.models.map(({ name }) => name)).toEqual(['squeezenet', 'mobilenet'])
    for (const model of results.models) {
      expect(model).toMatchObject({ source: 'backbone', weights: 'random', auc: null })
      expect(model.input).toEqual({ height: 32, width: 32, channels: 3 })
      expect(model.digests.fp32).toMatch(/^[0-9a-f]{64}$/)
      expect(model.gmacs).toBeGreaterThan(0)
      expect(model.parity).toBeLessThanOrEqual(1e-5)
    }
  })

  it('keeps the rules: enough time, enough queries, and times that hold together', () => {
    expect(results.quick).toBe(true)
    for (const { case: one, latenciesMs, wallMs, cpuMs, cold, provider, peakBytes } of results.samples) {
      const sum = latenciesMs.reduce((all, ms) => all + ms, 0)
      expect(wallMs).toBeGreaterThanOrEqual(results.rules.minDurationMs)
      expect(sum).toBeLessThanOrEqual(wallMs * 1.0001)
      expect(latenciesMs.length * one.batch).toBeGreaterThanOrEqual(results.rules.minQueries)
      expect(Math.min(cpuMs, cold.loadMs, cold.firstRunMs)).toBeGreaterThan(0)
      expect(provider).toMatchObject({ name: 'cpu', passedOver: [], share: 1 })
      expect(peakBytes).toBeGreaterThan(1 << 24)
    }
  })

  it('goes on without a visit where all is done, and refuses other settings in one line', async () => {
    const out = join(folder, 'two')
    const { samples } = resultsIn(out)
    // Of a report that was killed while it was written.
    const left = join(out, '.report.html.0123456789ab.tmp')
    appendFileSync(left, '<')
    expect((await roentgen(args())).status).toBe(0)
    expect(resultsIn(out).samples).toEqual(samples)
    expect(existsSync(left)).toBe(false)
    const { status, stderr } = await roentgen([...args(), '--seed', '7'])
    expect(status).toBe(2)
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^ROE_OPTION: -o: expected a folder of its own.*a suite of other seed/,
    )
  })
})

describe('roentgen bench of a given model and films', () => {
  let ended: Ended
  let results: Results
  let args: string[]
  beforeAll(async () => {
    const films = join(folder, 'films')
    await writeFilmsInto(films)
    // Films that the fixture puts in an order that is not perfect.
    const data = join(folder, 'data')
    for (const label of ['Covid', 'Normal']) {
      mkdirSync(join(data, label), { recursive: true })
      await writeFilms(join(data, label), label === 'Covid' ? 8 : 5)
    }
    const out = join(folder, 'given')
    args = [
      ...['bench', films, '-m', fixture('classifier'), ...SHORT, '--rounds', '1'],
      ...['--scenario', 'end-to-end,offline', '--provider', 'cpu,dml', '-o', out, '--json'],
      ...['--data', data, '--positive', 'Covid'],
    ]
    ended = await roentgen(args)
    results = resultsIn(out)
  })

  it('measures from file to row, each part apart, on the films that can be read', () => {
    const sample = results.samples.find(({ case: one }) => one.scenario === 'end-to-end')
    expect(sample?.latenciesMs.length).toBeGreaterThanOrEqual(6)
    const { decodeMs, preprocessMs, inferMs, writeMs } = sample!.parts!
    expect(Math.min(decodeMs, preprocessMs, inferMs, writeMs)).toBeGreaterThan(0)
    expect(results.samples.filter(({ parts }) => parts === null)).toHaveLength(1)
  })

  it('says which films cannot be read', () => {
    expect(results.films).toMatchObject({ run: 5, unreadable: expect.any(Number) })
    if (process.platform === 'win32') return
    expect(results.films!.unreadable).toBeGreaterThan(0)
    expect(ended.stderr).toMatch(/^\d+ of \d+ films cannot be read and are left out: .*films/m)
  })

  it('does not take the AUC of one class for that of another', async () => {
    const other = await roentgen(args.with(-1, 'Normal'))
    expect(other).toMatchObject({ status: 2, stderr: expect.stringContaining('a suite of other positive') })
  })

  it('has the AUC of labelled films beside the speed', () => {
    const { auc, source, weights } = results.models[0]!
    expect({ source, weights }).toEqual({ source: 'file', weights: 'given' })
    expect(auc).toMatchObject({ label: 'Covid', films: 13 })
    expect(auc!.low).toBeLessThan(auc!.value)
    expect(auc!.high).toBeGreaterThan(auc!.value)
  })

  it('a provider that is not here is a failure of its cases, and exit status 3', () => {
    expect(results.failures.map(({ case: one }) => caseId(one)).toSorted()).toEqual([
      'classifier end-to-end dml fp32 b2 t1',
      'classifier offline dml fp32 b2 t1',
    ])
    for (const { problem } of results.failures) expect(problem).toMatch(/^ROE_PROVIDER: dml: /)
    expect(ended.status).toBe(3)
    const told = JSON.parse(ended.stdout)
    expect(told).toMatchObject({ cases: 4, samples: 2 })
    for (const file of told.files) expect(existsSync(file)).toBe(true)
  })
})

describe('roentgen bench of a model whose labels do not exclude each other', () => {
  let args: string[]
  beforeAll(async () => {
    const films = join(folder, 'findings')
    mkdirSync(films)
    const paths = await writeFilms(films, 10)
    const rows = paths.map((path, i) => [path, i % 2, i % 3 === 0 ? '' : i % 4 < 2 ? 1 : 0, -1].join(','))
    const data = join(folder, 'findings.csv')
    writeFileSync(data, `path,Covid,Normal,Viral Pneumonia\n${rows.join('\n')}\n`)
    args = ['bench', '-m', fixture('multi-label'), ...SHORT, '--rounds', '1', '--scenario', 'offline']
    args.push('--data', data)
  })

  it('has the AUC of the label that is named beside the speed, over the films of which it is known', async () => {
    const out = join(folder, 'named')
    const { status, stdout } = await roentgen([...args, '--positive', 'Normal', '-o', out])
    expect(status).toBe(0)
    const told = await roentgen(['evaluate', '-m', fixture('multi-label'), '--data', args.at(-1)!, '--json'])
    const { known, auc } = JSON.parse(told.stdout).all[1]
    const { interval, value } = auc
    expect(known).toBe(6)
    expect(resultsIn(out).models[0]!.auc).toEqual({
      ...{ label: 'Normal', value, low: interval[0], high: interval[1], films: known, copies: 0 },
    })
    expect(stdout).toContain('; Normal, 6 films)')
  })

  it('has none where no label is named, and none of a label that it does not have', async () => {
    const unnamed = await roentgen([...args, '-o', join(folder, 'unnamed')])
    expect(unnamed.status).toBe(0)
    expect(unnamed.stderr).toMatch(
      /^multi-label: no AUC beside its speed: name its class, or one of its labels/m,
    )
    const other = await roentgen([...args, '--positive', 'Mass', '-o', join(folder, 'other')])
    expect(other.status).toBe(2)
    expect(other.stderr).toMatch(
      /^ROE_OPTION: --positive: expected Covid or Normal or Viral Pneumonia, received Mass/m,
    )
  })
})

it('a folder of which no film can be read is told apart from an empty one, with the reason', async () => {
  const [bad, empty] = [join(folder, 'bad'), join(folder, 'empty')]
  for (const path of [bad, empty]) mkdirSync(path)
  for (const name of ['a.png', 'b.png', 'c.png']) writeFileSync(join(bad, name), '')
  const bench = (films: string) =>
    roentgen(['bench', films, '-m', fixture('classifier'), ...SHORT, '-o', join(folder, 'unread')])
  const { status, stderr } = await bench(bad)
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /^ROE_NO_FILMS: .*bad: none of the 3 films of it that were tried can be read; the first, .*a\.png: the file is empty \(0 bytes\); name a folder with films\n$/,
  )
  expect((await bench(empty)).stderr).toMatch(/^ROE_NO_FILMS: .*empty: there are no films in it; /)
})

it('stopped while it makes networks, it leaves nothing half-written', async () => {
  const out = join(folder, 'stopped')
  const models = join(out, 'models')
  const left = '.squeezenet.onnx.0123456789ab.tmp'
  mkdirSync(models, { recursive: true })
  // Of a run that was killed.
  writeFileSync(join(models, left), '')
  const child = start(['bench', '--backbone', 'vgg16,squeezenet', ...SHORT, '-o', out])
  const isHalf = () => readdirSync(models).some((name) => name.startsWith('.vgg16.onnx.'))
  while (!isHalf() && child.exitCode === null) await sleep(5)
  child.kill('SIGINT')
  const [status] = await once(child, 'close')
  expect(status).toBe(130)
  expect(readdirSync(models).filter((name) => name.startsWith('.'))).toEqual([])
})

it('a report of something else in the folder stays as it is', async () => {
  const out = join(folder, 'mine')
  mkdirSync(out)
  writeFileSync(join(out, 'report.md'), 'mine')
  const { status, stderr } = await roentgen(['bench', '-m', fixture('classifier'), ...SHORT, '-o', out])
  expect(status).toBe(2)
  expect(stderr).toMatch(/^ROE_OPTION: -o: expected a folder of its own.*a report\.md of something else/)
  expect(readFileSync(join(out, 'report.md'), 'utf8')).toBe('mine')
})

async function writeFilmsInto(films: string): Promise<void> {
  mkdirSync(films)
  await writeFilms(films, 5)
  if (process.platform !== 'win32') await writeBroken(films)
  rmSync(join(films, 'f-pipe.png'), { force: true })
}

it('a network that cannot be built ends the command, and the others with it', async () => {
  const out = join(folder, 'small')
  const { status, stderr } = await roentgen([
    ...['bench', '--backbone', 'inceptionv3,squeezenet,xception', '--size', '32', '-o', out],
  ])
  expect(status).toBe(2)
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^ROE_BACKBONE: (inceptionv3|xception): /)
})

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Aucs, assertAucs } from '../../src/cli/demo/asserted.ts'
import { shuffleLabels } from '../../src/cli/demo/shuffle.ts'
import { type Ended, roentgen } from './run.ts'

/** Films to train on: fewer than the default, so that the test is quick; what is asserted holds for them as well. */
const FILMS = 160

let folder = ''
let out = ''
let ended: Ended

const filesBelow = (place: string): string[] =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(place.length + 1))
    .sort()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-demo-'))
  out = join(folder, 'demo')
  // What an earlier demo with more films left, and what the user laid beside it.
  const films = join(out, 'films', 'train', 'opacity')
  mkdirSync(films, { recursive: true })
  writeFileSync(join(out, 'demo.json'), '{ "madeBy": "roentgen demo" }')
  writeFileSync(join(films, 'film4000.png'), 'left over')
  writeFileSync(join(out, 'notes.txt'), 'mine')
  ended = await roentgen(['demo', '-o', out, '--films', String(FILMS)])
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('roentgen demo', () => {
  it('ends with a summary whose figures are those that it asserts', () => {
    expect(ended).toMatchObject({ status: 0 })
    const figures = /^Test AUC +(\d\.\d{3}) .*\nTest AUC with shuffled labels +(\d\.\d{3}) /.exec(
      ended.stdout,
    )
    expect(Number(figures?.[1])).toBeGreaterThanOrEqual(0.95)
    expect(Math.abs(Number(figures?.[2]) - 0.5)).toBeLessThanOrEqual(0.15)
    for (const verb of ['train', 'score', 'evaluate']) expect(ended.stdout).toContain(`\n  roentgen ${verb} `)
    expect(ended.stdout).toMatch(/\nResearch use only, not for diagnosis\.\n$/)
    expect(ended.stderr.match(/^\d\/6 /gm)).toEqual(['1/6 ', '2/6 ', '3/6 ', '4/6 ', '5/6 ', '6/6 '])
  })

  it('leaves films, run, controls, scores and report, and what it did not write', () => {
    const files = filesBelow(out)
    const count = (pattern: RegExp): number => files.filter((file) => pattern.test(file)).length
    for (const label of ['normal', 'opacity']) {
      for (const extension of ['png', 'jpg']) {
        expect(count(new RegExp(`^films/train/${label}/film.*${extension}$`))).toBe(FILMS / 4)
        expect(count(new RegExp(`^films/test/${label}/film.*${extension}$`))).toBe(FILMS / 8)
      }
    }
    expect(files).toEqual(
      expect.arrayContaining([
        'control/1/model.onnx',
        'control/2/model.onnx',
        'control/3/model.onnx',
        'demo.json',
        'notes.txt',
        'report/evaluation/evaluation.json',
        'report/evaluation/index.html',
        'report/index.html',
        'run/history.csv',
        'run/model.onnx',
        'run/plot.png',
        'run/run.json',
        'scores.csv',
      ]),
    )
    expect(readFileSync(join(out, 'scores.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(1 + FILMS / 2)
  })

  it('shows the films, the evaluation and the command of each step on its page', () => {
    const page = readFileSync(join(out, 'report', 'index.html'), 'utf8')
    expect(page.match(/alt="Made-up film of class (normal|opacity)"/g)).toHaveLength(12)
    expect(page.match(/alt="What the model sees of class (normal|opacity)"/g)).toHaveLength(12)
    expect(page).toContain('confusion matrix')
    for (const verb of ['train', 'score', 'evaluate', 'preview']) expect(page).toContain(`roentgen ${verb} `)
    const auc = /^Test AUC +(\d\.\d{3})/.exec(ended.stdout)?.[1]
    expect(page).toContain(`<td>true</td><td>${auc}</td>`)
  })

  it('found no copy of a training film among the test films', () => {
    const text = readFileSync(join(out, 'report', 'evaluation', 'evaluation.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ films: FILMS / 2, copies: [], failed: [] })
  })

  const inFolder = (name: string, text: string) => (place: string) => {
    mkdirSync(place)
    writeFileSync(join(place, name), text)
  }
  const FOREIGN: [what: string, make: (place: string) => void][] = [
    ['a folder with a file', inFolder('a.txt', 'mine')],
    ["a folder with somebody else's demo.json", inFolder('demo.json', '{"madeBy":"me"}')],
    ['a file', (place) => writeFileSync(place, 'mine')],
  ]
  for (const [what, make] of FOREIGN) {
    it(`${what} is left alone, with one line and status 1`, async () => {
      const place = mkdtempSync(join(folder, 'foreign-'))
      make(join(place, 'there'))
      const before = filesBelow(place).map((file) => [file, readFileSync(join(place, file), 'utf8')])
      const { status, stdout, stderr } = await roentgen(['demo', '-o', join(place, 'there')])
      expect(stderr).toMatch(/^ROE_DEMO_FOLDER: [^\n]+; name another folder with -o\n$/)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(filesBelow(place).map((file) => [file, readFileSync(join(place, file), 'utf8')])).toEqual(before)
    })
  }

  it('refuses too few films before it writes anything', async () => {
    const place = join(folder, 'few')
    const { status, stderr } = await roentgen(['demo', '-o', place, '--films', '8'])
    expect(stderr).toMatch(/^ROE_OPTION: --films: expected a whole number from 40, received 8; [^\n]+\n$/)
    expect(status).toBe(2)
    expect(readdirSync(folder)).not.toContain('few')
  })
})

describe('assertAucs', () => {
  const RIGHT: Aucs[] = [
    { true: 0.95, shuffled: 0.5 },
    { true: 1, shuffled: 0.36 },
    { true: 0.99, shuffled: 0.64 },
  ]
  for (const aucs of RIGHT)
    it(`${aucs.true} and ${aucs.shuffled} pass`, () => {
      expect(() => assertAucs('demo', aucs)).not.toThrow()
    })
  const WRONG: [aucs: Aucs, problem: string][] = [
    [{ true: 0.949, shuffled: 0.5 }, 'with true labels is 0.949, it must be at least 0.95'],
    [{ true: Number.NaN, shuffled: 0.5 }, 'with true labels is NaN, it must be at least 0.95'],
    [{ true: 0.99, shuffled: 0.34 }, 'with shuffled labels is 0.340, it must be 0.5 ± 0.15'],
    [{ true: 0.99, shuffled: 0.66 }, 'with shuffled labels is 0.660, it must be 0.5 ± 0.15'],
    [{ true: 0.99, shuffled: Number.NaN }, 'with shuffled labels is NaN, it must be 0.5 ± 0.15'],
  ]
  for (const [aucs, problem] of WRONG)
    it(`${aucs.true} and ${aucs.shuffled} do not`, () => {
      expect(() => assertAucs('demo', aucs)).toThrow(
        `ROE_DEMO: demo: the test AUC ${problem}; run it without`,
      )
    })
})

describe('shuffleLabels', () => {
  const films = Array.from({ length: 41 }, (_, i) => ({
    path: `film${String(i).padStart(2, '0')}`,
    label: i < 20 ? 'normal' : 'opacity',
    patient: null,
    split: null,
  }))
  const data = { films, labels: ['normal', 'opacity'], beside: [], notes: [] }
  const truth = new Map(films.map(({ path, label }) => [path, label]))

  it('gives each label to half of the films of each class, to a film', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { films: dealt } = shuffleLabels(data, seed)
      expect(dealt.map(({ path }) => path)).toEqual(films.map(({ path }) => path))
      const agreeing = (label: string): number =>
        dealt.filter((film) => truth.get(film.path) === label && film.label === label).length
      expect(agreeing('normal')).toBe(10)
      expect([10, 11]).toContain(agreeing('opacity'))
    }
  })
  it('gives the same labels for the same seed, others for another', () => {
    expect(shuffleLabels(data, 1)).toEqual(shuffleLabels(data, 1))
    expect(shuffleLabels(data, 1)).not.toEqual(shuffleLabels(data, 2))
  })
})

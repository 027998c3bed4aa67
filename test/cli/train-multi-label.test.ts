/** Several labels a film, by the real command: made-up films with opacities and letters, from the CSV to the evaluation. */
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import yargs from 'yargs'
import { parseMetadata } from '../../converters/onnx/metadata.ts'
import { RoentgenError } from '../../errors.ts'
import train from '../../src/cli/train.ts'
import { encodePng } from '../../src/image/encode.ts'
import type { Pixels } from '../../src/image/film.ts'
import { phantomFilm } from '../../src/image/phantom.ts'
import { roentgen, start } from './run.ts'

const FILMS = 36
let root = ''
let manifest = ''
let args: string[] = []
/** Film → what its row says of Opacity and Bright. */
const truths = new Map<string, [string, string]>()

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-multi-label-'))
  mkdirSync(join(root, 'films'))
  const lines = ['path,Opacity,Bright,patient,split']
  for (let i = 0; i < FILMS; i++) {
    const { film } = phantomFilm({ seed: i, positive: i % 2 === 1, size: 64 })
    const isBright = i % 3 === 0
    const pixels = (film as Pixels).pixels.map((grey) => (isBright ? 128 + (grey >> 1) : grey >> 1))
    const name = `films/${String(i).padStart(2, '0')}.png`
    writeFileSync(join(root, name), await encodePng({ ...(film as Pixels), pixels }))
    const opacity = i % 9 === 4 ? '' : String(i % 2)
    const bright = i % 7 === 5 ? '-1' : isBright ? '1.0' : '0'
    truths.set(join(root, name), [opacity, bright])
    lines.push(`${name},${opacity},${bright},p${i >> 1},${i >= FILMS - 6 ? 'test' : ''}`)
  }
  manifest = join(root, 'films.csv')
  writeFileSync(manifest, `${lines.join('\n')}\n`)
  args = [
    ...['train', '--data', manifest, '--multi-label', 'Opacity,Bright', '--weights', 'random'],
    ...['--backbone', 'squeezenet', '--head', 'gap', '--size', '48', '--no-augment', '--seed', '3'],
    ...['--learning-rate', '0.01'],
  ]
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

describe('roentgen train --multi-label', () => {
  let out = ''
  let stderr = ''
  beforeAll(async () => {
    out = join(root, 'run')
    const ended = await roentgen([...args, '--epochs', '6', '--class-weights', 'balanced', '-o', out])
    stderr = ended.stderr
    expect(ended).toMatchObject({ status: 0, stdout: '' })
  })

  it('says what is known of each label, and trains by binary accuracy over it', () => {
    expect(stderr).toMatch(/^labels: Opacity 14 of 27 known, Bright 9 of 26 known$/m)
    expect(stderr).toMatch(/^left out, for their split is test: 6 films$/m)
    expect(stderr).toMatch(
      /^Epoch 6\/6 - loss: \d\.\d{4} - binary_accuracy: \d\.\d{4} - val_loss: \d\.\d{4} - val_binary_accuracy: \d\.\d{4}$/m,
    )
    expect(json(join(out, 'run.json')).plan).toMatchObject({
      ...{ multiLabel: ['Opacity', 'Bright'], loss: 'binary', classWeights: 'balanced' },
    })
  })

  it('leaves a model that says its labels, sigmoid and thresholds, and what was known of its films', () => {
    const facts = parseMetadata(readFileSync(join(out, 'model.onnx')))
    const said = (key: string) => JSON.parse(facts.get(`roentgen.${key}`)!)
    expect(said('labels')).toEqual(['Opacity', 'Bright'])
    expect(said('activation')).toBe('sigmoid')
    expect(said('thresholds')).toEqual([0.5, 0.5])
    expect(said('films')).toHaveLength(30)
    const first = said('films').find(({ path }: { path: string }) => path === 'films/04.png')
    expect(first).toMatchObject({ label: '', findings: { Bright: 0 } })
  })

  it('whose scores are what training saw, to the loss and accuracy of the last epoch', async () => {
    const scores = join(root, 'scores.csv')
    const films = json(join(out, 'run.json')).data
    expect([films.train + films.validation, films.labels]).toEqual([30, ['Opacity', 'Bright']])
    expect(
      (await roentgen(['score', join(root, 'films'), '-m', join(out, 'model.onnx'), '-o', scores])).status,
    ).toBe(0)
    const [head, ...rows] = readFileSync(scores, 'utf8').trimEnd().split('\n')
    expect(head).toBe('path,status,label,p_Opacity,p_Bright,labels,width,height,bars,coloured')
    const held = new Set(
      JSON.parse(parseMetadata(readFileSync(join(out, 'model.onnx'))).get('roentgen.films')!)
        .filter(({ split }: { split: string }) => split === 'validation')
        .map(({ path }: { path: string }) => join(root, path)),
    )
    let [loss, right, known] = [0, 0, 0]
    for (const row of rows) {
      const [path, , , ...cells] = row.split(',') as [string, string, string, ...string[]]
      const above = cells[2] === '' ? [] : cells[2]!.split('|')
      for (const [at, label] of ['Opacity', 'Bright'].entries()) {
        const p = Number(cells[at])
        expect(above.includes(label)).toBe(p >= 0.5)
        const truth = truths.get(path)![at]!
        if (!held.has(path) || truth === '' || truth === '-1') continue
        known += 1
        loss -= Math.log(Number(truth) === 1 ? p : 1 - p)
        right += (Number(truth) === 1) === p > 0.5 ? 1 : 0
      }
    }
    const { last } = json(join(out, 'run.json'))
    expect(known).toBeGreaterThan(6)
    expect(Math.abs(loss / known - last.valLoss)).toBeLessThan(1e-4)
    expect(right / known).toBe(last.valAccuracy)
  })

  it('is evaluated label by label, without a confusion matrix', async () => {
    const report = join(root, 'report')
    const model = join(out, 'model.onnx')
    const { status, stdout } = await roentgen(['evaluate', '-m', model, '--data', manifest, '-o', report])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^label +known +with it +AUC +95 % interval +threshold +sensitivity/m)
    expect(stdout).toMatch(/^Bright +31 +\d+ +[01]\.\d{4} /m)
    expect(stdout).not.toContain('confusion')
    const { all, copies, films } = json(join(report, 'evaluation.json'))
    expect(films).toBe(FILMS)
    expect(copies).toHaveLength(30)
    expect(all.map(({ label, known }: { label: string; known: number }) => [label, known])).toEqual([
      ['Opacity', 32],
      ['Bright', 31],
    ])
    expect(all[1].auc.value).toBeGreaterThan(0.9)
    expect(existsSync(join(report, 'index.html'))).toBe(true)
    const refused = await roentgen(['evaluate', '-m', model, '--data', manifest, '--positive', 'Bright'])
    expect(refused).toMatchObject({ status: 2 })
    expect(refused.stderr).toMatch(/^ROE_OPTION: --positive: expected nothing, since each label/)
  })

  it('killed, goes on behind its last whole epoch, and ends with the bytes of one that was not', async () => {
    const [whole, killed] = [join(root, 'whole'), join(root, 'killed')]
    const all = [...args, '--epochs', '30', '--keep', 'best']
    expect((await roentgen([...all, '-o', whole])).status).toBe(0)
    const child = start([...all, '-o', killed])
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const closed = once(child, 'close')
    while (!said.includes('Epoch 5/30') && child.exitCode === null) await sleep(5)
    child.kill('SIGKILL')
    expect(await closed).toEqual([null, 'SIGKILL'])
    const again = await roentgen([...all, '--resume', '-o', killed])
    expect(again.stderr).toMatch(/^goes on behind epoch \d+, from /m)
    for (const name of ['model.onnx', 'run.json'])
      expect(readFileSync(join(killed, name)).equals(readFileSync(join(whole, name))), name).toBe(true)
    const other = await roentgen([...all, '--resume', '--label-smoothing', '0.1', '-o', killed])
    expect(other.stderr).toMatch(/ROE_RESUME: .*labelSmoothing/)
  })

  it('--folds gives each label the mean and deviation of its areas', async () => {
    const folds = join(root, 'folds')
    const { status, stdout } = await roentgen([...args, '--epochs', '1', '--folds', '2', '-o', folds])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^AUC of the 2 folds$/m)
    expect(stdout).toMatch(/^Bright +[01]\.\d{4} ± 0\.\d{4} +[01]\.\d{4} [01]\.\d{4}$/m)
    expect(readFileSync(join(folds, 'report', 'evaluation.txt'), 'utf8')).toBe(stdout)
    const table = readFileSync(join(folds, 'folds.csv'), 'utf8').split('\n')
    expect(table[0]).toBe('path,Opacity,Bright,patient,fold')
    const { all, films } = json(join(folds, 'report', 'evaluation.json'))
    expect(films).toBe(30)
    expect(all[0].known).toBe(27)
  })
})

describe('refuses in one line', () => {
  const inProcess = async (given: readonly string[]) =>
    train.run(
      await train
        .options(yargs([...given]))
        .strict()
        .parseAsync(),
    )
  const write = (name: string, text: string): string => {
    const path = join(root, name)
    writeFileSync(path, text)
    return path
  }
  const REFUSED: [what: string, given: () => string[], RegExp][] = [
    [
      'a sweep',
      () => ['--sweep', 'head=gap,flatten'],
      /^ROE_OPTION: --sweep: expected nothing beside --multi-label/,
    ],
    [
      'a positive class',
      () => ['--folds', '2', '--positive', 'Bright'],
      /^ROE_OPTION: --positive: expected nothing/,
    ],
    [
      'one label',
      () => ['--multi-label', 'Bright'],
      /^ROE_OPTION: --multi-label: expected names of at least two/,
    ],
    [
      'a column that is not there',
      () => ['--multi-label', 'Bright,Mass'],
      /^ROE_MANIFEST: .*it needs the column 'Mass'/,
    ],
    ['a folder of classes', () => ['--data', join(root, 'films')], /^ROE_MANIFEST: .*come as a .csv file/],
    [
      'weights of another label',
      () => ['--class-weights', 'Mass=2'],
      /^ROE_OPTION: --class-weights: expected labels of the films \(Opacity, Bright\), received Mass/,
    ],
    [
      'a cell that says nothing that is known',
      () => ['--data', write('bad.csv', 'path,Opacity,Bright\nfilms/00.png,1,yes\n')],
      /^ROE_MANIFEST: .*bad.csv, line 2: the column 'Bright' says 'yes'; write 1/,
    ],
    [
      'a label that no film has',
      () => ['--data', write('none.csv', 'path,Opacity,Bright\nfilms/00.png,1,0\nfilms/01.png,0,0\n')],
      /^ROE_SPLIT: Bright: no film to train on is known to have it \(1\)/,
    ],
    [
      'a label that every film has, in folds',
      () => [
        '--folds',
        '2',
        '--data',
        write('every.csv', 'path,Opacity,Bright\nfilms/00.png,1,1\nfilms/01.png,0,1\n'),
      ],
      /^ROE_SPLIT: Bright: no film to train on is known not to have it \(0\)/,
    ],
    [
      'a label of one film',
      () => [
        '--data',
        write('one.csv', 'path,Opacity,Bright\nfilms/00.png,1,1\nfilms/01.png,0,0\nfilms/02.png,0,0\n'),
      ],
      /^ROE_SPLIT: .* = 1: class '.* = 1' has one film only/,
    ],
  ]
  it.each(REFUSED)('%s', async (_, given, line) => {
    const options = given()
    const kept = args
      .slice(1)
      .filter((arg, i, all) => !options.includes(arg) && !options.includes(all[i - 1] ?? ''))
    const never = join(root, 'never')
    const error: unknown = await inProcess([...kept, ...options, '-o', never]).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(RoentgenError)
    expect((error as Error).message).toMatch(line)
    expect((error as Error).message).not.toContain('\n')
    expect(existsSync(never)).toBe(false)
  })
})

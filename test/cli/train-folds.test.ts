import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import yargs from 'yargs'
import { tenFold } from '../../scripts/folds/ten-fold.ts'
import { combinationsOf, folderOf } from '../../src/cli/train/sweep.ts'
import train from '../../src/cli/train.ts'
import { phantomFolder } from '../train/films.ts'
import { roentgen, start } from './run.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-cli-folds-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

// Ten folds of three networks, killed three times: node dist/scripts/check-ten-fold.js.
it('three folds of two networks, killed once: the tables are what the scores of all folds say', async () => {
  const networks = ['mobilenet', 'squeezenet']
  const place = join(root, 'tenth')
  const { text, faults, kills } = await tenFold({
    ...{ films: 12, folds: 3, epochs: 2, kills: 1, seed: 3, networks, place },
  })
  expect(faults).toEqual([])
  expect(kills).toBe(1)
  expect(text).toMatch(/^ *(Chosen by the fewest false negatives|None is chosen): backbone=/m)
})

describe('a fold that was done before', () => {
  const filesOf = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [path, bytesOf(path)]),
    )

  /** How long an epoch took is the only thing that differs. */
  const bytesOf = (path: string) =>
    /history\.(csv|json)$/.test(path)
      ? readFileSync(path, 'utf8').replace(/,[\d.]+$|"seconds": [\d.]+/gm, '')
      : readFileSync(path, 'base64')

  it('is kept; one that is not whole, or of another plan, is trained again, and gives the same bytes', async () => {
    const films = await phantomFolder(join(root, 'films'), {
      classes: ['covid', 'normal'],
      count: 8,
      size: 64,
    })
    const out = join(root, 'runs')
    const small = [
      'train',
      '--data',
      films,
      '--weights',
      'random',
      '--backbone',
      'squeezenet',
      '--head',
      'gap',
    ]
    const args = [...small, '--size', '48', '--no-augment', '--folds', '2', '-o', out]
    const first = await roentgen([...args, '--epochs', '2'])
    expect(first.status).toBe(0)
    expect(first.stdout).toContain('covid against the rest')
    expect(readdirSync(out).sort()).toEqual([
      ...['features', 'fold-1', 'fold-2', 'folds.csv', 'report'],
      ...['tables.csv', 'tables.json', 'tables.md', 'tables.txt'],
    ])
    const whole = filesOf(out)

    // Of ten folds that an earlier run drew, say; and a folder that is none of a training.
    cpSync(join(out, 'fold-2'), join(out, 'fold-10'), { recursive: true })
    mkdirSync(join(out, 'fold-7'))
    // Of a run that was killed while it wrote.
    for (const file of ['tables.json', 'report/index.html', 'fold-2/model.onnx'])
      writeFileSync(join(out, dirname(file), `.${basename(file)}.0123456789ab.tmp`), 'x')
    rmSync(join(out, 'fold-2', 'run.json'))
    const second = await roentgen([...args, '--epochs', '2'])
    expect(second.stderr).toContain(
      'fold 1 of 2: kept, it was trained before\nfold 2 of 2: 8 films to test\n',
    )
    expect(second.stdout).toBe(first.stdout)
    expect(second.stderr).toContain(`\n${out}: removed, of an earlier run: fold-10\n`)
    expect(readdirSync(out).filter((name) => name.startsWith('fold-'))).toEqual([
      'fold-1',
      'fold-2',
      'fold-7',
    ])
    expect(filesOf(out)).toEqual(whole)

    const third = await roentgen([...args, '--epochs', '1', '--json'])
    expect(third.stderr).toContain('fold 1 of 2: 8 films to test; trained again: plan.epochs was 2, is 1\n')
    expect(JSON.parse(third.stdout)).toEqual(JSON.parse(readFileSync(join(out, 'tables.json'), 'utf8')))
  })
})

it('a fold that was killed goes on behind its last whole epoch, and gives the bytes of one that was not', async () => {
  const films = await phantomFolder(join(root, 'killed-films'), {
    classes: ['covid', 'normal'],
    count: 8,
    size: 64,
  })
  const args = [
    ...['train', '--data', films, '--weights', 'random', '--backbone', 'squeezenet', '--head', 'gap'],
    ...['--size', '48', '--no-augment', '--folds', '2', '--epochs', '80'],
  ]
  const [calm, out] = [join(root, 'calm'), join(root, 'killed')]
  expect((await roentgen([...args, '-o', calm])).status).toBe(0)
  const child = start([...args, '-o', out])
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const closed = once(child, 'close')
  while (!/fold 2 of 2[\s\S]*Epoch 5\/80/.test(said) && child.exitCode === null) await sleep(10)
  child.kill('SIGKILL')
  expect(await closed).toEqual([null, 'SIGKILL'])
  const again = await roentgen([...args, '-o', out])
  expect(again.status).toBe(0)
  expect(again.stderr).toContain('fold 1 of 2: kept, it was trained before\n')
  expect(again.stderr).toMatch(/goes on behind epoch \d+, from \S+fold-2.checkpoint\n/)
  for (const name of ['fold-2/model.onnx', 'fold-2/run.json', 'tables.json'])
    expect(readFileSync(join(out, name)).equals(readFileSync(join(calm, name))), name).toBe(true)
  expect(readdirSync(join(out, 'fold-2')).sort()).toEqual(readdirSync(join(calm, 'fold-2')).sort())
  expect(readdirSync(out)).not.toContain('lock')
})

it('a network that cannot be built, or whose loss is no number, is left out of a sweep with its reason, and the others compared', async () => {
  const films = await phantomFolder(join(root, 'wild-films'), {
    classes: ['covid', 'normal'],
    count: 5,
    size: 64,
  })
  const out = join(root, 'wild')
  const { status, stdout, stderr } = await roentgen([
    ...['train', '--data', films, '--weights', 'random', '--backbone', 'squeezenet', '--head', 'gap'],
    ...['--size', '48', '--no-augment', '--epochs', '2', '--folds', '2', '-o', out],
    ...['--sweep', 'learning-rate=1e39,0.001', 'cutoff=all,500'],
  ])
  expect(status).toBe(3)
  const refused = ['1e39', '0.001'].map((rate) => `ROE_BACKBONE: learning-rate=${rate} cutoff=500: `)
  for (const line of refused) expect(stderr.split('network 1 of 2')[0]).toContain(line)
  expect(stderr).toMatch(/\nROE_TRAINING: epoch 1, (step \d of \d|validation): the loss is NaN/)
  expect(stdout).toMatch(/\nLeft out: learning-rate=1e39 cutoff=500: \S+: it has \d+ layers/)
  expect(stdout).toMatch(/\nLeft out: learning-rate=1e39 cutoff=all: epoch 1, .*: the loss is NaN\n/)
  expect(stdout).toMatch(/\nlearning-rate=0.001 cutoff=all( +\d){4}\n/)
})

describe('combinations', () => {
  it('are all of them, the last option varying fastest', () => {
    expect(combinationsOf(['backbone=vgg16,mobilenet', 'alpha=0.25', 'cutoff=-8,all,all'])).toEqual(
      ['vgg16', 'mobilenet'].flatMap((backbone) =>
        ['-8', 'all'].map((cutoff) => ({
          name: `backbone=${backbone} cutoff=${cutoff}`,
          given: { backbone, alpha: 0.25, cutoff },
        })),
      ),
    )
    expect(combinationsOf([])).toEqual([{ name: '', given: {} }])
    expect(combinationsOf(['head=gap'])[0]!.name).toBe('head=gap')
    expect(folderOf('backbone=vgg16 cutoff=-8')).toBe('backbone-vgg16_cutoff--8')
  })
})

describe('refused in one line, before anything is trained', () => {
  const CASES: [name: string, args: string[], line: RegExp][] = [
    ['one fold', ['--folds', '1'], /^ROE_OPTION: --folds: expected a whole number from 2, received 1/],
    [
      'more folds than films of a class',
      ['--folds', '9', '--positive', 'b', '--head', 'gap'],
      /^ROE_SPLIT: a: class 'a' has 4 films, fewer than the 9 folds/,
    ],
    [
      'three classes, and none is looked for',
      ['--folds', '2'],
      /^ROE_OPTION: --positive: expected a or b or c, received nothing/,
    ],
    [
      'a class that there is not',
      ['--folds', '2', '--positive', 'd'],
      /^ROE_OPTION: --positive: .*received d/,
    ],
    [
      'a class where nobody counts',
      ['--positive', 'a'],
      /^ROE_OPTION: --positive: expected nothing without --folds or --sweep/,
    ],
    [
      'an option beside the sweep of it',
      ['--sweep', 'head=gap,recipe', '--head', 'gap'],
      /^ROE_OPTION: --head: expected nothing, or no head= in --sweep, received gap/,
    ],
    ['no option', ['--sweep', 'bakbone=vgg16'], /^ROE_OPTION: --sweep: .*did you mean backbone\?/],
    ['no value', ['--sweep', 'head='], /^ROE_OPTION: --sweep: expected OPTION=VALUE/],
    [
      'a value that there is not',
      ['--sweep', 'head=gap,no'],
      /^ROE_OPTION: --sweep: expected of head: .*received no/,
    ],
    [
      'an option twice',
      ['--sweep', 'head=gap', 'head=recipe'],
      /^ROE_OPTION: --sweep: expected each option once, received head/,
    ],
    [
      'weights that are not there',
      ['--folds', '2', '--positive', 'a', '--weights', '/nowhere'],
      /^ROE_NOT_FOUND: \/nowhere: .*weights/,
    ],
    [
      'a network that cannot be built',
      ['--folds', '2', '--positive', 'a', '--cutoff', '500'],
      /^ROE_BACKBONE: squeezenet: it has \d+ layers/,
    ],
    [
      'a sweep without any network that can be built',
      ['--folds', '2', '--positive', 'a', '--sweep', 'cutoff=500,600'],
      /^ROE_BACKBONE: cutoff=500: squeezenet: it has \d+ layers/,
    ],
    [
      'weights of other networks in a sweep',
      ['--positive', 'a', '--sweep', 'head=gap,recipe', '--weights', '/nowhere'],
      /^ROE_NOT_FOUND: head=gap: \/nowhere: /,
    ],
    [
      'one file of weights for several networks',
      ['--positive', 'a', '--sweep', 'backbone=squeezenet,mobilenet', '--weights', 'squeezenet.h5'],
      /^ROE_OPTION: --weights: expected imagenet .*random, since squeezenet, mobilenet cannot begin with one file, received squeezenet.h5/,
    ],
  ]
  let films = ''
  beforeAll(async () => {
    films = await phantomFolder(join(root, 'few'), { classes: ['a', 'b', 'c'], count: 4, size: 64 })
  })
  for (const [name, args, line] of CASES)
    it(name, async () => {
      const weights = args.includes('--weights') ? [] : ['--weights', 'random']
      const backbone = args.join().includes('backbone=') ? [] : ['--backbone', 'squeezenet']
      const given = ['--data', films, ...weights, ...backbone, '--size', '48']
      const all = [...given, ...args, '-o', join(root, 'never')]
      const parsed = await train.options(yargs(all)).strict().parseAsync()
      const error: unknown = await train.run(parsed).catch((e) => e)
      expect((error as Error).message).toMatch(line)
      expect(existsSync(join(root, 'never'))).toBe(false)
    })
})

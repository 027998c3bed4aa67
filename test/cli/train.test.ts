import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import yargs from 'yargs'
import { RoentgenError } from '../../errors.ts'
import train from '../../src/cli/train.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { hasShared, shared } from '../shared.ts'
import { phantomFolder } from '../train/films.ts'
import { roentgen } from './run.ts'

const WEIGHTS = shared('weights/mobilenet_v1_0.25_224')

let root = ''
let films = ''
let small: string[] = []

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-cli-train-'))
  films = await phantomFolder(join(root, 'films'), { classes: ['normal', 'opacity'], count: 6 })
  small = [
    ...['train', '--data', films, '--weights', 'random', '--backbone', 'mobilenet', '--alpha', '0.25'],
    ...['--size', '128', '--epochs', '3', '--augment-copies', '2', '--seed', '4'],
  ]
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const fresh = () => mkdtempSync(join(root, 'run-'))
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'base64')]),
  )

/** How long each epoch took is in its history, and nowhere else. */
function withoutTimes(folder: string): object {
  const { 'history.csv': _, 'history.json': __, ...others } = contents(folder)
  const history = json(join(folder, 'history.json')) as { seconds: number }[]
  for (const { seconds } of history) expect(seconds).toBeGreaterThan(0)
  return { ...others, history: history.map(({ seconds: ___, ...figures }) => figures) }
}

/** Without these options and their values. */
const without = (args: readonly string[], options: readonly string[]): string[] =>
  args.filter((arg, i) => !options.includes(arg) && !(i > 0 && options.includes(args[i - 1]!)))

/** A process takes seconds to start, so that the many ways of misuse are tried in this one. */
async function inProcess([, ...args]: readonly string[]): Promise<number> {
  return train.run(await train.options(yargs(args)).strict().parseAsync())
}

describe('roentgen train', () => {
  it('leaves a run folder, tells each epoch on stderr, and keeps stdout for --json', async () => {
    const out = join(fresh(), 'deep', 'run')
    const { status, stdout, stderr } = await roentgen([...small, '-o', out])
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toContain('films: 10 to train, 2 to validate, 0 left out; 0 pairs of copies')
    expect(lines).toContain(
      'features: 256 a film, of augmented copies (K = 2); 0 of 2 sets from the cache, 22.6 kB to write',
    )
    expect(
      lines.filter((line) => /^Epoch \d\/3 - loss: \d\.\d{4} - acc: \d\.\d{4} - val_loss/.test(line)),
    ).toHaveLength(3)
    expect(lines.at(-1)).toBe('Research use only, not for diagnosis.')
    expect(readdirSync(out).sort()).toEqual([
      'accuracy.png',
      'accuracy.svg',
      'curves.png',
      'curves.svg',
      'features',
      'history.csv',
      'history.json',
      'model.onnx',
      'plot.png',
      'plot.svg',
      'run.json',
      'tfjs',
    ])
    expect(json(join(out, 'run.json'))).toMatchObject({
      version: 1,
      plan: { recipe: 'rosebrock-vgg16', backbone: 'mobilenet', alpha: 0.25, seed: 4, epochs: 3, copies: 2 },
      data: {
        path: films,
        labels: ['normal', 'opacity'],
        train: 10,
        validation: 2,
        unusable: [],
        beside: [],
      },
      versions: {
        node: process.version,
        'onnxruntime-node': expect.any(String),
        roentgen: expect.any(String),
      },
    })
    expect(json(join(out, 'history.json'))).toHaveLength(3)
    expect(readFileSync(join(out, 'history.csv'), 'utf8').split('\n')[0]).toBe(
      'epoch,loss,accuracy,valLoss,valAccuracy,learningRate,seconds',
    )

    // Both of the network: one takes films, the other scaled numbers.
    const verified = await roentgen(['verify', join(out, 'tfjs'), join(out, 'model.onnx')])
    expect(verified.stderr).toContain(`compared with --scaling `)
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('they agree') })

    const again = fresh()
    const second = await roentgen([...small, '-o', again, '--json'])
    expect(JSON.parse(second.stdout)).toEqual(json(join(out, 'run.json')))
    expect(withoutTimes(again)).toEqual(withoutTimes(out))
  })

  it('trains in two steps: the head begins where that of an earlier training ended', async () => {
    const [first, out] = [fresh(), fresh()]
    const { status } = await roentgen([...small, '-o', first])
    expect(status).toBe(0)
    const tfjs = join(first, 'tfjs')
    const second = await roentgen([...small, '--head-weights', tfjs, '--cutoff', '-6', '-o', out])
    expect(second.stderr).not.toContain('ROE_')
    expect(second.status).toBe(0)
    const given = {
      plan: { headWeights: tfjs, cutoff: -6 },
      headWeights: expect.stringMatching(/^[0-9a-f]{64}$/),
    }
    expect(json(join(out, 'run.json'))).toMatchObject(given)
    expect(json(join(first, 'run.json'))).not.toHaveProperty('headWeights')
    const file = await openModelFile(join(out, 'model.onnx'))
    expect(file.training).toMatchObject({ weights: 'random', headWeights: 'given' })
  })

  it('stops where it no longer gets better, and exports the best epoch, of which it says which', async () => {
    const out = fresh()
    const { status, stderr } = await roentgen([
      ...[...small, '--patience', '1', '--min-delta', '10', '--class-weights', 'balanced', '-o', out],
      ...['--label-smoothing', '0.1', '--monitor', 'val_loss'],
    ])
    expect(status).toBe(0)
    expect(stderr).toContain('stopped after epoch 2; the model is that of epoch 1, the best by val_loss\n')
    const watch = { monitor: 'val_loss', keep: 'best', stop: { patience: 1, minDelta: 10 }, reduce: null }
    expect(json(join(out, 'run.json'))).toMatchObject({
      plan: { watch, classWeights: 'balanced', labelSmoothing: 0.1 },
      kept: 1,
      last: { epoch: 2 },
    })
  })

  it('leaves films out that cannot be read, names them, and ends with 3', async () => {
    const place = join(root, 'mixed')
    for (const label of readdirSync(films)) {
      mkdirSync(join(place, label), { recursive: true })
      for (const name of readdirSync(join(films, label)))
        copyFileSync(join(films, label, name), join(place, label, name))
    }
    const broken = join(place, 'normal', 'broken.png')
    writeFileSync(broken, 'no picture')
    writeFileSync(join(place, 'beside.png'), 'in no class folder')
    const out = fresh()
    const { status, stderr } = await roentgen([...without(small, ['--data']), '--data', place, '-o', out])
    // What is left out is named before anything is trained.
    const [counts, named, network] = stderr.slice(stderr.indexOf('films: ')).split('\n')
    expect(counts).toBe('films: 10 to train, 2 to validate, 1 left out; 0 pairs of copies')
    expect(named).toContain(`ROE_FILM_FORMAT: ${broken}: its content is none of`)
    expect(network).toMatch(/^network: /)
    expect(status).toBe(3)
    expect(json(join(out, 'run.json')).data).toMatchObject({
      unusable: [{ path: broken, code: 'ROE_FILM_FORMAT', reason: expect.any(String) }],
      beside: [join(place, 'beside.png')],
    })
    expect(existsSync(join(out, 'model.onnx'))).toBe(true)
  })

  const refusals: [string, string[], number, RegExp][] = [
    ['no weights of this name', ['--weights', '/nowhere'], 1, /^ROE_NOT_FOUND: \/nowhere: .*weights/],
    [
      'published weights that are not here',
      ['--weights', 'imagenet'],
      1,
      /^ROE_WEIGHTS_FETCH: .*mobilenet_2_5_128_tf_no_top.h5: these weights are not here; run roentgen weights fetch mobilenet --alpha 0.25 --size 128$/,
    ],
    ['no data', ['--data', '/nowhere'], 1, /^ROE_NOT_FOUND: \/nowhere: /],
    ['a size no model takes', ['--size', '5000'], 2, /^ROE_OPTION: --size: expected .*received 5000/],
    ['a size that is no number', ['--size', 'x'], 2, /^ROE_OPTION: --size: .*received x/],
    ['a size too small for the head', ['--size', '64'], 2, /^ROE_BACKBONE: head recipe: /],
    ['no epochs', ['--epochs', '0'], 2, /^ROE_OPTION: --epochs: /],
    [
      'a figure that nobody watches',
      ['--monitor', 'val_accuracy'],
      2,
      /^ROE_OPTION: --monitor: expected --keep best, --patience or --reduce-patience beside it/,
    ],
    ['no copies', ['--augment-copies', '0'], 2, /^ROE_OPTION: --augment-copies: /],
    ['half a film', ['--batch', '1.5'], 2, /^ROE_OPTION: --batch: /],
    ['no rate', ['--learning-rate', '0'], 2, /^ROE_OPTION: --learning-rate: expected a number above 0/],
    ['a width that is no number', ['--alpha', 'x'], 2, /^ROE_\w+: .*NaN/],
    [
      'half a layer',
      ['--cutoff', '1.5'],
      2,
      /^ROE_OPTION: --cutoff: expected a whole number, or all, received 1.5/,
    ],
    ['more layers than there are', ['--cutoff', '-90'], 2, /^ROE_BACKBONE: .*it has 86 layers.*not -90/],
    ['a head that is not there', ['--head-weights', '/nowhere'], 1, /^ROE_NOT_FOUND: \/nowhere: .*weights/],
    [
      'a head that has seen what folds test',
      ['--head-weights', '/nowhere', '--folds', '2'],
      2,
      /^ROE_OPTION: --head-weights: expected nothing beside --folds or --sweep/,
    ],
    ['a layer that is not there', ['--features-at', 'nowhere'], 2, /^ROE_BACKBONE: .*nowhere/],
  ]
  for (const [name, args, exit, line] of refusals)
    it(`refuses in one line: ${name}`, async () => {
      const out = join(root, 'never')
      const error: unknown = await inProcess([...without(small, args), ...args, '-o', out]).catch((e) => e)
      expect(error).toBeInstanceOf(RoentgenError)
      expect(error).toMatchObject({ message: expect.stringMatching(line), exit })
      expect((error as Error).message).not.toContain('\n')
      expect(existsSync(out)).toBe(false)
    })
})

describe.skipIf(!hasShared)('roentgen train on real films and weights (../shared)', () => {
  const mismatches: [string, string[], RegExp][] = [
    [
      'of another alpha',
      ['--backbone', 'mobilenet', '--alpha', '0.5'],
      /^ROE_WEIGHTS_SHAPE: .*conv1\/kernel/,
    ],
    ['of another backbone', [], /^ROE_WEIGHTS_MISSING: .*block1_conv1\/kernel/],
  ]
  for (const [name, args, line] of mismatches)
    it(`refuses weights ${name}, and leaves no folder`, async () => {
      const out = join(root, 'never')
      const ended = await roentgen(['train', '--data', films, '--weights', WEIGHTS, ...args, '-o', out])
      expect(ended.stderr.trimEnd()).toMatch(line)
      expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(ended).toMatchObject({ status: 1, stdout: '' })
      expect(existsSync(out)).toBe(false)
    })

  // A tenth of scripts/check-rosebrock.ts, which trains three seeds with all copies and both heads.
  it('reaches 0.76 on the films of seed003 without a copy in train, and finds the 8 copies', async () => {
    const out = fresh()
    const trained = await roentgen([
      ...['train', '--recipe', 'rosebrock-vgg16', '--backbone', 'mobilenet', '--alpha', '0.25'],
      ...['--scaling', 'tf', '--weights', WEIGHTS, '--data', shared('seed003/train')],
      ...['--seed', '1', '--augment-copies', '2', '-o', out],
    ])
    expect(trained).toMatchObject({ status: 0, stdout: '' })
    const model = join(out, 'model.onnx')
    const { stdout, status } = await roentgen([
      'evaluate',
      '-m',
      model,
      '--data',
      shared('seed003/test'),
      '--json',
    ])
    expect(status).toBe(0)
    const { withoutCopies, copies } = JSON.parse(stdout)
    expect(copies).toHaveLength(8)
    expect(withoutCopies.accuracy.of).toBe(58)
    expect(withoutCopies.accuracy.value).toBeGreaterThanOrEqual(0.76)
  })
})

/** Must hold (issue 13): each published recipe trains at full size, by the real command, on made-up films of three classes (its
 *  epochs cut to one, its weights random), and its model scores them. Prints the seconds of each; exit status 1 where one
 *  fails. On plain JavaScript those that train convolutions would take hours and are left out, and told. Small ones are in
 *  test/train/recipes.test.ts.
 *  Run: node dist/scripts/check-recipes.js [--only gap-vgg16] [--engine auto] [--films 3] */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { encodePng } from '../src/image/encode.ts'
import type { Pixels } from '../src/image/film.ts'
import { phantomFilm } from '../src/image/phantom.ts'
import { TENSORFLOW } from '../src/train/engines/tensorflow.ts'
import { WEBGPU } from '../src/train/engines/webgpu.ts'
import { RECIPES } from '../src/train/recipes.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
const CLASSES = ['covid', 'normal', 'pneumonia']
/** Pixels a side; S2's rule for bars wants squares. */
const SIDE = 512

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    engine: { type: 'string', default: 'auto' },
    films: { type: 'string', default: '3' },
  },
})

async function writeFilms(folder: string, count: number): Promise<void> {
  for (const [row, label] of CLASSES.entries()) {
    mkdirSync(join(folder, label), { recursive: true })
    for (let i = 0; i < count; i++) {
      const { film } = phantomFilm({ seed: row * 1000 + i, positive: row !== 1, size: SIDE })
      writeFileSync(join(folder, label, `film${i}.png`), await encodePng(film as Pixels))
    }
  }
}

/** @returns stderr */
function roentgen(args: readonly string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`roentgen ${args[0]} ended with ${status}: ${stderr.trim()}`)
  return stderr
}

/** What trains where `auto` may choose. */
const fast = await Promise.all([TENSORFLOW, WEBGPU].map(({ available }) => available(true)))
const isSlow = values.engine === 'cpu' || (values.engine === 'auto' && !fast.includes(true))

function check(recipe: string, films: string, folder: string): string {
  const begun = performance.now()
  const { augmentation, cutoff } = RECIPES[recipe as keyof typeof RECIPES]
  if (isSlow && cutoff !== undefined)
    return `${recipe}: left out, since it trains convolutions, and plain JavaScript is all that is here; roentgen native install tensorflow`
  const told = roentgen([
    ...['train', '--recipe', recipe, '--data', films, '--weights', 'random', '--epochs', '1'],
    ...(augmentation === null ? [] : ['--augment-copies', '1']),
    ...['--engine', values.engine, '-o', folder],
  ])
  roentgen(['score', films, '-m', join(folder, 'model.onnx'), '-o', join(folder, 'scores.csv')])
  const seconds = ((performance.now() - begun) / 1000).toFixed(0)
  const network = /^network: (.*)$/m.exec(told)?.[1]
  return `${recipe}: ${network}; ${/^engine: (\S+)/m.exec(told)?.[1]}, ${seconds} s`
}

const root = mkdtempSync(join(tmpdir(), 'roentgen-recipes-'))
try {
  const films = join(root, 'films')
  await writeFilms(films, Number(values.films))
  const names = Object.keys(RECIPES).filter((name) => (values.only ?? name) === name)
  if (names.length === 0) throw new Error(`no recipe is called ${values.only}`)
  for (const name of names) {
    process.stdout.write(`${check(name, films, join(root, name))}\n`)
    rmSync(join(root, name), { recursive: true, force: true })
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
} finally {
  rmSync(root, { recursive: true, force: true })
}

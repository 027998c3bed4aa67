/** Must hold (issue 9): the recipe of S4 on a narrow MobileNet learns the films of seed003. Trains and evaluates with
 *  the real commands, for each seed and head; prints what came out, and fails where a mean accuracy on the films without
 *  a copy in train, the number of copies found, or a time is not as promised.
 *  Example: node dist/scripts/check-rosebrock.js --seeds 1,2,3   (from the repository; ../shared beside it) */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Head → least mean accuracy over the seeds. */
const LEAST = { recipe: 0.76, gap: 0.82 } as const
/** Test films that have a copy in train (SOURCES.md). */
const COPIES = 8
/** Seconds that training and evaluating may take together on two cores. */
const MOST_SECONDS = 180

interface Accuracy {
  value: number
  of: number
}
interface Run {
  head: keyof typeof LEAST
  seed: number
  /** On all films, and on those without a copy in train. */
  all: Accuracy
  clean: Accuracy
  copies: number
  seconds: number
}

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
const DATA = resolve(fileURLToPath(new URL('../../..', import.meta.url)), 'shared/data')

function roentgen(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`roentgen ${args[0]} ended with ${status}: ${stderr}`)
  return stdout
}

function run(head: Run['head'], seed: number, folder: string): Run {
  const model = join(folder, 'model.onnx')
  const start = performance.now()
  roentgen([
    ...[
      'train',
      '--recipe',
      'rosebrock-vgg16',
      '--backbone',
      'mobilenet',
      '--alpha',
      '0.25',
      '--scaling',
      'tf',
    ],
    ...['--weights', join(DATA, 'weights/mobilenet_v1_0.25_224'), '--data', join(DATA, 'seed003/train')],
    ...['--head', head, '--seed', String(seed), '-o', folder],
  ])
  const { all, withoutCopies, copies } = JSON.parse(
    roentgen(['evaluate', '-m', model, '--data', join(DATA, 'seed003/test'), '--json']),
  )
  const seconds = (performance.now() - start) / 1000
  return { head, seed, all: all.accuracy, clean: withoutCopies.accuracy, copies: copies.length, seconds }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** What is not as promised, one line each. */
function failuresOf(runs: readonly Run[]): string[] {
  const ofRuns = runs.flatMap(({ head, seed, copies, seconds }) => [
    ...(copies === COPIES ? [] : [`head ${head}, seed ${seed}: ${copies} copies found, not ${COPIES}`]),
    ...(seconds < MOST_SECONDS ? [] : [`head ${head}, seed ${seed}: ${seconds.toFixed(0)} s`]),
  ])
  const ofHeads = (Object.keys(LEAST) as Run['head'][]).flatMap((head) => {
    const accuracy = mean(runs.filter((each) => each.head === head).map(({ clean }) => clean.value))
    process.stdout.write(`mean of head ${head}: ${accuracy.toFixed(3)}, at least ${LEAST[head]}\n`)
    return accuracy >= LEAST[head] ? [] : [`head ${head}: mean accuracy ${accuracy.toFixed(3)}`]
  })
  return [...ofRuns, ...ofHeads]
}

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1,2,3' } } })
const folder = mkdtempSync(join(tmpdir(), 'roentgen-rosebrock-'))
try {
  const runs: Run[] = []
  for (const head of Object.keys(LEAST) as Run['head'][])
    for (const seed of values.seeds.split(',').map(Number)) {
      const done = run(head, seed, join(folder, `${head}-${seed}`))
      if (runs.length === 0)
        process.stdout.write(`head    seed  all ${done.all.of}  clean ${done.clean.of}  copies  seconds\n`)
      process.stdout.write(
        `${head.padEnd(6)}  ${String(seed).padStart(4)}  ${done.all.value.toFixed(3).padStart(6)}  ${done.clean.value.toFixed(3).padStart(8)}  ${String(done.copies).padStart(6)}  ${done.seconds.toFixed(0).padStart(7)}\n`,
      )
      runs.push(done)
    }
  const failures = failuresOf(runs)
  for (const failure of failures) process.stderr.write(`FAILED: ${failure}\n`)
  process.exitCode = failures.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The recipe of Rosebrock, 25 epochs of a frozen trunk, from the command to the model file, beside Keras: one after the other in
 *  turns, so that what else the machine does meets both. Keras reads the films once, and runs the frozen layers in each epoch;
 *  ours run once for each film or augmented copy. Both begin with random weights. With augmentation K copies of each film
 *  are made, so that the frozen part, which is most of a large trunk, runs K times, and 25 times in Keras: each K has a
 *  figure of its own.
 *  Run: node dist/bench/own/recipe.js FILMS --python VENV/bin/python [--backbone mobilenet --alpha 0.25] [--copies 25,5]
 *  [--rounds 3] [--only plain]   (FILMS: a folder for each class; the VENV has tensorflow-cpu 2.16.2, tf_keras, scipy, Pillow)
 *  Exit status 1 below a bar, 2 where one of the two does not run. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { argumentsOf, misused } from '../arguments.ts'
import { spreadOf, spreadText } from '../statistics.ts'

const OURS = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
const THEIRS = fileURLToPath(new URL('../../../bench/own/recipe.py', import.meta.url))

const { values, positionals } = argumentsOf(
  {
    allowPositionals: true,
    options: {
      python: { type: 'string', default: 'python' },
      backbone: { type: 'string', default: 'vgg16' },
      alpha: { type: 'string' },
      copies: { type: 'string', default: '25,5' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: 'plain,augmented' },
    },
  },
  'FILMS',
)

/** What Keras does once a round, and ours in one way or several. */
const JOBS = [
  { job: 'plain', theirs: [], bar: 10, ours: [{ name: 'without augmentation', options: ['--no-augment'] }] },
  {
    job: 'augmented',
    theirs: ['--augment'],
    bar: 5,
    ours: values.copies
      .split(',')
      .map((copies) => ({ name: `with augmentation, K = ${copies}`, options: ['--augment-copies', copies] })),
  },
]

const [films] = positionals
const network = [
  '--backbone',
  values.backbone,
  ...(values.alpha === undefined ? [] : ['--alpha', values.alpha]),
]

function secondsOf(command: string, args: readonly string[]): number {
  const begun = performance.now()
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status === 0) return (performance.now() - begun) / 1000
  process.stderr.write(`${command} failed: ${stderr?.trim().split('\n').at(-1)}\n`)
  process.exit(2)
}

function oursOnce(options: readonly string[]): number {
  const out = mkdtempSync(join(tmpdir(), 'roentgen-bench-recipe-'))
  try {
    const given = ['--data', films!, '--weights', 'random', ...network, ...options, '-o', join(out, 'run')]
    return secondsOf(process.execPath, [OURS, 'train', ...given])
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** @returns whether each of ours is so many times as fast as the bar says */
function bench({ theirs, bar, ours }: (typeof JOBS)[number]): boolean {
  const their: number[] = []
  const ourOf = new Map(ours.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const { name, options } of ours) ourOf.get(name)!.push(oursOnce(options))
    their.push(secondsOf(values.python, [THEIRS, '--films', films!, ...network, ...theirs]))
  }
  const times = [...ourOf].map(([name, our]) => {
    const ratio = spreadOf(their).median / spreadOf(our).median
    process.stdout.write(
      `${values.backbone}, ${name}: ${spreadText(spreadOf(our), 's')}, Keras ${spreadText(spreadOf(their), 's')}: ` +
        `${ratio.toFixed(1)} times as fast, the bar is ${bar}\n`,
    )
    return ratio
  })
  return times.every((ratio) => ratio >= bar)
}

if (films === undefined) misused('give a folder of films')
const load = () => `load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores\n`
process.stdout.write(load())
const jobs = JOBS.filter(({ job }) => values.only.split(',').includes(job))
if (jobs.length === 0) misused('--only takes plain, augmented, or both with a comma')
for (const job of jobs) if (!bench(job)) process.exitCode = 1
process.stdout.write(load())

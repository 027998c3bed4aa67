/** Seconds of a training step on the engine `tensorflow`, beside Keras on the same TensorFlow: one after the other in turns,
 *  so that what else the machine does meets both; the seconds of the cores tell more where it does much. Keras computes the
 *  frozen layers in each step. Ours do in the first row of each job; in the second, as in `roentgen train`, they are not
 *  there, since their features are on disk: that is what the bar is for.
 *  Run: node dist/bench/own/train.js --python VENV/bin/python [--keras 2|3] [--rounds 3] [--steps 5] [--only vgg16-8]
 *  (bench/peers/convert/requirements.txt makes the VENV). Exit status 1 above a bar, 2 without Keras. */
import { spawnSync } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { argumentsOf } from '../arguments.ts'
import { spreadOf, spreadText } from '../statistics.ts'

const OURS = fileURLToPath(new URL('../../scripts/train-steps.js', import.meta.url))
const THEIRS = fileURLToPath(new URL('../../../bench/own/train.py', import.meta.url))

/** What both train, and how many times Keras' seconds ours may take. */
const JOBS = [
  { name: 'vgg16-8', args: ['--backbone=vgg16', '--frozen=-8', '--batch=8'], rest: true, bar: 1.25 },
  { name: 'vgg16-32', args: ['--backbone=vgg16', '--frozen=-8', '--batch=32'], rest: true, bar: 1.25 },
  {
    name: 'mobilenet-0.25-32',
    args: ['--backbone=mobilenet', '--alpha=0.25', '--batch=32'],
    rest: false,
    bar: 2,
  },
] as const

const { values } = argumentsOf({
  options: {
    python: { type: 'string', default: 'python' },
    keras: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
})

interface Steps {
  engine: { name: string; version: string }
  trainable: number
  /** Of each step. */
  seconds: number[]
  cpuSeconds: number[]
}

function stepsOf(command: string, args: readonly string[]): Steps {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1)!) as Steps
  process.stderr.write(`${command} failed: ${stderr.trim().split('\n').at(-1)}\n`)
  process.exit(2)
}

const joined = (runs: readonly Steps[], key: 'seconds' | 'cpuSeconds') =>
  spreadOf(runs.flatMap((run) => run[key]))

/** How many times Keras' median ours takes, in words. @returns by the clock */
function compare(what: string, ours: readonly Steps[], theirs: readonly Steps[]): number {
  const [times, cores] = (['seconds', 'cpuSeconds'] as const).map(
    (key) => joined(ours, key).median / joined(theirs, key).median,
  )
  process.stdout.write(
    `  ${what}: ${spreadText(joined(ours, 'seconds'), 's')} a step, Keras ${spreadText(joined(theirs, 'seconds'), 's')}: ` +
      `${times!.toFixed(2)} times as long, ${cores!.toFixed(2)} times as many seconds of the cores\n`,
  )
  return times!
}

/** @returns whether ours stays below the bar */
function bench({ name, args, rest, bar }: (typeof JOBS)[number]): boolean {
  const [whole, front, theirs]: [Steps[], Steps[], Steps[]] = [[], [], []]
  const steps = `--steps=${values.steps}`
  for (let round = 0; round < Number(values.rounds); round++) {
    whole.push(stepsOf(process.execPath, [OURS, ...args, steps]))
    theirs.push(stepsOf(values.python, [THEIRS, ...args, steps, `--keras=${values.keras}`]))
    if (rest) front.push(stepsOf(process.execPath, [OURS, ...args, steps, '--rest']))
    if (whole.at(-1)!.trainable !== theirs.at(-1)!.trainable) throw new Error('they train unlike networks')
  }
  const [our, their] = [whole[0]!.engine, theirs[0]!.engine]
  process.stdout.write(
    `${name}: ${our.name} ${our.version} beside ${their.name} on ${their.version}; the bar is ${bar}\n`,
  )
  const all = compare('the whole network', whole, theirs)
  return (rest ? compare('without the frozen layers', front, theirs) : all) <= bar
}

const load = () => `load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores\n`
process.stdout.write(load())
for (const job of JOBS) if ((values.only ?? job.name) === job.name && !bench(job)) process.exitCode = 1
process.stdout.write(load())

/** Seconds of a training step on the engine `tensorflow`, beside Keras on the same TensorFlow: one after the other in turns,
 *  so that what else the machine does meets both. Both compute the whole network in each step, the frozen layers too.
 *  Run: node dist/bench/own/train.js --python VENV/bin/python [--keras 2|3] [--rounds 3] [--steps 5] [--only vgg16-8]
 *  (bench/peers/convert/requirements.txt makes the VENV). Exit status 1 above a bar, 2 without Keras. */
import { spawnSync } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { spreadOf, spreadText } from '../statistics.ts'

const OURS = fileURLToPath(new URL('../../scripts/train-steps.js', import.meta.url))
const THEIRS = fileURLToPath(new URL('../../../bench/own/train.py', import.meta.url))

/** What both train, and how many times Keras' seconds ours may take. */
const JOBS = [
  { name: 'vgg16-8', args: ['--backbone=vgg16', '--frozen=-8', '--batch=8'], bar: 1.25 },
  { name: 'vgg16-32', args: ['--backbone=vgg16', '--frozen=-8', '--batch=32'], bar: 1.25 },
  { name: 'mobilenet-0.25-32', args: ['--backbone=mobilenet', '--alpha=0.25', '--batch=32'], bar: 2 },
] as const

const { values } = parseArgs({
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
  seconds: number[]
}

function stepsOf(command: string, args: readonly string[]): Steps {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1)!) as Steps
  process.stderr.write(`${command} failed: ${stderr.trim().split('\n').at(-1)}\n`)
  process.exit(2)
}

/** @returns whether ours stays below the bar */
function bench({ name, args, bar }: (typeof JOBS)[number]): boolean {
  const [ours, theirs]: [number[], number[]] = [[], []]
  const steps = `--steps=${values.steps}`
  let what = ''
  for (let round = 0; round < Number(values.rounds); round++) {
    const our = stepsOf(process.execPath, [OURS, ...args, steps])
    const their = stepsOf(values.python, [THEIRS, ...args, steps, `--keras=${values.keras}`])
    if (our.trainable !== their.trainable) throw new Error('they train unlike networks')
    ours.push(...our.seconds)
    theirs.push(...their.seconds)
    what = `${our.engine.name} ${our.engine.version} beside ${their.engine.name} on ${their.engine.version}`
  }
  const ratio = spreadOf(ours).median / spreadOf(theirs).median
  process.stdout.write(
    `${name}: ${what}: ${spreadText(spreadOf(ours), 's')} a step, Keras ${spreadText(spreadOf(theirs), 's')}; ` +
      `${ratio.toFixed(2)} times as long, the bar is ${bar}\n`,
  )
  return ratio <= bar
}

const load = () => `load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores\n`
process.stdout.write(load())
for (const job of JOBS) if ((values.only ?? job.name) === job.name && !bench(job)) process.exitCode = 1
process.stdout.write(load())

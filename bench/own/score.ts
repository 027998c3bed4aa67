/** How near to its bound is `roentgen score`? For each model and folder: films a second of the whole command and of its
 *  steady state, beside what the cores could do if decoding and inference cost what each costs alone (CPU-seconds, with as
 *  many processes as cores at a time, as in a run; measured before each run and behind it, since the speed of a shared
 *  machine changes). The folder is repeated by links.
 *  Run: node dist/scripts/make-score-models.js MODELS && node dist/bench/own/score.js MODELS FOLDER… [--seconds 60]
 *  [--rounds 3] [--models mobilenet-0.25,vgg16]; ends with 1 where the median of the rounds is below 0.9 of the bound. */
import { strict as assert } from 'node:assert'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { argumentsOf, misused } from '../arguments.ts'
import { CORES, costOf, scoreRepeated } from '../score-parts.ts'
import { spreadOf } from '../statistics.ts'

const BAR = 0.9
/** Seconds that each part is measured alone. */
const PART_SECONDS = 4
/** Films of the run that finds out how many the long one takes. */
const TRIAL_FILMS = 256

const { positionals, values } = argumentsOf(
  {
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '60' },
      rounds: { type: 'string', default: '3' },
      models: { type: 'string', default: 'mobilenet-0.25,mobilenet-1.0,vgg16' },
    },
  },
  'MODELS FOLDER...',
)
const [models = '.', ...folders] = positionals
if (folders.length === 0 || !(Number(values.rounds) >= 1))
  misused('give a folder of films, and at least one round')

const text = (value: number) => value.toPrecision(3)

/** CPU-seconds a film of both parts. */
async function partsAlone(model: string, folder: string): Promise<{ decode: number; infer: number }> {
  const decode = await costOf('decode', model, folder, PART_SECONDS)
  return { decode, infer: await costOf('infer', model, folder, PART_SECONDS) }
}

/** @returns films of a run of that many seconds */
async function filmsFor(seconds: number, model: string, folder: string): Promise<number> {
  const { decode, infer } = await partsAlone(model, folder)
  const trial = await scoreRepeated([model], folder, TRIAL_FILMS)
  // Half of the bound at least: a first guess from a run that mostly starts would be far too low.
  return Math.ceil(Math.max(trial.whole, CORES / (decode + infer) / 2) * seconds)
}

/** @returns the steady state as a share of the bound */
async function round(name: string, model: string, folder: string, count: number): Promise<number> {
  const before = await partsAlone(model, folder)
  const { whole, steady, cpuSeconds, wallSeconds, status } = await scoreRepeated([model], folder, count)
  const after = await partsAlone(model, folder)
  assert.equal(status, 0, 'roentgen score did not end well')
  assert(steady !== null, `${count} films are too few for a steady state; give more --seconds`)
  const [decode, infer] = [(before.decode + after.decode) / 2, (before.infer + after.infer) / 2]
  const bound = CORES / (decode + infer)
  process.stdout.write(
    `${name}, ${folder}: decoding ${text(1000 * decode)} and inference ${text(1000 * infer)} CPU-ms a film, ` +
      `bound ${text(bound)} films a second on ${CORES} cores; ${count} films in ${wallSeconds.toFixed(0)} s: ` +
      `steady ${text(steady)}, whole command ${text(whole)}, ` +
      `${cpuSeconds === null ? 'unknown' : text(1000 * cpuSeconds)} CPU-ms a film; ${text(steady / bound)} of the bound\n`,
  )
  return steady / bound
}

async function bench(name: string, folder: string): Promise<boolean> {
  const model = join(models, `${name}.onnx`)
  const count = await filmsFor(Number(values.seconds), model, folder)
  const shares: number[] = []
  while (shares.length < Number(values.rounds)) shares.push(await round(name, model, folder, count))
  const { median, least, most } = spreadOf(shares)
  process.stdout.write(
    `${name}, ${folder}: median ${text(median)} of the bound (${text(least)} to ${text(most)}, ${shares.length} rounds), the bar is ${BAR}\n`,
  )
  return median >= BAR
}

process.stdout.write(`load before: ${loadavg()[0]!.toFixed(1)} on ${CORES} cores\n`)
for (const folder of folders)
  for (const name of values.models.split(',')) if (!(await bench(name, folder))) process.exitCode = 1

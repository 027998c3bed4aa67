/** How near to its bound is `roentgen score`? For each model and folder: films a second of the whole command and of its
 *  steady state, beside what the cores could do if decoding and inference cost what each costs alone (CPU-seconds, with as
 *  many processes as cores at a time, as in a run). The folder is repeated by links.
 *  Run: node dist/scripts/make-score-models.js MODELS && node dist/bench/own/score.js MODELS FOLDER… [--seconds 60]
 *  [--models mobilenet-0.25,vgg16]; ends with 1 where a steady state is below 0.9 of its bound. */
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CORES, costOf, scoreRepeated } from '../score-parts.ts'

const BAR = 0.9
/** Seconds that each part is measured alone. */
const PART_SECONDS = 5
/** Films of the run that finds out how many the long one takes. */
const TRIAL_FILMS = 256

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    models: { type: 'string', default: 'mobilenet-0.25,mobilenet-1.0,vgg16' },
  },
})
const [models = '.', ...folders] = positionals

const text = (value: number) => value.toPrecision(3)

async function bench(name: string, folder: string): Promise<boolean> {
  const model = join(models, `${name}.onnx`)
  const decode = await costOf('decode', model, folder, PART_SECONDS)
  const infer = await costOf('infer', model, folder, PART_SECONDS)
  const bound = CORES / (decode + infer)
  const trial = await scoreRepeated([model], folder, TRIAL_FILMS)
  // Half of the bound at least: a first guess from a run that mostly starts would be far too low.
  const rate = Math.max(trial.whole, bound / 2)
  const { whole, steady, cpuSeconds, wallSeconds, films, status } = await scoreRepeated(
    [model],
    folder,
    Math.ceil(rate * Number(values.seconds)),
  )
  const share = (steady ?? 0) / bound
  process.stdout.write(
    `${name}, ${folder}: decoding ${text(1000 * decode)} and inference ${text(1000 * infer)} CPU-ms a film, ` +
      `bound ${text(bound)} films a second on ${CORES} cores; ${films} films in ${wallSeconds.toFixed(0)} s: ` +
      `steady ${steady === null ? 'unknown (too short)' : text(steady)}, whole command ${text(whole)}, ` +
      `${cpuSeconds === null ? 'unknown' : text(1000 * cpuSeconds)} CPU-ms a film; ` +
      `${text(share)} of the bound, the bar is ${BAR}\n`,
  )
  return status === 0 && share >= BAR
}

process.stdout.write(`load before: ${loadavg()[0]!.toFixed(1)} on ${CORES} cores\n`)
for (const folder of folders)
  for (const name of values.models.split(',')) if (!(await bench(name, folder))) process.exitCode = 1

/** How near to its bound is `roentgen score`? For each model and folder: films a second of the whole command and of its
 *  steady state, beside what the cores could do if decoding and inference cost what each costs alone (CPU-seconds, with as
 *  many processes as cores at a time, as in a run). The folder is repeated by links.
 *  Run: node dist/scripts/make-score-models.js MODELS && node dist/bench/own/score.js MODELS FOLDER… [--seconds 60]
 *  [--models mobilenet-0.25,vgg16]; ends with 1 where a steady state is below 0.9 of its bound. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { filmsBelow, linkFilms, runScore, type ScoreRun } from '../score-run.ts'

const BAR = 0.9
/** Seconds that each part is measured alone. */
const PART_SECONDS = 5
/** Films of the run that finds out how many the long one takes. */
const TRIAL_FILMS = 256

const PART = fileURLToPath(new URL('../../scripts/score-part.js', import.meta.url))
const run = promisify(execFile)

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    models: { type: 'string', default: 'mobilenet-0.25,mobilenet-1.0,vgg16' },
  },
})
const [models = '.', ...folders] = positionals
const cores = availableParallelism()

/** CPU-seconds a film of a part, with every core at it. */
async function costOf(part: 'decode' | 'infer', model: string, folder: string): Promise<number> {
  const args = [PART, model, folder, '--part', part, '--seconds', String(PART_SECONDS)]
  const said = await Promise.all(Array.from({ length: cores }, () => run(process.execPath, args)))
  const all = said.map(({ stdout }) => JSON.parse(stdout) as { films: number; cpuSeconds: number })
  const sum = (of: 'films' | 'cpuSeconds') => all.reduce((total, one) => total + one[of], 0)
  return sum('cpuSeconds') / sum('films')
}

async function score(model: string, folder: string, count: number): Promise<ScoreRun> {
  const place = mkdtempSync(join(tmpdir(), 'roentgen-bench-'))
  try {
    const links = join(place, 'films')
    linkFilms(links, filmsBelow(folder), count)
    return await runScore({ folder: links, model, place: join(place, 'out'), count })
  } finally {
    rmSync(place, { recursive: true })
  }
}

const text = (value: number) => value.toPrecision(3)

async function bench(name: string, folder: string): Promise<boolean> {
  const model = join(models, `${name}.onnx`)
  const decode = await costOf('decode', model, folder)
  const infer = await costOf('infer', model, folder)
  const bound = cores / (decode + infer)
  const trial = await score(model, folder, TRIAL_FILMS)
  // Half of the bound at least: a first guess from a run that mostly starts would be far too low.
  const rate = Math.max(trial.whole, bound / 2)
  const { whole, steady, cpuSeconds, wallSeconds, films, status } = await score(
    model,
    folder,
    Math.ceil(rate * Number(values.seconds)),
  )
  const share = (steady ?? 0) / bound
  process.stdout.write(
    `${name}, ${folder}: decoding ${text(1000 * decode)} and inference ${text(1000 * infer)} CPU-ms a film, ` +
      `bound ${text(bound)} films a second on ${cores} cores; ${films} films in ${wallSeconds.toFixed(0)} s: ` +
      `steady ${steady === null ? 'unknown (too short)' : text(steady)}, whole command ${text(whole)}, ` +
      `${cpuSeconds === null ? 'unknown' : text(1000 * cpuSeconds)} CPU-ms a film; ` +
      `${text(share)} of the bound, the bar is ${BAR}\n`,
  )
  return status === 0 && share >= BAR
}

process.stdout.write(`load before: ${loadavg()[0]!.toFixed(1)} on ${cores} cores\n`)
for (const folder of folders)
  for (const name of values.models.split(',')) if (!(await bench(name, folder))) process.exitCode = 1

/** What does a film cost that all models of a k-fold score in one pass, beside one decoding and an inference of each model
 *  alone? In CPU-seconds, which other work on the machine does not count into. The parts are measured before the run and
 *  behind it, with as many processes as cores at a time, as in a run.
 *  Run: node dist/scripts/make-score-models.js FOLDS --models mobilenet-0.25 --folds 10 &&
 *  node dist/bench/own/score-models.js FOLDER FOLDS/*.onnx [--seconds 30]; ends with 1 where it is more than 1.1 times that */
import { loadavg } from 'node:os'
import { argumentsOf } from '../arguments.ts'
import { CORES, costOf, scoreRepeated } from '../score-parts.ts'

const BAR = 1.1
/** Seconds that each part is measured alone, each time. */
const DECODE_SECONDS = 4
const INFER_SECONDS = 1

const { positionals, values } = argumentsOf(
  { allowPositionals: true, options: { seconds: { type: 'string', default: '30' } } },
  'FOLDER MODEL...',
)
const [folder = '.', ...models] = positionals

/** CPU-seconds a film: decoded once, and run by each model. */
async function partsAlone(): Promise<{ decode: number; infer: number }> {
  const decode = await costOf('decode', models[0]!, folder, DECODE_SECONDS)
  let infer = 0
  for (const model of models) infer += await costOf('infer', model, folder, INFER_SECONDS)
  return { decode, infer }
}

const text = (seconds: number) => (1000 * seconds).toPrecision(3)

process.stdout.write(`load before: ${loadavg()[0]!.toFixed(1)} on ${CORES} cores\n`)
const before = await partsAlone()
const rate = CORES / (before.decode + before.infer)
const { cpuSeconds, films, status } = await scoreRepeated(
  models,
  folder,
  Math.ceil(rate * Number(values.seconds)),
)
const after = await partsAlone()
const [decode, infer] = [(before.decode + after.decode) / 2, (before.infer + after.infer) / 2]
const ratio = (cpuSeconds ?? Number.NaN) / (decode + infer)
process.stdout.write(
  `${models.length} models, ${films} films: one decoding ${text(decode)} and all inferences ${text(infer)} CPU-ms a film; ` +
    `in one pass ${cpuSeconds === null ? 'unknown (too short)' : text(cpuSeconds)}: ` +
    `${ratio.toFixed(3)} times that, the bar is ${BAR}\n`,
)
process.exitCode = status === 0 && ratio <= BAR ? 0 : 1

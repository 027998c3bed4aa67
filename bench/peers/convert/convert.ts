/** From command to file: `roentgen convert`, comparison with tfjs included, beside tf2onnx, which compares nothing. Both
 *  read the same files, one after the other in turns, so that what else the machine does meets both.
 *  Run: node dist/bench/peers/convert/convert.js --python VENV/bin/python --models DIR [--runs 3] [--only 'VGG16 GraphModel']
 *  (bench/peers/convert/requirements.txt and make_models.py make the two). Exit status 1 below the bar, or where one of the
 *  two fails, 2 without peer. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsOf } from '../../arguments.ts'
import { spreadOf, spreadText } from '../../statistics.ts'

/** How many times faster ours must be. */
const BAR = 3

const MAIN = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url))

/** What both are given, and tf2onnx's word for it. */
const JOBS = [
  { name: 'MobileNet .h5', file: 'mobilenet.h5', as: '--keras' },
  { name: 'VGG16 .h5', file: 'vgg16.h5', as: '--keras' },
  { name: 'MobileNet GraphModel', file: 'mobilenet_graph/model.json', as: '--tfjs' },
  { name: 'VGG16 GraphModel', file: 'vgg16_graph/model.json', as: '--tfjs' },
] as const

const { values } = argumentsOf({
  options: {
    python: { type: 'string', default: 'python' },
    models: { type: 'string', default: '.' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
})

interface Timed {
  elapsedMs: number
  /** The last line of what it said, where it failed. */
  failure: string | undefined
}

function time(command: string, args: readonly string[]): Timed {
  const env = {
    ...process.env,
    TF_USE_LEGACY_KERAS: '1',
    TF_CPP_MIN_LOG_LEVEL: '3',
    CUDA_VISIBLE_DEVICES: '',
  }
  const begun = performance.now()
  const { status, stderr, signal } = spawnSync(command, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 })
  const elapsedMs = performance.now() - begun
  const failure = status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? String(signal))
  return { elapsedMs, failure }
}

/** @returns the peer's time over ours, run by run; undefined where one of the two failed */
function ratiosOf({ name, file, as }: (typeof JOBS)[number], place: string): number[] | undefined {
  const [ours, theirs]: [number[], number[]] = [[], []]
  const model = join(values.models, file)
  for (let run = 0; run < Number(values.runs); run++) {
    const our = time(process.execPath, [MAIN, 'convert', model, '-o', join(place, 'ours.onnx')])
    const peerArgs = [
      '-m',
      'tf2onnx.convert',
      as,
      model,
      '--output',
      join(place, 'theirs.onnx'),
      '--opset',
      '18',
    ]
    const their = time(values.python, peerArgs)
    for (const [who, { failure }] of [
      ['roentgen', our],
      ['tf2onnx', their],
    ] as const)
      if (failure !== undefined) {
        process.stdout.write(`${name}: ${who} fails: ${failure}\n`)
        return undefined
      }
    ours.push(our.elapsedMs / 1000)
    theirs.push(their.elapsedMs / 1000)
  }
  process.stdout.write(`${name}: roentgen ${spreadText(spreadOf(ours), 's')}\n`)
  process.stdout.write(`${name}: tf2onnx  ${spreadText(spreadOf(theirs), 's')}\n`)
  return theirs.map((seconds, i) => seconds / ours[i]!)
}

function isFaster(job: (typeof JOBS)[number], place: string): boolean {
  const ratios = ratiosOf(job, place)
  if (ratios === undefined) return false
  const { median, least, most } = spreadOf(ratios)
  const text = `${median.toFixed(1)} times (${least.toFixed(1)} to ${most.toFixed(1)})`
  process.stdout.write(`${job.name}: roentgen is faster ${text}, the bar is ${BAR}\n`)
  return median >= BAR
}

const hasPeer = time(values.python, ['-c', 'import tf2onnx']).failure === undefined
if (!hasPeer || !existsSync(join(values.models, JOBS[0].file))) {
  process.stderr.write(
    hasPeer
      ? `no models in ${values.models}: run make_models.py first\n`
      : `peer absent: ${values.python} has no tf2onnx; see bench/peers/convert/requirements.txt\n`,
  )
  process.exitCode = 2
} else {
  const place = mkdtempSync(join(tmpdir(), 'roentgen-peer-'))
  try {
    for (const job of JOBS.filter(({ name }) => name.includes(values.only)))
      if (!isFaster(job, place)) process.exitCode = 1
  } finally {
    rmSync(place, { recursive: true })
  }
}

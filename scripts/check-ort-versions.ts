/** Must hold (issue 10): converted models give the same answers under the newest onnxruntime-node and one a year older.
 *  Converts models with the real command, installs each version into a folder of its own through npm, runs all models on
 *  seeded inputs, and compares with the version that is committed. Exit status 1 on a difference beyond the tolerance.
 *  Run: node dist/scripts/check-ort-versions.js [--versions latest,1.23]   (needs npm's registry) */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TOLERANCES } from '../converters/difference.ts'
import { NSFWJS_MODELS, unwrapNsfwjs } from './unwrap-nsfwjs.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const MAIN = at('../src/cli/main.js')
const ROOT = at('../..')
const SHARED = at('../../../shared/data/weights/')
const FIXTURES = at('../../test/fixtures/converters/')

/** What is converted beside the team's files, and how. */
const OPSETS = ['13', '18', '22']
const FILES = [
  'mobilenet_v1_0.25_224',
  'squeezenet_notop_224',
  'nsfwjs_mobilenet_v2_uint8',
  'tiny_dense_graph',
]
const KERAS = [
  'keras2/fer2013_mini_XCEPTION.102-0.66.hdf5',
  'keras2/teachable_machine_covid_xray.h5',
  'keras3/CNN.keras',
]

interface Converted {
  name: string
  out: string
  inputs: string[]
}

function convert(name: string, model: string, place: string, opset: string): Converted {
  const out = join(place, `${readdirSync(place).length}.onnx`)
  const args = [MAIN, 'convert', model, '-o', out, '--opset', opset, '--no-verify', '--json']
  const said = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [{ inputs }] = (JSON.parse(said) as { converted: [{ inputs: string[] }] }).converted
  return { name: `${name}, opset ${opset}`, out, inputs }
}

function convertAll(place: string): Converted[] {
  const team = existsSync(SHARED)
    ? [...FILES, ...KERAS].map((name) => [name, join(SHARED, name)] as const)
    : []
  const bundles = NSFWJS_MODELS.map(
    (name) => [`nsfwjs ${name}`, unwrapNsfwjs(name, join(place, name))] as const,
  )
  const small = ['unet', 'siamese', 'sequence'].map(
    (name) => [name, join(FIXTURES, `${name}.keras`)] as const,
  )
  const files = join(place, 'onnx')
  mkdirSync(files)
  return [
    ...[...team, ...bundles].map(([name, path]) => convert(name, path, files, '18')),
    ...small.flatMap(([name, path]) => OPSETS.map((opset) => convert(name, path, files, opset))),
  ]
}

/** @returns the folder and the version that it holds */
function install(version: string, place: string): { folder: string; version: string } {
  const folder = join(place, `ort-${version}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{}')
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', `onnxruntime-node@${version}`]
  execFileSync('npm', args, { cwd: folder, stdio: 'ignore' })
  return { folder, version: versionIn(folder) }
}

const versionIn = (folder: string): string =>
  createRequire(join(folder, 'package.json'))('onnxruntime-node/package.json').version

type Values = Record<string, number[]>

function run(folder: string, { out, inputs }: Converted): Values {
  const args = [at('./ort-versions/run-with.js'), folder, out, JSON.stringify(inputs)]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 })) as Values
}

/** The largest difference, and the largest that may be. */
function difference(expected: Values, actual: Values): { difference: number; allowed: number } {
  let [worst, largest] = [0, 0]
  for (const [name, values] of Object.entries(expected))
    for (const [i, value] of values.entries()) {
      const off = Math.abs(value - (actual[name]?.[i] ?? Number.NaN))
      // What is no number is never near.
      worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(worst, off)
      largest = Math.max(largest, Math.abs(value))
    }
  return {
    difference: worst,
    allowed: Math.max(TOLERANCES.fp32.absolute, largest > 1 ? TOLERANCES.fp32.relative * largest : 0),
  }
}

const { values } = parseArgs({ options: { versions: { type: 'string', default: 'latest,1.23' } } })
const place = mkdtempSync(join(tmpdir(), 'roentgen-ort-'))
try {
  const models = convertAll(place)
  const committed = versionIn(ROOT)
  let failures = 0
  for (const { folder, version } of values.versions.split(',').map((wanted) => install(wanted, place))) {
    let worst = 0
    for (const model of models) {
      const found = difference(run(ROOT, model), run(folder, model))
      worst = Math.max(worst, found.difference)
      process.stdout.write(
        `${version} to ${committed}: ${model.name}: ${found.difference.toExponential(1)}\n`,
      )
      if (found.difference <= found.allowed) continue
      failures++
      process.stderr.write(
        `FAILED: ${model.name} under ${version}: more than ${found.allowed.toExponential(1)}\n`,
      )
    }
    process.stdout.write(
      `${version} to ${committed}: ${models.length} models, at most ${worst.toExponential(1)}\n`,
    )
  }
  process.exitCode = failures > 0 ? 1 : 0
} finally {
  rmSync(place, { recursive: true, force: true })
}

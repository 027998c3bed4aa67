/** The real `roentgen native install tensorflow`, from command to a compared conversion, into a cache that is left for tests.
 *  Run: node dist/scripts/check-native.js CACHE. It downloads 214 MB. Exit status 1 where something does not hold; where this
 *  machine cannot install it (no pip or uv, no compiler, another platform) it says so and ends with 0. */
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
const MODEL = fileURLToPath(new URL('../../test/fixtures/converters/siamese.h5', import.meta.url))

const [cache] = process.argv.slice(2)
if (cache === undefined) {
  process.stderr.write('name the folder of the cache\n')
  process.exit(2)
}

function roentgen(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, ROENTGEN_CACHE: resolve(cache!) }
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr }
}

/** What a machine may lack, and its network; everything else is a fault. */
const LACKS =
  /there is no (npm|pip|C\+\+ compiler)|failed \(no connection|it is made for [\w, -]+, and this is/

function check(): string {
  const begun = performance.now()
  const installed = roentgen('native', 'install', 'tensorflow')
  const seconds = ((performance.now() - begun) / 1000).toFixed(0)
  if (LACKS.test(installed.stderr)) return `not checked: ${installed.stderr.trim().split('\n').at(-1)}`
  assert.equal(installed.status, 0, installed.stderr)
  assert.match(
    installed.stdout,
    /^tensorflow [\d.]+ (is|was) in [^\n]+: TensorFlow [\d.]+ on the (cpu|GPU)\n$/,
  )
  const home = join(cache!, 'native')
  assert.deepEqual(readdirSync(home), ['tensorflow'])
  assert.equal(readdirSync(join(home, 'tensorflow')).length, 1)

  const again = roentgen('native', 'install', 'tensorflow', '--from', 'nowhere')
  assert.match(again.stdout, / was in /, again.stderr)
  const { native } = JSON.parse(roentgen('doctor', '--json').stdout)
  assert.equal(native[0].isThere, true, JSON.stringify(native))

  const place = mkdtempSync(join(tmpdir(), 'roentgen-native-'))
  try {
    const converted = roentgen('convert', MODEL, '-o', join(place, 'model.onnx'))
    assert.equal(converted.status, 0, converted.stderr)
    assert.match(converted.stderr, /differs from tfjs tensorflow by at most/)
  } finally {
    rmSync(place, { recursive: true })
  }
  return `${installed.stdout.trim()} (${seconds} s)`
}

process.stdout.write(`native install: ${check()}\n`)

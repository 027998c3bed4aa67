/** What every program of a run is given: models, made once, and pixels; and what it is told of them. */
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../../random.ts'
import type { Task } from './visit.ts'

const MAKE = fileURLToPath(new URL('../../../scripts/make-peer-models.js', import.meta.url))
/** Pixels of the largest input. */
const LARGEST = 299 * 299 * 3

/** @param given  `all`, or names with commas */
export const backbonesOf = (given: string): string[] =>
  (given === 'all' ? make(['--list'], 'pipe') : given).split(',')

/** Makes what is not there yet in the folder of a run.
 *  @returns what a program is told of a backbone, besides how long it runs */
export function prepare(
  out: string,
  backbones: readonly string[],
  { batch, threads }: Pick<Task, 'batch' | 'threads'>,
): (backbone: string) => Omit<Task, 'seconds' | 'modules'> {
  const models = join(out, 'models')
  const pixels = join(out, 'pixels.bin')
  mkdirSync(models, { recursive: true })
  // Each in a process of its own: weights of all at once would not fit everywhere.
  for (const backbone of backbones.filter((name) => !existsSync(join(models, name, 'config.json')))) {
    process.stderr.write(`making ${backbone}\n`)
    make([models, '--backbone', backbone], 'inherit')
  }
  const random = seededRandom(1)
  writeFileSync(
    pixels,
    Uint8Array.from({ length: batch * LARGEST }, () => Math.floor(256 * random())),
  )
  return (backbone) => {
    const folder = join(models, backbone)
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, number>
    const { height = 0, width = 0, channels = 0, scale = 1, offset = 0 } = config
    const files = { onnx: join(folder, 'onnx', 'model.onnx'), tfjs: join(folder, 'model.json'), pixels }
    return { backbone, models, ...files, scale, offset, batch, height, width, channels, threads }
  }
}

/** @returns what it printed, where that is piped */
function make(args: readonly string[], out: 'pipe' | 'inherit'): string {
  const { status, stdout } = spawnSync(process.execPath, [MAKE, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', out, 'inherit'],
  })
  assert.equal(status, 0, `${MAKE} ${args.join(' ')} fails`)
  return stdout?.trim() ?? ''
}

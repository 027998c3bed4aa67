/** Tries mutants, in a process that may hang, grow or die: `check-mutants.ts` watches it. Sends an outcome for each. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as tf from '@tensorflow/tfjs-core'
import { DEFAULT_OPSET } from '../../converters/graph/at-opset.ts'
import { problemOf, RoentgenError } from '../../errors.ts'
import { seededRandom } from '../../random.ts'
import { convertOne } from '../../src/cli/convert-one.ts'
import { KINDS, type KindName } from './kinds.ts'

export interface Outcome {
  seed: number
  /** `converted`, or the code of the refusal. */
  is: string
  message: string
  elapsedMs: number
  /** What is not as it must be: nothing, where all is well. */
  faults: string[]
  /** Largest memory of this process so far. */
  peakKib: number
}

/** Codes that say that we were wrong, not the file. */
const OURS = ['ROE_INTERNAL', 'ROE_GRAPH_INVALID', 'ROE_PARITY']

/** How long that may take, on a machine that has much to do. */
const GOING_MS = 5000

async function tryOne(kind: KindName, seed: number, place: string): Promise<Outcome> {
  const folder = mkdtempSync(join(place, 'mutant-'))
  const path = await KINDS[kind](folder, seededRandom(seed))
  const out = join(folder, 'out', 'model.onnx')
  mkdirSync(join(folder, 'out'))
  const before = { ...tf.memory(), backend: tf.getBackend(), files: new Set(readdirSync(tmpdir())) }
  const begun = performance.now()
  const faults: string[] = []
  let [is, message] = ['converted', '']
  try {
    await convertOne(path, out, {
      proof: 'required',
      opset: DEFAULT_OPSET,
      precision: 'fp32',
      fp32: [],
      verbose: false,
      note: () => undefined,
    })
  } catch (error) {
    is = error instanceof RoentgenError ? error.code : 'no error of ours'
    message =
      error instanceof RoentgenError ? error.message : String((error as Error).stack ?? problemOf(error))
    // Weights that are no numbers give none, in tfjs as in ONNX Runtime.
    const hasNoNumbers = is === 'ROE_PARITY' && message.includes('differs from tfjs by NaN')
    if (!(error instanceof RoentgenError) || (OURS.includes(is) && !hasNoNumbers)) faults.push(is)
    else if (/[\n\r]|\bat .+:\d+:\d+/.test(message)) faults.push('more than a line')
  }
  const elapsedMs = performance.now() - begun
  const { numTensors, numBytes } = tf.memory()
  if (numTensors !== before.numTensors || numBytes !== before.numBytes)
    faults.push(`${numTensors - before.numTensors} tensors, ${numBytes - before.numBytes} bytes kept`)
  if (tf.getBackend() !== before.backend) faults.push(`backend ${tf.getBackend()}`)
  const left = readdirSync(join(folder, 'out')).filter((name) => is !== 'converted' || name !== 'model.onnx')
  if (left.length > 0) faults.push(`left behind: ${left}`)
  const kept = await keptOf(before.files)
  if (kept.length > 0) faults.push(`left behind: ${kept}`)
  rmSync(folder, { recursive: true })
  return { seed, is, message, elapsedMs, faults, peakKib: process.resourceUsage().maxRSS }
}

/** What is new among the temporary files, once the process of the reference has had time to go. */
async function keptOf(before: ReadonlySet<string>): Promise<string[]> {
  for (let ms = 0; ; ms += 50) {
    const kept = readdirSync(tmpdir()).filter((name) => !before.has(name))
    if (kept.length === 0 || ms >= GOING_MS) return kept
    await setTimeout(50)
  }
}

const [, , kind = '', from = '', to = '', place = ''] = process.argv
tf.enableProdMode()
await tf.setBackend('cpu')
for (let seed = Number(from); seed < Number(to); seed++) {
  process.send?.({ begun: seed })
  process.send?.(await tryOne(kind as KindName, seed, place))
}
process.disconnect?.()

/** Compares an exported model with the tfjs function that it came from, on random inputs and on given ones: a trained
 *  classifier is so sure of noise that any two models agree on it. */
import * as tf from '@tensorflow/tfjs-core'
import { RoentgenError } from '../errors.ts'
import { seededRandom } from '../random.ts'
import { runOnnx, type Values } from './onnx/runner.ts'
import type { RecordedFunction, RecordInput } from './record/record.ts'
import { onReference } from './reference.ts'

/** What was measured for one output over all inputs tried; kept in the model's metadata as `roentgen.parity`. */
export interface Parity {
  output: string
  /** Largest absolute difference. */
  maxAbs: number
  /** The same relative to the largest value of the output. */
  maxRel: number
  /** Batch sizes that were run, those of given inputs last. */
  batches: number[]
  /** The tfjs backend that computed the reference. */
  reference: string
}

export interface VerifyOptions {
  inputs: readonly RecordInput[]
  outputs: readonly string[]
  seed?: number
  /** Inputs of use, tried beside the random ones: for each run a value for each input. */
  samples?: readonly (readonly Values[])[]
  /** What errors name [the model's path]. */
  where?: string
}

/** fp32 sums in another order differ by a few units in the last place of what was summed: 1e-5 where no value exceeds 1
 *  (a probability), else 1e-4 of the largest value of the output. Not of each value: one that is near 0 because large
 *  ones cancel out is off by as much as they are. */
export const TOLERANCE = { absolute: 1e-5, relative: 1e-4 }

/** Batches of 1 and 3 where the batch is open, the declared size where it is not. */
const OPEN_BATCHES = [1, 3]

/** @param model  path or bytes of the exported model
 *  @throws ROE_PARITY when an output differs by more than both tolerances */
export async function verify(
  fn: RecordedFunction,
  model: string | Uint8Array,
  options: VerifyOptions,
): Promise<Parity[]> {
  const parities = await measureParity(fn, model, options)
  const where = options.where ?? (typeof model === 'string' ? model : 'the model')
  for (const parity of parities) requireParity(parity, where)
  return parities
}

/** Like `verify`, and leaves it to the caller what to say of a difference. */
export async function measureParity(
  fn: RecordedFunction,
  model: string | Uint8Array,
  options: VerifyOptions,
): Promise<Parity[]> {
  const feeds = [...randomRuns(options), ...(options.samples ?? [])].map((values) =>
    options.inputs.map(({ name }, i) => [name, values[i]!] as const),
  )
  const batches = feeds.map((feed) => feed[0]?.[1].shape[0] ?? 1)
  const { expected, reference } = await onReference(async () => ({
    expected: await runAll(fn, feeds),
    reference: `tfjs ${tf.getBackend()}`,
  }))
  const actual = await runOnnx(model, feeds)
  return options.outputs.map((output, i) => {
    const pairs = feeds.map((_, run) => [expected[run]![i]!, actual[run]!.get(output) ?? NOTHING] as const)
    return { output, ...difference(pairs), batches, reference }
  })
}

function randomRuns({ inputs, seed = 1 }: VerifyOptions): Values[][] {
  const open = inputs.some(({ shape }) => shape.includes(null))
  const batches = open ? OPEN_BATCHES : [inputs[0]?.shape[0] ?? 1]
  return batches.map((batch, run) =>
    inputs.map((input, i) => randomValues(input, batch, seed * 7919 + run * 101 + i)),
  )
}

/** What a model gives for an output that it does not have. */
const NOTHING = new Float32Array()

/** @throws ROE_PARITY */
export function requireParity({ output, maxAbs, maxRel }: Parity, where: string): void {
  const largest = maxRel > 0 ? maxAbs / maxRel : 0
  const tolerance = largest > 1 ? TOLERANCE.relative * largest : TOLERANCE.absolute
  // A NaN is never within a tolerance.
  if (maxAbs <= tolerance) return
  throw new RoentgenError('ROE_PARITY', { where, output, difference: maxAbs, tolerance })
}

function difference(pairs: readonly (readonly [Float32Array, Float32Array])[]): {
  maxAbs: number
  maxRel: number
} {
  let [maxAbs, largest] = [0, 0]
  for (const [expected, actual] of pairs) {
    // NaN beside NaN proves nothing, and is no parity.
    if (expected.length !== actual.length || expected.some(Number.isNaN) || actual.some(Number.isNaN))
      return { maxAbs: Number.NaN, maxRel: Number.NaN }
    expected.forEach((value, i) => {
      if (value !== actual[i]!) maxAbs = Math.max(maxAbs, Math.abs(value - actual[i]!))
      largest = Math.max(largest, Math.abs(value))
    })
  }
  return { maxAbs, maxRel: largest === 0 ? 0 : maxAbs / largest }
}

async function runAll(
  fn: RecordedFunction,
  feeds: readonly (readonly (readonly [string, Values])[])[],
): Promise<Float32Array[][]> {
  const results: Float32Array[][] = []
  for (const feed of feeds)
    results.push(
      await runTfjs(
        fn,
        feed.map(([, values]) => values),
      ),
    )
  return results
}

async function runTfjs(fn: RecordedFunction, inputs: readonly Values[]): Promise<Float32Array[]> {
  const outputs = tf.tidy(() => {
    const tensors = inputs.map(({ data, shape, dtype }) =>
      tf.tensor(
        dtype === 'uint8' ? Int32Array.from(data) : data,
        [...shape],
        dtype === 'float32' ? 'float32' : 'int32',
      ),
    )
    return [fn(tensors)].flat()
  })
  const values = await Promise.all(outputs.map((tensor) => tensor.data()))
  tf.dispose(outputs)
  return values.map((data) => Float32Array.from(data))
}

/** Films are random bytes, other inputs uniform in -1..1; seeded. */
function randomValues({ dtype, shape }: RecordInput, batch: number, seed: number): Values {
  const known = shape.map((size) => size ?? batch)
  const length = known.reduce((product, size) => product * size, 1)
  const random = seededRandom(seed)
  if (dtype === 'float32')
    return { dtype, shape: known, data: Float32Array.from({ length }, () => random() * 2 - 1) }
  const bytes = { length }
  const data =
    dtype === 'uint8'
      ? Uint8Array.from(bytes, () => random() * 256)
      : Int32Array.from(bytes, () => random() * 256)
  return { dtype, shape: known, data }
}

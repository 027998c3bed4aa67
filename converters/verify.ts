/** Compares an exported model with the tfjs function that it came from, on random inputs and on given ones: a trained
 *  classifier is so sure of noise that any two models agree on it. */
import assert from 'node:assert/strict'
import { hasCode, RoentgenError } from '../errors.ts'
import { seededRandom } from '../random.ts'
import { difference, isWithin, type Precision, TOLERANCES, toleranceOf } from './difference.ts'
import { BATCHES } from './graph/trial-shapes.ts'
import { type Computed, type Feed, runOnnx, type Values } from './onnx/runner.ts'
import type { RecordedFunction, RecordInput } from './record/record.ts'
import { fasterBackend, type Reference, referenceOf } from './reference.ts'

/** What was measured for one output over all inputs tried; kept in the model's metadata as `roentgen.parity`. */
export interface Parity {
  output: string
  /** Largest absolute difference. */
  maxAbs: number
  /** The same relative to the largest value of the output. */
  maxRel: number
  /** Batch sizes that were run, those of given inputs last. */
  batches: number[]
  /** Shapes of the inputs in each of these runs, where more than the batch is open. */
  shapes?: string[]
  /** Whether all values were near 0 or 1: of a probability that is so sure of random inputs, little is seen. */
  saturated?: true
  /** The tfjs backend that computed the reference. */
  reference: string
}

export interface VerifyOptions {
  inputs: readonly RecordInput[]
  outputs: readonly string[]
  seed?: number
  /** For each random run the shape of each input, where more than the batch is open (`trialShapes`). */
  shapes?: readonly (readonly (readonly number[])[])[]
  /** How strong the random rows of all runs are, in turn [1]. */
  strengths?: readonly number[]
  /** Of inputs whose values are places in a table, how many places there are (`indexLimits`). */
  limits?: ReadonlyMap<string, number>
  /** Inputs of use, tried beside the random ones: for each run a value for each input. */
  samples?: readonly (readonly Values[])[]
  /** What errors name [the model's path]. */
  where?: string
  /** Computes what `fn` gives [this process, on the fastest backend that is there]. */
  reference?: Reference
  /** Of the exported model [fp32]. */
  precision?: Precision
}

/** @param model  path or bytes of the exported model
 *  @throws ROE_PARITY when an output differs by more than both tolerances */
export async function verify(
  fn: RecordedFunction,
  model: string | Uint8Array,
  options: VerifyOptions,
): Promise<Parity[]> {
  const parities = await measureParity(fn, [model], options)
  const where = options.where ?? (typeof model === 'string' ? model : 'the model')
  for (const parity of parities) requireParity(parity, where, options.precision)
  return parities
}

/** Like `verify`, and leaves it to the caller what to say of a difference. Kernels of tfjs's faster backends are wrong here
 *  and there (tfjs 4.22, wasm: MaxPool3D of negative numbers, Conv3DBackpropInputV2, GatherV2 with batches): where one
 *  differs, plain cpu is asked, and has the last word.
 *  A network whose probabilities are near 0 or 1 on random inputs is asked again on weaker ones.
 *  @param models  forms of one model, of which the worst counts */
export async function measureParity(
  fn: RecordedFunction,
  models: readonly (string | Uint8Array)[],
  options: VerifyOptions,
): Promise<Parity[]> {
  const found = await measureOn(fn, models, options)
  const isSure = found.some(({ saturated }) => saturated)
  return isSure ? measureOn(fn, models, { ...options, strengths: WEAKER }) : found
}

async function measureOn(
  fn: RecordedFunction,
  models: readonly (string | Uint8Array)[],
  options: VerifyOptions,
): Promise<Parity[]> {
  const feeds = feedsOf(options)
  const batches = feeds.map((feed) => feed[0]?.[1].shape[0] ?? 1)
  const isSized = options.inputs.some(({ shape }) => shape.slice(1).includes(null))
  const shapes = feeds.map((feed) => feed.map(([, { shape }]) => `[${shape}]`).join(' and '))
  const { reference = referenceOf(fn) } = options
  // Both at once; what is wrong with the file is told first, when nothing is computed any more.
  const [ran, computed] = await Promise.allSettled([runAll(models, feeds), reference(feeds)])
  const actual = settled(ran)
  const first = settled(computed)
  const compare = async (doubted: readonly string[]): Promise<Parity[]> => {
    const { runs, by } = doubted.length === 0 ? first : await reference(feeds, doubted)
    const parities = options.outputs.map((output, i) => {
      const pairs = actual.flatMap((results) =>
        results.map((result, run) => [runs[run]![i]!, result.get(output)] as const),
      )
      const saturated = isSaturated(pairs) && { saturated: true as const }
      return {
        output,
        ...difference(pairs),
        batches,
        ...(isSized && { shapes }),
        ...saturated,
        reference: by,
      }
    })
    const faster = fasterBackend(by)
    const isFinal = faster === undefined || doubted.includes(faster)
    return isFinal || differenceOf(parities, 'the model', options.precision) === undefined
      ? parities
      : compare([...doubted, faster])
  }
  return compare([])
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason
  return result.value
}

async function runAll(
  models: readonly (string | Uint8Array)[],
  feeds: readonly Feed[],
): Promise<ReadonlyMap<string, Computed>[][]> {
  const results: ReadonlyMap<string, Computed>[][] = []
  for (const model of models) results.push(await runOnnx(model, feeds))
  return results
}

/** The inputs that are tried, random ones first; the same each time. */
export const feedsOf = (options: VerifyOptions): Feed[] =>
  [...randomRuns(options), ...(options.samples ?? [])].map(
    (values): Feed => options.inputs.map(({ name }, i) => [name, values[i]!]),
  )

function randomRuns(options: VerifyOptions): Values[][] {
  const { inputs, shapes = batchesOf(inputs), seed = 1, limits, strengths = [1] } = options
  return shapes.map((known, run) => {
    const before = inputs.map((_, i) => rowsBefore(shapes, run, i))
    return inputs.map((input, i) =>
      randomValues(input, known[i]!, {
        seed: seed * 7919 + run * 101 + i,
        strengthOf: (row) => strengths[(before[i]! + row) % strengths.length]!,
        limit: limits?.get(input.name),
      }),
    )
  })
}

/** Batches of 1 and 3 where the batch is open, the declared sizes where it is not. */
function batchesOf(inputs: readonly RecordInput[]): number[][][] {
  const isOpen = inputs.some(({ shape }) => shape[0] === null)
  return (isOpen ? BATCHES : [1]).map((batch) =>
    inputs.map(({ shape }) =>
      shape.map((size, axis) => {
        assert(size !== null || axis === 0, 'open sizes are tried at shapes that are given')
        return size ?? batch
      }),
    ),
  )
}

/** @throws ROE_PARITY */
export function requireParity(
  { output, maxAbs, maxRel }: Parity,
  where: string,
  precision: Precision = 'fp32',
): void {
  const found = { maxAbs, maxRel }
  if (isWithin(found, TOLERANCES[precision])) return
  const tolerance = toleranceOf(found, TOLERANCES[precision])
  throw new RoentgenError('ROE_PARITY', { where, output, difference: maxAbs, tolerance, precision })
}

/** The first difference that is not within the tolerance. */
export function differenceOf(
  parities: readonly Parity[],
  where: string,
  precision: Precision = 'fp32',
): RoentgenError<'ROE_PARITY'> | undefined {
  try {
    for (const parity of parities) requireParity(parity, where, precision)
    return undefined
  } catch (error) {
    if (hasCode(error, 'ROE_PARITY')) return error
    throw error
  }
}

/** Nearer to 0 or 1 than this, a sigmoid or softmax hides what it was given. */
const NEAR = 1e-3

/** Whether an output is near 0 or 1 everywhere. */
export function isSaturated(pairs: readonly (readonly [Computed, unknown])[]): boolean {
  const isNear = (value: number): boolean => Math.abs(value) < NEAR || Math.abs(value - 1) < NEAR
  return pairs.every(([{ data }]) => data.every(isNear))
}

/** What saturates a network at one strength may not at another. */
export const WEAKER = [1, 0.3, 0.1, 0.03] as const

/** How many rows of an input the runs before have. */
const rowsBefore = (
  shapes: readonly (readonly (readonly number[])[])[],
  run: number,
  input: number,
): number => shapes.slice(0, run).reduce((rows, before) => rows + (before[input]![0] ?? 1), 0)

interface Draw {
  seed: number
  strengthOf: (row: number) => number
  /** Of places in a table, how many there are. */
  limit: number | undefined
}

/** Films are random bytes, other inputs uniform in -1..1, both times the row's strength; whole numbers are from 0 to 255, or
 *  places in a table; seeded. */
function randomValues({ dtype }: RecordInput, shape: readonly number[], draw: Draw): Values {
  const length = shape.reduce((product, size) => product * size, 1)
  const random = seededRandom(draw.seed)
  const strength = (at: number): number => draw.strengthOf(Math.floor((at * (shape[0] ?? 1)) / length))
  const { limit } = draw
  const draws: Readonly<Record<Values['dtype'], (at: number) => number>> = {
    float32: (at) => (random() * 2 - 1) * strength(at),
    uint8: (at) => random() * 256 * strength(at),
    int32: () => random() * 256,
  }
  const drawn = limit === undefined ? draws[dtype] : () => Math.floor(random() * limit)
  const data = new { float32: Float32Array, uint8: Uint8Array, int32: Int32Array }[dtype](length)
  for (let at = 0; at < length; at++) data[at] = drawn(at)
  return { dtype, shape, data }
}

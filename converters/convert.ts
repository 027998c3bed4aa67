/** From a function of tfjs to an ONNX file that is kept only when it gives the same results. */
import { type ErrorCode, type ErrorData, RoentgenError } from '../errors.ts'
import { describeFirst } from './bisect.ts'
import { DEFAULT_OPSET, type Opset } from './graph/at-opset.ts'
import type { Graph } from './graph/graph.ts'
import { indexLimits } from './graph/index-limits.ts'
import { trialShapes } from './graph/trial-shapes.ts'
import { withModelFile, writeModel } from './onnx/encode.ts'
import type { Feed } from './onnx/runner.ts'
import { type RecordedFunction, type RecordOptions, record } from './record/record.ts'
import type { Reference } from './reference.ts'
import { rewrite } from './rewrite/rewrite.ts'
import { roundHalves } from './rewrite/round-halves.ts'
import { type LossyWeight, toFloat16 } from './rewrite/to-float16.ts'
import { differenceOf, feedsOf, measureParity, type Parity, type VerifyOptions, WEAKER } from './verify.ts'

export interface ConvertOptions
  extends RecordOptions,
    Pick<VerifyOptions, 'samples' | 'seed' | 'reference' | 'precision'> {
  /** Kept in the file as `metadata_props`; `roentgen.parity` is added. */
  metadata?: ReadonlyMap<string, string>
  /** What is done about a difference from tfjs: `required` refuses it, `told` keeps the file with the parity that was
   *  measured, `none` does not look. */
  proof?: 'required' | 'told' | 'none'
  /** Looks at the file, which agrees with tfjs, before it has its name; throws where it is not to have it. */
  check?: (unproven: string, graph: Graph) => Promise<void>
  /** Version of ONNX's operators [18]. */
  opset?: Opset
  /** Hears of the graph that is to be written, before it is compared. */
  onGraph?: (graph: Graph) => void
  /** What stays in float32 in a file of fp16, beside the block list: operators, or names of nodes, with `*` for any
   *  characters. */
  fp32?: readonly string[]
}

export interface Converted {
  graph: Graph
  parity: Parity[]
  /** Weights whose numbers fp16 does not hold. */
  lossy: readonly LossyWeight[]
  /** The difference from tfjs that `told` kept. */
  difference: RoentgenError<'ROE_PARITY'> | undefined
}

/** Records `fn`, rewrites the graph, writes it, runs it against tfjs, and only then gives it its name.
 *  @throws ROE_OP_UNSUPPORTED, ROE_VALUE_UNKNOWN, ROE_BATCH_FIXED, ROE_SIZE_OPEN, ROE_OPSET, ROE_PARITY,
 *    ROE_WRITE; nothing is left behind */
export async function convert(
  fn: RecordedFunction,
  path: string,
  options: ConvertOptions,
): Promise<Converted> {
  const { metadata = new Map(), check, opset = DEFAULT_OPSET } = options
  const exact = await rewrite(await record(fn, options))
  const isHalf = options.precision === 'fp16'
  const { graph, lossy } = isHalf ? toFloat16(exact, options.fp32) : { graph: exact, lossy: [] }
  options.onGraph?.(graph)
  const facts = isHalf ? new Map([...metadata, ['roentgen.precision', 'fp16']]) : metadata
  const proven: Proven = { parity: [], difference: undefined }
  const proof = options.proof ?? 'required'
  const trial = { shapes: trialShapes(graph), limits: indexLimits(graph) }
  const reference =
    proof === 'none' ? undefined : begunOn(feedsOf({ ...options, ...trial }), options.reference)
  await writeModel(graph, path, { metadata: facts, opset }, async (unproven) => {
    try {
      if (proof !== 'none') {
        const how = { ...options, ...trial, ...(reference && { reference }) }
        Object.assign(proven, await prove(fn, { graph, unproven, where: path }, how))
      }
      await check?.(unproven, graph)
    } catch (error) {
      throw renamed(error, unproven, path)
    }
    // What was not measured has no entry.
    return new Map(proof === 'none' ? [] : [['roentgen.parity', JSON.stringify(proven.parity)]])
  })
  return { graph, lossy, ...proven }
}

/** The reference, at work while the file is written: who asks it first is given what it finds on these feeds, which are
 *  those that `measureParity` asks for first. One in this process could not work meanwhile. */
function begunOn(feeds: readonly Feed[], reference: Reference | undefined): Reference | undefined {
  if (reference === undefined) return undefined
  let begun: ReturnType<Reference> | undefined = reference(feeds)
  // Who asks hears of it.
  begun.catch(() => {})
  return (asked, doubted) => {
    const first = begun
    begun = undefined
    return first ?? reference(asked, doubted)
  }
}

type ProofOptions = ConvertOptions & Pick<VerifyOptions, 'shapes' | 'limits'>
type Proven = Pick<Converted, 'parity' | 'difference'>

async function prove(
  fn: RecordedFunction,
  { where, ...written }: { graph: Graph; unproven: string; where: string },
  options: ProofOptions,
): Promise<Proven> {
  const parity = await measure(fn, written, options)
  const difference = await withFirst(differenceOf(parity, where, options.precision), fn, options)
  if (difference !== undefined && options.proof !== 'told') throw difference
  return { parity, difference }
}

/** A file of fp16 is compared as it is and with every value rounded, as a GPU rounds them. */
const measure = (
  fn: RecordedFunction,
  { graph, unproven }: { graph: Graph; unproven: string },
  options: ProofOptions,
): Promise<Parity[]> =>
  options.precision === 'fp16'
    ? withModelFile(roundHalves(graph), (rounding) => measureParity(fn, [unproven, rounding], options))
    : measureParity(fn, [unproven], options)

/** The difference, with what differs first. */
async function withFirst(
  found: Converted['difference'],
  fn: RecordedFunction,
  options: ProofOptions,
): Promise<Converted['difference']> {
  if (found === undefined) return undefined
  const weaker = feedsOf({ ...options, samples: [], strengths: WEAKER })
  const first = await describeFirst(fn, [...feedsOf(options), ...weaker], options)
  const kept = options.proof === 'told'
  return new RoentgenError('ROE_PARITY', { ...found.data, first, kept }, { cause: found })
}

/** A user is told of the file that was asked for, not of the one that it was to become. */
function renamed(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof RoentgenError)) return error
  const data = error.data as ErrorData<ErrorCode>
  if (!data.where.includes(from)) return error
  return new RoentgenError(error.code, { ...data, where: data.where.replaceAll(from, to) }, { cause: error })
}

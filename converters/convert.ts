/** From a function of tfjs to an ONNX file that is kept only when it gives the same results. */
import { type ErrorCode, type ErrorData, RoentgenError } from '../errors.ts'
import { describeFirst } from './bisect.ts'
import { DEFAULT_OPSET, type Opset } from './graph/at-opset.ts'
import type { Graph } from './graph/graph.ts'
import { trialShapes } from './graph/trial-shapes.ts'
import { writeModel } from './onnx/encode.ts'
import { type RecordedFunction, type RecordOptions, record } from './record/record.ts'
import { rewrite } from './rewrite/rewrite.ts'
import { differenceOf, feedsOf, measureParity, type Parity, type VerifyOptions } from './verify.ts'

export interface ConvertOptions extends RecordOptions, Pick<VerifyOptions, 'samples' | 'seed' | 'reference'> {
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
}

export interface Converted {
  graph: Graph
  parity: Parity[]
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
  const { metadata = new Map(), proof = 'required', check, opset = DEFAULT_OPSET } = options
  const graph = await rewrite(await record(fn, options))
  options.onGraph?.(graph)
  const proven: Omit<Converted, 'graph'> = { parity: [], difference: undefined }
  await writeModel(graph, path, { metadata, opset }, async (unproven) => {
    try {
      if (proof !== 'none')
        Object.assign(proven, await prove(fn, unproven, path, { ...options, shapes: trialShapes(graph) }))
      await check?.(unproven, graph)
    } catch (error) {
      throw renamed(error, unproven, path)
    }
    // What was not measured has no entry.
    return new Map(proof === 'none' ? [] : [['roentgen.parity', JSON.stringify(proven.parity)]])
  })
  return { graph, ...proven }
}

type ProofOptions = ConvertOptions & Pick<VerifyOptions, 'shapes'>

async function prove(
  fn: RecordedFunction,
  unproven: string,
  where: string,
  options: ProofOptions,
): Promise<Omit<Converted, 'graph'>> {
  const parity = await measureParity(fn, unproven, options)
  const difference = await withFirst(differenceOf(parity, where), fn, options)
  if (difference !== undefined && options.proof !== 'told') throw difference
  return { parity, difference }
}

/** The difference, with what differs first. */
async function withFirst(
  found: Converted['difference'],
  fn: RecordedFunction,
  options: ProofOptions,
): Promise<Converted['difference']> {
  if (found === undefined) return undefined
  const first = await describeFirst(fn, feedsOf(options), options)
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

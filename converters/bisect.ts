/** Finds what made a converted model differ: the first node, in the order of the graph, that gives something else than
 *  tfjs's kernel; if there is none, the rule that changed the numbers. Nothing is assumed of how a difference spreads. */
import { problemOf } from '../errors.ts'
import { type Difference, difference, isWithin, type Precision, TOLERANCES } from './difference.ts'
import type { Graph } from './graph/graph.ts'
import { withModelFile } from './onnx/encode.ts'
import { type Computed, type Feed, runOnnx } from './onnx/runner.ts'
import {
  type KernelCall,
  type RecordedFunction,
  type RecordOptions,
  record,
  recordCalls,
} from './record/record.ts'
import { captureCalls, referenceOf } from './reference.ts'
import { RULES, rewrite } from './rewrite/rewrite.ts'
import { roundHalves } from './rewrite/round-halves.ts'
import { toFloat16 } from './rewrite/to-float16.ts'

/** Values that are held at a time; the model runs once for each such part, until something differs. */
const MOST_BYTES = 256 << 20

interface BisectOptions extends RecordOptions {
  precision?: Precision
  fp32?: readonly string[]
}

/** In words, what differs first: a node, a rule, half precision, or the writing.
 *  @param feeds  inputs of which some give other outputs, cheapest first */
export async function describeFirst(
  fn: RecordedFunction,
  feeds: readonly Feed[],
  options: BisectOptions,
): Promise<string> {
  try {
    for (const feed of feeds) {
      const found = (await wrongNode(fn, feed, options)) ?? (await wrongStep(fn, feed, options))
      if (found !== undefined) return found
    }
    return 'all its nodes agree, so what differs is how they are written or what ONNX Runtime makes of them'
  } catch (error) {
    return `the first node that differs was not found (${problemOf(error)})`
  }
}

/** A value that a node writes and the kernel call that tfjs computes it by. */
interface Wanted {
  value: string
  /** Index of the call, and of the output among its outputs. */
  call: number
  output: number
}

async function wrongNode(
  fn: RecordedFunction,
  feed: Feed,
  options: RecordOptions,
): Promise<string | undefined> {
  const inputs = options.inputs.map((input, i) => ({ ...input, shape: feed[i]![1].shape }))
  const { graph, calls } = await recordCalls(fn, { ...options, inputs })
  for (const part of parts(wantedOf(graph, calls), graph)) {
    const { kernels, outputs } = await captureCalls(fn, feed, new Set(part.map(({ call }) => call)))
    const strayed = kernels.findIndex((kernel, i) => kernel !== calls[i]?.kernel)
    if (strayed >= 0)
      throw new Error(`tfjs calls '${kernels[strayed]}' where '${calls[strayed]?.kernel}' was recorded`)
    const actual = await valuesOf(graph, part, feed)
    for (const { value, call, output } of part) {
      const found = differenceInside(outputs.get(call)![output]!, actual.get(value))
      if (!isWithin(found)) return `${nodeText(graph, value, found)}, of tfjs's kernel ${calls[call]!.kernel}`
    }
  }
  return undefined
}

/** Each value once, where it is first written. */
function wantedOf(graph: Graph, calls: readonly KernelCall[]): Wanted[] {
  const written = new Set(graph.nodes.flatMap(({ outputs }) => outputs))
  return calls.flatMap(({ values }, call) =>
    values.flatMap((value, output) =>
      value !== undefined && written.delete(value) ? [{ value, call, output }] : [],
    ),
  )
}

/** In parts that fit the memory. */
function parts(wanted: readonly Wanted[], { types }: Graph): Wanted[][] {
  const all: Wanted[][] = []
  let sizeBytes = MOST_BYTES
  for (const one of wanted) {
    const bytes = 8 * types.get(one.value)!.shape.reduce<number>((size, dim) => size * Number(dim), 1)
    if (sizeBytes + bytes > MOST_BYTES) {
      all.push([])
      sizeBytes = 0
    }
    all.at(-1)!.push(one)
    sizeBytes += bytes
  }
  return all
}

async function valuesOf(
  graph: Graph,
  wanted: readonly { value: string }[],
  feed: Feed,
): Promise<ReadonlyMap<string, Computed>> {
  const outputs = [...new Set(wanted.map(({ value }) => value))]
  const [values] = await withModelFile({ ...graph, outputs }, (path) => runOnnx(path, [feed]))
  return values!
}

/** Inside a model a NaN may stand on both sides: `where` may take the other branch. */
function differenceInside(expected: Computed, actual: Computed | undefined): Difference {
  const isNoNumber = (at: number): boolean =>
    Number.isNaN(expected.data[at]) && Number.isNaN(actual?.data[at])
  const plain = ({ shape, data }: Computed): Computed => ({
    shape,
    data: Float64Array.from(data, (value, i) => (isNoNumber(i) ? 0 : value)),
  })
  return difference([[plain(expected), actual && plain(actual)]])
}

function nodeText(graph: Graph, value: string, { maxAbs }: Difference): string {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(value))
  return `the first that differs (by ${maxAbs}) is node '${node?.name}' (${node?.op})`
}

/** A graph on the way, and how exact it is to be. */
interface Step {
  by: string
  graph: Graph
  precision: Precision
}

/** The nodes agree one by one: some step behind the recording changed the numbers. */
async function wrongStep(
  fn: RecordedFunction,
  feed: Feed,
  options: BisectOptions,
): Promise<string | undefined> {
  const steps: Step[] = [{ by: 'opening the batch', graph: await record(fn, options), precision: 'fp32' }]
  const last = await rewrite(steps[0]!.graph, RULES, (by, graph) =>
    steps.push({ by: `the rule ${by}`, graph, precision: 'fp32' }),
  )
  if (options.precision === 'fp16')
    steps.push({ by: 'fp16', graph: roundHalves(toFloat16(last, options.fp32).graph), precision: 'fp16' })
  const { runs } = await referenceOf(fn)([feed])
  const differs = async ({ graph, precision }: Step): Promise<boolean> => {
    const values = await valuesOf(
      graph,
      graph.outputs.map((value) => ({ value })),
      feed,
    )
    return graph.outputs.some(
      (output, i) => !isWithin(difference([[runs[0]![i]!, values.get(output)]]), TOLERANCES[precision]),
    )
  }
  if (!(await differs(steps.at(-1)!))) return undefined
  // What a step spoils no later one mends: here halving will do.
  let [good, bad] = [-1, steps.length - 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (await differs(steps[middle]!)) bad = middle
    else good = middle
  }
  const culprit = await firstOfBoth(steps[bad - 1]?.graph, steps[bad]!, feed)
  return `every node agrees as it was recorded; ${steps[bad]!.by} changed the numbers${culprit}`
}

/** The first value of both graphs that is another one in the second. */
async function firstOfBoth(
  before: Graph | undefined,
  { graph: after, precision }: Step,
  feed: Feed,
): Promise<string> {
  const old = new Set(before?.nodes.flatMap(({ outputs }) => outputs))
  const shared = after.nodes
    .flatMap(({ outputs }) => outputs.filter((value) => old.has(value)))
    .map((value) => ({ value }))
  if (before === undefined || shared.length === 0) return ''
  const [expected, actual] = [await valuesOf(before, shared, feed), await valuesOf(after, shared, feed)]
  for (const { value } of shared) {
    const found = differenceInside(expected.get(value)!, actual.get(value))
    if (!isWithin(found, TOLERANCES[precision])) return `: ${nodeText(after, value, found)}`
  }
  return ''
}

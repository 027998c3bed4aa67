/** Compares any two models on the same inputs, output by output. What belongs to what is told by names, else by order. */
import { RoentgenError } from '../errors.ts'
import { type Difference, difference, isWithin, type Tolerance } from './difference.ts'
import { BATCH, type TensorType } from './graph/graph.ts'
import { trialShapes } from './graph/trial-shapes.ts'
import { describeTensor } from './onnx/header.ts'
import type { Computed, Feed, Values } from './onnx/runner.ts'
import type { RecordInput } from './record/record.ts'
import { fasterBackend } from './reference.ts'
import type { Runnable } from './runnable.ts'
import { feedsOf, isSaturated, type VerifyOptions, WEAKER } from './verify.ts'

export interface CompareOptions extends Pick<VerifyOptions, 'seed' | 'strengths'> {
  /** Of random inputs, where it is open [1 and 3]. */
  batch?: number | undefined
  /** Tried instead of random inputs: for each run a value for each input of the first model. */
  samples?: readonly (readonly Values[])[] | undefined
  tolerance: Tolerance
}

interface ComparedOutput extends Difference {
  /** Its name in each model. */
  names: [string, string]
  /** Rows whose largest value stands at the same place in both, of all rows; null where the output is no table. */
  sameLargest: { same: number; rows: number } | null
  isWithin: boolean
  /** Whether all values were near 0 or 1, which shows little. */
  saturated: boolean
}

export interface Comparison {
  outputs: ComparedOutput[]
  /** What computed each model. */
  by: [string, string]
  batches: number[]
  /** How inputs and outputs were matched, where not by name. */
  notes: string[]
}

/** Runs both; where they differ and a faster backend of tfjs computed one, plain cpu is asked, and has the last word.
 *  @throws ROE_MODEL_INPUT, ROE_MODEL_OUTPUT where the two do not fit each other */
export async function compareModels(a: Runnable, b: Runnable, options: CompareOptions): Promise<Comparison> {
  const found = await compareOn(a, b, options)
  const isSure = options.samples === undefined && found.outputs.some(({ saturated }) => saturated)
  return isSure ? compareOn(a, b, { ...options, strengths: WEAKER }) : found
}

async function compareOn(a: Runnable, b: Runnable, options: CompareOptions): Promise<Comparison> {
  const notes: string[] = []
  const inputs = matched('inputs', a, b, notes)
  const shared = inputs.map(([one, other]) => sharedInput(a, find(a, one), b, find(b, other)))
  const outputs = matched('outputs', a, b, notes)
  const feeds =
    options.samples?.map((run): Feed => shared.map(({ name }, i) => [name, run[i]!])) ??
    feedsOf({ ...options, samples: [], inputs: shared, outputs: [], shapes: shapesOf(shared, options) })
  const renamed = feeds.map((feed): Feed => feed.map(([, values], i) => [inputs[i]![1], values]))
  // tfjs takes values in the order of its own inputs.
  const ordered = (of: Runnable, all: readonly Feed[]): Feed[] =>
    all.map((feed) => of.inputs.map(({ name }) => feed.find(([own]) => own === name)!))
  const sides = [
    { model: a, feeds: ordered(a, feeds), doubted: [] as string[] },
    { model: b, feeds: ordered(b, renamed), doubted: [] as string[] },
  ] as const
  for (;;) {
    const [first, second] = [await runSide(sides[0]), await runSide(sides[1])]
    const compared = outputs.map((names): ComparedOutput => {
      const [at, there] = [a.outputs.indexOf(names[0]), b.outputs.indexOf(names[1])]
      return compareOutput(
        names,
        first.runs.map((run, i) => [run[at]!, second.runs[i]![there]!]),
        options,
      )
    })
    const [faster, other] = [fasterBackend(first.by), fasterBackend(second.by)]
    if (compared.every(({ isWithin }) => isWithin) || (faster ?? other) === undefined) {
      const batches = feeds.map((feed) => feed[0]?.[1].shape[0] ?? 1)
      return { outputs: compared, by: [first.by, second.by], batches, notes }
    }
    if (faster !== undefined) sides[0].doubted.push(faster)
    if (other !== undefined) sides[1].doubted.push(other)
  }
}

/** Of random inputs. Axes that are open in several inputs are taken to be of one length, a multiple of 32: a network that
 *  joins maps over its middle takes no others. */
function shapesOf(inputs: readonly RecordInput[], { batch }: CompareOptions): number[][][] {
  const types = inputs.map(({ name, dtype, shape }): [string, TensorType] => [
    name,
    { dtype, shape: shape.map((size, axis) => size ?? (axis === 0 ? BATCH : `32*axis${axis}`)) },
  ])
  const runs = trialShapes({ inputs: inputs.map(({ name }) => name), types: new Map(types) })
  if (batch === undefined) return runs
  return runs
    .slice(0, 1)
    .map((shapes) => shapes.map((shape, i) => (inputs[i]!.shape[0] === null ? shape.with(0, batch) : shape)))
}

const runSide = ({ model, feeds, doubted }: { model: Runnable; feeds: Feed[]; doubted: string[] }) =>
  model.run(feeds, doubted)

const find = ({ inputs }: Runnable, name: string): RecordInput => inputs.find((input) => input.name === name)!

/** Pairs of names. @throws ROE_MODEL_INPUT, ROE_MODEL_OUTPUT where one has others than the other */
function matched(what: 'inputs' | 'outputs', a: Runnable, b: Runnable, notes: string[]): [string, string][] {
  const namesOf = (model: Runnable): string[] =>
    what === 'inputs' ? model.inputs.map(({ name }) => name) : [...model.outputs]
  const [names, others] = [namesOf(a), namesOf(b)]
  if (names.length !== others.length)
    throw new RoentgenError(what === 'inputs' ? 'ROE_MODEL_INPUT' : 'ROE_MODEL_OUTPUT', {
      where: b.path,
      expected: `the ${names.length} ${what} of ${a.path} (${names.join(', ')})`,
      received: `${others.length} (${others.join(', ')})`,
    })
  if (names.every((name) => others.includes(name))) return names.map((name) => [name, name])
  const pairs = names.map((name, i): [string, string] => [name, others[i]!])
  notes.push(`${what} are matched by order: ${pairs.map((pair) => pair.join(' with ')).join(', ')}`)
  return pairs
}

/** An input that both take: a size that one leaves open is the other's. @throws ROE_MODEL_INPUT */
function sharedInput(a: Runnable, one: RecordInput, b: Runnable, other: RecordInput): RecordInput {
  const fits =
    one.dtype === other.dtype &&
    one.shape.length === other.shape.length &&
    one.shape.every((size, i) => size === null || other.shape[i] === null || size === other.shape[i])
  if (fits) return { ...one, shape: one.shape.map((size, i) => size ?? other.shape[i] ?? null) }
  throw new RoentgenError('ROE_MODEL_INPUT', {
    where: b.path,
    expected: `${describeTensor(one)} as ${a.path} (give both the same --input, --layout and --scaling)`,
    received: describeTensor(other),
  })
}

function compareOutput(
  names: [string, string],
  pairs: readonly (readonly [Computed, Computed])[],
  { tolerance }: CompareOptions,
): ComparedOutput {
  const found = difference(pairs)
  const isTable =
    pairs.every(([{ shape }]) => shape.length === 2 && shape[1]! > 1) && !Number.isNaN(found.maxAbs)
  const rows = isTable ? pairs.flatMap(([one, other]) => sameLargest(one, other)) : []
  return {
    names,
    ...found,
    sameLargest: isTable ? { same: rows.filter(Boolean).length, rows: rows.length } : null,
    isWithin: isWithin(found, tolerance),
    saturated: isSaturated(pairs),
  }
}

function sameLargest({ shape, data }: Computed, other: Computed): boolean[] {
  const [rows = 0, columns = 0] = shape
  const largest = (values: Computed['data'], row: number): number => {
    let at = row * columns
    for (let i = at; i < (row + 1) * columns; i++) if (values[i]! > values[at]!) at = i
    return at
  }
  return Array.from({ length: rows }, (_, row) => largest(data, row) === largest(other.data, row))
}

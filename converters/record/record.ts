/** Records a function of tfjs as a graph. What depends on an open batch, or on another open size, is found by recording
 *  with several sizes and comparing (nothing is computed, so that costs next to nothing). */
import assert from 'node:assert/strict'
import * as tf from '@tensorflow/tfjs-core'
import type { layers } from '@tensorflow/tfjs-layers'
import { problemOf, RoentgenError } from '../../errors.ts'
import { checkGraph } from '../graph/check.ts'
import type { DType, Graph } from '../graph/graph.ts'
import { renameOutputs } from '../graph/outputs.ts'
import { RECORDER, recordingBackend } from './backend.ts'
import { mergeRecordings } from './merge.ts'
import { hasOpenBatch, hasOpenSizes, type Plan, plansOf, shapeAt } from './probes.ts'
import { type LayoutCache, Recording } from './recording.ts'
import { tapKernels } from './tap-kernels.ts'

export interface RecordInput {
  name: string
  /** `uint8` films reach the function as tfjs's int32. */
  dtype: Extract<DType, 'float32' | 'int32' | 'uint8'>
  /** null where the dimension is open; the first is a batch. */
  shape: readonly (number | null)[]
}

export interface RecordOptions {
  inputs: readonly RecordInput[]
  /** Names of the outputs, in the function's order. */
  outputs: readonly string[]
  /** Layers whose names the nodes take, and whose weights' names the constants take. */
  layers?: readonly layers.Layer[]
  /** Of a model that is not made of layers. */
  names?: NodeNames | undefined
}

/** What the nodes of a GraphModel are called. */
export interface NodeNames {
  weights: ReadonlyMap<string, tf.Tensor>
  /** The node that runs, or that failed; undefined where none does. */
  running: () => string | undefined
}

export type RecordedFunction = (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]

/** @returns the graph of `fn`, with `N` for an open batch and other names for other open sizes (`16*H` where tfjs takes
 *    multiples only); weights are shared with the model, not copied, where ONNX keeps their layout
 *  @throws ROE_OP_UNSUPPORTED, ROE_VALUE_UNKNOWN, ROE_BATCH_FIXED, ROE_SIZE_OPEN, ROE_MODEL_FORMAT */
export async function record(fn: RecordedFunction, options: RecordOptions): Promise<Graph> {
  checkNames(options)
  const layouts: LayoutCache = new WeakMap()
  const { plan, graphs } = await onRecorder(() => recordPlans(fn, options, layouts))
  const graph = merged(plan, graphs, options)
  checkGraph(graph, 'recording')
  return renameOutputs(graph, options.outputs)
}

const merged = (plan: Plan, graphs: readonly Graph[], options: RecordOptions): Graph =>
  mergeRecordings({ ...plan, graphs, refuse: (where, problem) => refuseSize(options, where, problem) })

/** A kernel that was called, and the values of the graph that its outputs are; undefined for what was known. */
export interface KernelCall {
  kernel: string
  values: (string | undefined)[]
}

/** Records `fn` with inputs of known sizes, and which value of the graph each kernel call writes.
 *  @throws as `record` */
export async function recordCalls(
  fn: RecordedFunction,
  options: RecordOptions,
): Promise<{ graph: Graph; calls: KernelCall[] }> {
  const calls: KernelCall[] = []
  const shapes = options.inputs.map(({ shape }) => shape as readonly number[])
  const plan = { shapes, probes: [{}] }
  const graphs = await onRecorder(() => [recordOnce(fn, options, plan, 0, new WeakMap(), calls)])
  return { graph: merged(plan, graphs, options), calls }
}

/** Every name stands for one thing. */
function checkNames({ inputs, outputs }: RecordOptions): void {
  const names = [...inputs.map(({ name }) => name), ...outputs]
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  assert(twice === undefined, `two inputs or outputs are called '${twice}'`)
}

/** Says what depends on an open size: on the batch, unless others are open. */
function refuseSize({ inputs }: RecordOptions, where: string, problem: string, cause?: unknown): never {
  if (!hasOpenSizes(inputs)) throw new RoentgenError('ROE_BATCH_FIXED', { where, problem }, { cause })
  const open = inputs.find((input) => hasOpenSizes([input]))!
  const example = open.shape.map((size, axis) => size ?? (axis === 0 ? 'N' : 224)).join()
  throw new RoentgenError('ROE_SIZE_OPEN', { where, problem, example }, { cause })
}

/** A function that tfjs itself stops at some sizes (a reshape to others, maps that are joined) does not take them. */
class Unfit extends Error {
  readonly where: string
  constructor(where: string, problem: string, cause: unknown) {
    super(problem, { cause })
    this.where = where
  }
}

interface Recorded {
  plan: Plan
  graphs: Graph[]
}

/** The recordings of the first plan that tfjs takes.
 *  @throws ROE_BATCH_FIXED, ROE_SIZE_OPEN where it takes none */
function recordPlans(fn: RecordedFunction, options: RecordOptions, layouts: LayoutCache): Recorded {
  const failures: Unfit[] = []
  for (const plan of plansOf(options.inputs)) {
    try {
      return { plan, graphs: plan.probes.map((_, i) => recordOnce(fn, options, plan, i, layouts)) }
    } catch (error) {
      if (!(error instanceof Unfit)) throw error
      failures.push(error)
    }
  }
  const { where, message, cause } = failures[0]!
  return refuseSize(options, where, message, cause)
}

/** Runs `body` with the recorder as tfjs's backend, and gives the backend back. Nothing is awaited between: whatever
 *  else the process computes meanwhile, another recording too, never meets the recorder. */
async function onRecorder<T>(body: () => T): Promise<T> {
  await tf.ready()
  const before = tf.getBackend()
  const backend = recordingBackend()
  const changes = [tf.setBackend(RECORDER)]
  try {
    assert.equal(tf.getBackend(), RECORDER, 'tfjs changes its backend at once')
    return tf.tidy(() => body() as tf.TensorContainer) as T
  } finally {
    backend.recording = undefined
    changes.push(tf.setBackend(before))
    await Promise.all(changes)
  }
}

function recordOnce(
  fn: RecordedFunction,
  options: RecordOptions,
  { shapes, probes }: Plan,
  probe: number,
  layouts: LayoutCache,
  calls?: KernelCall[],
): Graph {
  const backend = recordingBackend()
  const recording = new Recording({
    weightNames: weightNames(options),
    running: options.names?.running,
    layouts,
    read: (id) => backend.host(id),
  })
  backend.recording = recording
  const known = shapes.map((shape) => shapeAt(shape, probes[probe]!))
  const inputs = options.inputs.map(({ name, dtype }, i) => {
    const info = backend.placeholder(known[i]!, dtype === 'uint8' ? 'int32' : dtype)
    recording.bind(info.dataId, recording.draft.input(name, { dtype, shape: known[i]! }))
    return tf.engine().makeTensorFromTensorInfo(info)
  })
  const called = (kernel: string, outputs: tf.Tensor[]): void =>
    void calls?.push({ kernel, values: outputs.map(({ dataId }) => recording.valueOf(dataId)) })
  const run = (): tf.Tensor | tf.Tensor[] =>
    withScopes(leaves(options.layers ?? []), recording, () => tapKernels(called, () => fn(inputs)))
  const isOpen = hasOpenBatch(options.inputs) || hasOpenSizes(options.inputs)
  const results = [
    isOpen ? unfitFailure(run, recording, options, known) : refuseFailure(run, recording),
  ].flat()
  assert.equal(results.length, options.outputs.length, 'a name for each output')
  recording.draft.outputs = results.map((tensor) => recording.recorded(tensor).value)
  return recording.draft.freeze()
}

function unfitFailure<T>(
  run: () => T,
  recording: Recording,
  { inputs }: RecordOptions,
  shapes: readonly (readonly number[])[],
): T {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof RoentgenError) throw cause
    const sizes = hasOpenSizes(inputs)
      ? `an input of ${shapes.map((shape) => `[${shape}]`).join(' and ')}`
      : `a batch of ${shapes[inputs.findIndex(({ shape }) => shape[0] === null)]![0]}`
    throw new Unfit(recording.place, `tfjs fails for ${sizes}: ${problemOf(cause)}`, cause)
  }
}

/** @throws ROE_MODEL_FORMAT where tfjs stops */
function refuseFailure<T>(run: () => T, recording: Recording): T {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof RoentgenError || cause instanceof assert.AssertionError) throw cause
    const problem = `tfjs cannot run it: ${problemOf(cause)}`
    throw new RoentgenError('ROE_MODEL_FORMAT', { where: recording.place, problem }, { cause })
  }
}

const leaves = (all: readonly layers.Layer[]): layers.Layer[] =>
  all.flatMap((layer) => ('layers' in layer ? leaves(layer.layers as layers.Layer[]) : [layer]))

const weightNames = ({ layers = [], names }: RecordOptions): Map<tf.DataId, string> =>
  new Map([
    ...leaves(layers).flatMap((layer) =>
      layer.weights.map((weight) => [weight.read().dataId, weight.originalName] as const),
    ),
    ...[...(names?.weights ?? [])].map(([name, { dataId }]) => [dataId, name] as const),
  ])

/** While `body` runs, the nodes that a layer's `call` records carry its name. */
function withScopes<T>(all: readonly layers.Layer[], recording: Recording, body: () => T): T {
  const undo = all.map((layer) => {
    const own = Object.getOwnPropertyDescriptor(layer, 'call')
    const original = layer.call
    layer.call = (...args) => recording.scoped(layer.name, () => original.apply(layer, args))
    return () => {
      if (own === undefined) delete (layer as Partial<layers.Layer>).call
      else Object.defineProperty(layer, 'call', own)
    }
  })
  try {
    return body()
  } finally {
    for (const restore of undo.toReversed()) restore()
  }
}

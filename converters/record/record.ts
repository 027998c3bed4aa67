/** Records a function of tfjs as a graph. An open batch is found by recording twice, with two batch sizes, and
 *  comparing: whatever differs is the batch (nothing is computed, so twice costs nothing). */
import assert from 'node:assert/strict'
import * as tf from '@tensorflow/tfjs-core'
import type { layers } from '@tensorflow/tfjs-layers'
import { problemOf, RoentgenError } from '../../errors.ts'
import { checkGraph } from '../graph/check.ts'
import type { DType, Graph } from '../graph/graph.ts'
import { renameOutputs } from '../graph/outputs.ts'
import { RECORDER, recordingBackend } from './backend.ts'
import { mergeRecordings } from './merge.ts'
import { type LayoutCache, Recording } from './recording.ts'
import { tapKernels } from './tap-kernels.ts'

export interface RecordInput {
  name: string
  /** `uint8` films reach the function as tfjs's int32. */
  dtype: Extract<DType, 'float32' | 'int32' | 'uint8'>
  /** null where the dimension is open; only the first may be. */
  shape: readonly (number | null)[]
}

export interface RecordOptions {
  inputs: readonly RecordInput[]
  /** Names of the outputs, in the function's order. */
  outputs: readonly string[]
  /** Layers whose names the nodes take, and whose weights' names the constants take. */
  layers?: readonly layers.Layer[]
}

export type RecordedFunction = (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]

/** Two batch sizes that no constant of a network is mistaken for. */
const BATCHES = [3, 5] as const

/** @returns the graph of `fn`, with `N` for an open batch; weights are shared with the model, not copied, where ONNX
 *    keeps their layout
 *  @throws ROE_OP_UNSUPPORTED, ROE_VALUE_UNKNOWN, ROE_BATCH_FIXED */
export async function record(fn: RecordedFunction, options: RecordOptions): Promise<Graph> {
  checkSignature(options)
  const layouts: LayoutCache = new WeakMap()
  const [first, second] = await onRecorder(() =>
    BATCHES.map((batch) => recordOnce(fn, options, batch, layouts)),
  )
  const graph = mergeRecordings(first as Graph, second as Graph, BATCHES)
  checkGraph(graph, 'recording')
  return renameOutputs(graph, options.outputs)
}

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
  const [graph] = await onRecorder(() => [recordOnce(fn, options, 1, new WeakMap(), calls)])
  return { graph: graph as Graph, calls }
}

/** Only a batch may be open, and every name stands for one thing. */
function checkSignature({ inputs, outputs }: RecordOptions): void {
  for (const { name, shape } of inputs) {
    if (!shape.slice(1).includes(null)) continue
    const received = `[${shape.map((size) => size ?? 'open')}]`
    const expected = 'an input whose first dimension alone is open'
    throw new RoentgenError('ROE_MODEL_INPUT', { where: `input '${name}'`, expected, received })
  }
  const names = [...inputs.map(({ name }) => name), ...outputs]
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  assert(twice === undefined, `two inputs or outputs are called '${twice}'`)
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
  batch: number,
  layouts: LayoutCache,
  calls?: KernelCall[],
): Graph {
  const backend = recordingBackend()
  const recording = new Recording({
    weightNames: weightNames(options.layers ?? []),
    layouts,
    read: (id) => backend.host(id),
  })
  backend.recording = recording
  const inputs = options.inputs.map(({ name, dtype, shape }) => {
    const known = shape.map((size) => size ?? batch)
    const info = backend.placeholder(known, dtype === 'uint8' ? 'int32' : dtype)
    recording.bind(info.dataId, recording.draft.input(name, { dtype, shape: known }))
    return tf.engine().makeTensorFromTensorInfo(info)
  })
  const called = (kernel: string, outputs: tf.Tensor[]): void =>
    void calls?.push({ kernel, values: outputs.map(({ dataId }) => recording.valueOf(dataId)) })
  const run = (): tf.Tensor | tf.Tensor[] =>
    withScopes(leaves(options.layers ?? []), recording, () => tapKernels(called, () => fn(inputs)))
  const results = [hasOpenBatch(options) ? refuseFailure(run, batch) : run()].flat()
  assert.equal(results.length, options.outputs.length, 'a name for each output')
  recording.draft.outputs = results.map((tensor) => recording.recorded(tensor).value)
  return recording.draft.freeze()
}

const hasOpenBatch = ({ inputs }: RecordOptions): boolean => inputs.some(({ shape }) => shape[0] === null)

/** A function that tfjs itself stops at this batch (a reshape to another one) does not take every batch. */
function refuseFailure<T>(run: () => T, batch: number): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof RoentgenError) throw error
    const problem = `tfjs fails for a batch of ${batch}: ${problemOf(error)}`
    throw new RoentgenError('ROE_BATCH_FIXED', { where: 'the model', problem }, { cause: error })
  }
}

const leaves = (all: readonly layers.Layer[]): layers.Layer[] =>
  all.flatMap((layer) => ('layers' in layer ? leaves(layer.layers as layers.Layer[]) : [layer]))

const weightNames = (all: readonly layers.Layer[]): Map<tf.DataId, string> =>
  new Map(
    leaves(all).flatMap((layer) =>
      layer.weights.map((weight) => [weight.read().dataId, weight.originalName]),
    ),
  )

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

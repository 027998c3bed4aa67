/** Runs a function of tfjs three ways (tfjs itself, its recorded graph, the graph after the rules) and compares every
 *  number; and runs every value of a graph on ONNX Runtime, to compare the types that our shape rules promise. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as ort from 'onnxruntime-node'
import { expect } from 'vitest'
import { TOLERANCES } from '../../converters/difference.ts'
import { DEFAULT_OPSET, type Opset } from '../../converters/graph/at-opset.ts'
import { dimAt, namesIn, type Sizes } from '../../converters/graph/dims.ts'
import type { Graph } from '../../converters/graph/graph.ts'
import { encodeModel } from '../../converters/onnx/encode.ts'
import { shapeAt } from '../../converters/record/probes.ts'
import {
  type RecordedFunction,
  type RecordInput,
  type RecordOptions,
  record,
} from '../../converters/record/record.ts'
import { rewrite } from '../../converters/rewrite/rewrite.ts'

tf.enableProdMode()

/** Ten times tighter than what `verify` asks, relative to the value; sums of some hundred float32 products differ
 *  by no more when they are added in another order. */
const RELATIVE = TOLERANCES.fp32.relative / 10
const ABSOLUTE = TOLERANCES.fp32.absolute

/** An input with an open batch, uniform in `from`..`to`. */
export interface TestInput extends RecordInput {
  from: number
  to: number
}

type Open = { dtype?: TestInput['dtype']; from?: number; to?: number }

/** An input of the shape [batch, ...film]. */
export const open = (film: readonly number[], options: Open = {}, name = 'x'): TestInput => ({
  name,
  dtype: 'float32',
  shape: [null, ...film],
  from: options.dtype === undefined || options.dtype === 'float32' ? -1 : 0,
  to: options.dtype === undefined || options.dtype === 'float32' ? 1 : 256,
  ...options,
})

/** A weight, uniform in -1..1, from a seed of its own; it lives on the cpu backend. */
export function weight<R extends tf.Rank>(shape: readonly number[], seed = seedOf(shape)): tf.Tensor<R> {
  return tf.keep(tf.randomUniform<R>([...shape] as tf.ShapeMap[R], -1, 1, 'float32', seed))
}

const seedOf = (shape: readonly number[]): number =>
  shape.reduce((seed, size) => seed * 7 + size, shape.length)

export interface Output {
  shape: number[]
  dtype: string
  data: number[]
}

const known = (shape: readonly (number | null)[], batch: number): number[] =>
  shape.map((size) => size ?? batch)

/** Seeded values for the inputs, as tfjs tensors; the caller disposes them. */
export const randomInputs = (inputs: readonly TestInput[], batch: number): tf.Tensor[] =>
  inputs.map(({ shape, dtype, from, to }, i) =>
    tf.randomUniform(
      known(shape, batch),
      from,
      to,
      dtype === 'float32' ? 'float32' : 'int32',
      97 * batch + i,
    ),
  )

/** What tfjs gives. */
export function runTfjs(fn: RecordedFunction, tensors: tf.Tensor[]): Output[] {
  return tf.tidy(() =>
    [fn(tensors)].flat().map((tensor) => ({
      shape: [...tensor.shape],
      dtype: tensor.dtype,
      data: Array.from(tensor.dataSync(), Number),
    })),
  )
}

/** What ONNX Runtime gives for each output of the graph, in its order, for each batch of inputs. */
export async function runGraph(
  graph: Graph,
  feeds: readonly (readonly tf.Tensor[])[],
  outputs: readonly string[] = graph.outputs,
  graphOptimizationLevel: 'all' | 'disabled' = 'all',
  opset: Opset = DEFAULT_OPSET,
): Promise<Output[][]> {
  const model = encodeModel({ ...graph, outputs }, { opset })
  const session = await ort.InferenceSession.create(model, {
    logSeverityLevel: 4,
    graphOptimizationLevel,
    intraOpNumThreads: 1,
    // ONNX Runtime compares the types that it infers with those that the model declares.
    extra: { session: { strict_shape_type_inference: '1' } },
  })
  try {
    const results: Output[][] = []
    for (const tensors of feeds) {
      const values = await session.run(
        Object.fromEntries(graph.inputs.map((name, i) => feed(graph, name, tensors[i]!))),
      )
      results.push(
        outputs.map((name) => {
          const { dims, type, data } = values[name]!
          return { shape: [...dims], dtype: type, data: Array.from(data as Float32Array, Number) }
        }),
      )
    }
    return results
  } finally {
    await session.release()
  }
}

function feed(graph: Graph, name: string, tensor: tf.Tensor): [string, ort.Tensor] {
  const { dtype } = graph.types.get(name)!
  const data = tensor.dataSync()
  const values = dtype === 'uint8' ? Uint8Array.from(data) : data
  return [name, new ort.Tensor(dtype as 'float32', values as Float32Array, tensor.shape)]
}

/** Equal within the tolerance, element by element; NaN is equal to nothing. */
export function expectClose(actual: Output, expected: Output, what: string): void {
  expect(actual.shape, `${what}: shape`).toEqual(expected.shape)
  // Bytes that are only moved stay bytes; tfjs has no such type.
  expect(actual.dtype === 'uint8' ? 'int32' : actual.dtype, `${what}: dtype`).toBe(expected.dtype)
  expect(actual.data.length, `${what}: empty`).toBeGreaterThan(0)
  const wrong = expected.data.findIndex((value, i) => {
    const other = actual.data[i]!
    return !(value === other || Math.abs(value - other) <= ABSOLUTE + RELATIVE * Math.abs(value))
  })
  if (wrong < 0) return
  expect.fail(`${what}: element ${wrong} is ${actual.data[wrong]}, tfjs gives ${expected.data[wrong]}`)
}

/** Runs every value that a node of the graph writes, and compares shapes and types with those of the graph. */
async function expectTypes(graph: Graph, tensors: readonly tf.Tensor[]): Promise<void> {
  const written = graph.nodes.flatMap((node) => node.outputs)
  const [results] = await runGraph(graph, [tensors], written, 'disabled')
  const sizes = sizesOf(graph, tensors)
  const promised = written.map((name) => {
    const { dtype, shape, lengths } = graph.types.get(name)!
    return { name, dtype, shape: shapeAt(shape, sizes), ...(lengths && { lengths: shapeAt(lengths, sizes) }) }
  })
  const measured = written.map((name, i) => {
    const { dtype, shape, data } = results![i]!
    return { name, dtype, shape, ...(graph.types.get(name)?.lengths && { lengths: data }) }
  })
  expect(promised).toEqual(measured)
}

/** What the names of open dimensions are for these inputs: each is a factor times a name. */
function sizesOf(graph: Graph, tensors: readonly tf.Tensor[]): Sizes {
  const entries = graph.inputs.flatMap((name, i) =>
    graph.types
      .get(name)!
      .shape.flatMap((dim, axis) =>
        namesIn(dim).map((size) => [size, tensors[i]!.shape[axis]! / dimAt(dim, { [size]: 1 })] as const),
      ),
  )
  return Object.fromEntries(entries)
}

/** Compares a graph with tfjs at batches 1 and 3, and at all sizes that are given (at its own where none is open), and
 *  the types of all its values. */
async function expectSameAsTfjs(
  graph: Graph,
  fn: RecordedFunction,
  feeds: readonly tf.Tensor[][],
  what: string,
): Promise<void> {
  // What is kept is the rewritten graph; only it is armed against ONNX Runtime's own rules.
  const results = await runGraph(graph, feeds, graph.outputs, what === 'recorded' ? 'disabled' : 'all')
  feeds.forEach((tensors, run) => {
    const expected = runTfjs(fn, tensors)
    expect(results[run]!.length).toBe(expected.length)
    expected.forEach((output, i) => {
      expectClose(
        results[run]![i]!,
        output,
        `${what}, inputs ${tensors.map(({ shape }) => `[${shape}]`)}, output ${i}`,
      )
    })
  })
  for (const tensors of [feeds[0]!, feeds.at(-1)!]) await expectTypes(graph, tensors)
}

/** Records and rewrites `fn`, and compares both graphs with tfjs.
 *  @param sizes  where sizes other than the batch are open: the shapes of the inputs to try
 *  @returns both graphs; their outputs are y0, y1… */
export async function expectAgreement(
  fn: RecordedFunction,
  inputs: readonly TestInput[],
  modelLayers: RecordOptions['layers'] = [],
  sizes: readonly (readonly (readonly number[])[])[] = batchesOf(inputs),
): Promise<{ recorded: Graph; rewritten: Graph }> {
  const feeds = sizes.map((shapes) => randomInputs(withShapes(inputs, shapes), shapes[0]![0] ?? 1))
  const outputs = runTfjs(fn, feeds[0]!).map((_, i) => `y${i}`)
  const recorded = await record(fn, { inputs, outputs, layers: modelLayers })
  const rewritten = await rewrite(recorded)
  for (const [what, graph] of Object.entries({ recorded, rewritten })) {
    expect(graph.inputs).toEqual(inputs.map(({ name }) => name))
    expect(graph.outputs).toEqual(outputs)
    await expectSameAsTfjs(graph, fn, feeds, what)
  }
  tf.dispose(feeds)
  return { recorded, rewritten }
}

const withShapes = (inputs: readonly TestInput[], shapes: readonly (readonly number[])[]): TestInput[] =>
  inputs.map((input, i) => ({ ...input, shape: shapes[i]! }))

const batchesOf = (inputs: readonly TestInput[]): number[][][] =>
  (inputs.some(({ shape }) => shape.includes(null)) ? [1, 3] : [1]).map((batch) =>
    inputs.map(({ shape }) => known(shape, batch)),
  )

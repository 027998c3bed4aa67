/** The judge is judged: what agrees passes with its figures, what does not is refused. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { TOLERANCES } from '../../converters/difference.ts'
import type { Constant, Graph } from '../../converters/graph/graph.ts'
import { indexLimits } from '../../converters/graph/index-limits.ts'
import { trialShapes } from '../../converters/graph/trial-shapes.ts'
import { encodeModel } from '../../converters/onnx/encode.ts'
import { type RecordedFunction, type RecordInput, record } from '../../converters/record/record.ts'
import { rewrite } from '../../converters/rewrite/rewrite.ts'
import { verify } from '../../converters/verify.ts'
import { RoentgenError } from '../../errors.ts'
import { weight } from './harness.ts'

const inputs: RecordInput[] = [{ name: 'x', dtype: 'float32', shape: [null, 4] }]
const options = { inputs, outputs: ['y'] }
const WEIGHT = weight<tf.Rank.R2>([4, 3])
const dense: RecordedFunction = ([x]) => tf.softmax(tf.matMul(x as tf.Tensor2D, WEIGHT))

const graphOf = async (fn: RecordedFunction): Promise<Graph> => rewrite(await record(fn, options))
const encode = async (fn: RecordedFunction): Promise<Uint8Array> => encodeModel(await graphOf(fn))

async function refusal(work: Promise<unknown>): Promise<RoentgenError<'ROE_PARITY'>> {
  const error = await work.then(
    () => expect.fail('it passed'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RoentgenError)
  expect((error as RoentgenError).code).toBe('ROE_PARITY')
  return error as RoentgenError<'ROE_PARITY'>
}

test('a faithful model passes, with its differences, batches and reference', async () => {
  const [parity, ...more] = await verify(dense, await encode(dense), options)
  expect(more).toEqual([])
  expect(parity).toMatchObject({ output: 'y', batches: [1, 3] })
  expect(parity!.maxAbs).toBeLessThan(1e-6)
  expect(parity!.maxRel).toBeLessThan(1e-5)
  expect(parity!.reference).toMatch(/^tfjs (cpu|wasm|tensorflow)$/)
})

describe('a probability that is sure of strong noise', () => {
  // At the full strength of the inputs sigmoid(-200 x^2 + 2) is 0 nearly everywhere; at a thirtieth of it, it is not.
  const sure =
    (factor: number): RecordedFunction =>
    ([x]) =>
      tf.sigmoid(tf.add(tf.mul(tf.sum(tf.square(x!), 1, true), -200 * factor), 2))

  test('is compared where it says something, so that a wrong model is refused', async () => {
    const [parity] = await verify(sure(1), await encode(sure(1)), options)
    expect(parity!.saturated).toBeUndefined()
    expect(
      (await refusal(verify(sure(1.5), await encode(sure(1)), options))).data.difference,
    ).toBeGreaterThan(0.01)
  })

  test('is told where it says nothing at any strength', async () => {
    const always: RecordedFunction = ([x]) => tf.sigmoid(tf.add(tf.sum(x!, 1, true), 50))
    const [parity] = await verify(always, await encode(always), options)
    expect(parity).toMatchObject({ saturated: true, maxAbs: 0 })
  })
})

test.each(['int32', 'float32'] as const)(
  'words of %s stay within the table that they index',
  async (dtype) => {
    const words = { inputs: [{ name: 'words', dtype, shape: [null, 6] }], outputs: ['y'] } as const
    const table = weight<tf.Rank.R2>([5, 3])
    const look: RecordedFunction = ([x]) => tf.mean(tf.gather(table, tf.cast(x!, 'int32')), 1)
    const graph = await rewrite(await record(look, words))
    const limits = indexLimits(graph)
    expect([...limits]).toEqual([['words', 5]])
    const [parity] = await verify(look, encodeModel(graph), { ...words, limits })
    expect(parity!.maxAbs).toBeLessThan(1e-6)
  },
)

describe('where a faster backend of tfjs is wrong, cpu has the last word, and it is said:', () => {
  const volume = {
    inputs: [{ name: 'x', dtype: 'float32', shape: [null, 4, 3, 3, 1] }],
    outputs: ['y'],
  } as const
  const firstOfEach = (x: tf.Tensor): tf.Tensor =>
    tf.cast(tf.mul(tf.slice(tf.reshape(x, [-1, 36]), [0, 0], [-1, 1]), 0), 'int32')
  const WRONG: [string, RecordedFunction][] = [
    // Windows over negative numbers alone: wasm begins with the least positive one.
    ['MaxPool3D', ([x]) => tf.maxPool3d(tf.sub(x as tf.Tensor5D, 9), 2, 2, 'same')],
    // A value for each film: wasm looks each up in the first.
    ['GatherV2', ([x]) => tf.gather(x!, firstOfEach(x!), 1, 1)],
  ]
  test.each(WRONG)('%s', async (_, fn) => {
    const model = encodeModel(await rewrite(await record(fn, volume)))
    const [parity] = await verify(fn, model, volume)
    expect(parity!.reference).toMatch(/^tfjs cpu \((wasm|tensorflow) gives other numbers\)$/)
    const other: RecordedFunction = (tensors) => tf.mul(fn(tensors) as tf.Tensor, 1.5)
    expect((await refusal(verify(other, model, volume))).data.difference).toBeGreaterThan(0.1)
  })
})

test('where wasm lacks a kernel, cpu computes the reference, and that is said', async () => {
  const products: RecordedFunction = ([x]) => tf.einsum('bi,ij->bj', x!, WEIGHT)
  const [parity] = await verify(products, await encode(products), options)
  expect(parity!.reference).toBe("tfjs cpu (wasm lacks the kernel 'Einsum')")
  expect(tf.getBackend()).toBe('cpu')
})

test('what tfjs records and then cannot run is refused', async () => {
  let calls = 0
  const failing: RecordedFunction = (tensors) => {
    if (calls++ >= 2) throw new TypeError('nothing there')
    return dense(tensors)
  }
  const model = await encode(failing)
  await expect(verify(failing, model, options)).rejects.toMatchObject({
    code: 'ROE_MODEL_FORMAT',
    message: expect.stringContaining('tfjs cannot run it (nothing there)'),
  })
})

test('a fixed batch is run as it is declared', async () => {
  const fixed = { ...options, inputs: [{ ...inputs[0]!, shape: [2, 4] }] }
  const graph = await rewrite(await record(dense, fixed))
  const [parity] = await verify(dense, encodeModel(graph), fixed)
  expect(parity!.batches).toEqual([2])
})

test('open sizes are run at the shapes that are given, which the figures tell', async () => {
  const films = { inputs: [{ name: 'x', dtype: 'float32', shape: [null, null, 2] } as const], outputs: ['y'] }
  const fn: RecordedFunction = ([x]) => tf.mean(tf.square(x!), 1)
  const graph = await rewrite(await record(fn, films))
  const shapes = trialShapes(graph)
  const [parity] = await verify(fn, encodeModel(graph), { ...films, shapes })
  expect(parity).toMatchObject({ batches: [1, 3], shapes: ['[1,32,2]', '[3,41,2]'] })
})

test('what noise does not tell apart, a given input does', async () => {
  const steep =
    (factor: number): RecordedFunction =>
    ([x]) =>
      tf.sigmoid(tf.mul(x!, factor))
  const model = await encode(steep(9e6))
  await verify(steep(1e7), model, options)
  const samples = [[{ dtype: 'float32', shape: [1, 4], data: new Float32Array(4).fill(1e-7) }]] as const
  const error = await refusal(verify(steep(1e7), model, { ...options, samples }))
  expect(error.data.difference).toBeCloseTo(1 / (1 + Math.exp(-1)) - 1 / (1 + Math.exp(-0.9)), 5)
  const [parity] = await verify(steep(1e7), await encode(steep(1e7)), { ...options, samples })
  expect(parity!.batches).toEqual([1, 3, 1])
})

test('films, whole numbers and several outputs are compared', async () => {
  const several: RecordInput[] = [
    { name: 'film', dtype: 'uint8', shape: [null, 2, 2, 3] },
    { name: 'count', dtype: 'int32', shape: [null, 1] },
  ]
  const fn: RecordedFunction = ([film, count]) => [tf.mean(film!, [1, 2]), tf.add(count!, 1)]
  const both = { inputs: several, outputs: ['mean', 'next'] }
  const parities = await verify(fn, encodeModel(await rewrite(await record(fn, both))), both)
  expect(parities.map(({ output, maxAbs }) => [output, maxAbs < 1e-3])).toEqual([
    ['mean', true],
    ['next', true],
  ])
})

describe('the tolerance is that of a probability, or of the largest value:', () => {
  const constant =
    (values: readonly number[]): RecordedFunction =>
    ([x]) =>
      tf.add(tf.mul(tf.sum(x!, 1, true), 0), tf.tensor1d([...values]))

  test.each([
    ['a probability within 1e-5', [0.9, 0.1], [0.900009, 0.099991], true],
    ['a probability beyond 1e-5', [0.9, 0.1], [0.90002, 0.09998], false],
    ['a small one beyond it', [0.99, 0.0001], [0.99, 0.00012], false],
    ['a feature near 0 among large ones', [500, 0.001], [500.001, 0.002], true],
    ['a large feature beyond 1e-4', [500, 0.001], [500.06, 0.001], false],
    ['a small feature that is off by much', [500, 0.001], [500, 0.06], false],
    ['zeros, exactly', [0, 0], [0, 0], true],
    ['something where tfjs gives 0', [0, 0], [0, 2e-5], false],
    ['almost nothing where tfjs gives 0', [0, 0], [0, 1e-6], true],
  ] as const)('%s', async (_, expected, given, passes) => {
    const work = verify(constant(expected), await encode(constant(given)), options)
    // What is kept in the metadata is finite: JSON has no other numbers.
    if (passes)
      expect((await work).every(({ maxAbs, maxRel }) => Number.isFinite(maxAbs + maxRel))).toBe(true)
    else await refusal(work)
  })
})

describe('is refused:', () => {
  /** The graph with one value of its first weight changed. */
  function tampered(graph: Graph, change: (value: number) => number): Graph {
    const [name, constant] = [...graph.constants].find(([, { shape }]) => shape.length === 2)!
    const data = Float32Array.from(constant.data as Float32Array)
    data[0] = change(data[0]!)
    const constants = new Map<string, Constant>(graph.constants).set(name, { ...constant, data })
    return { ...graph, constants }
  }

  test.each([
    ['by much', (value: number) => value + 1],
    ['by little', (value: number) => value + 0.01],
    ['to NaN', () => Number.NaN],
    ['to infinity', () => Number.POSITIVE_INFINITY],
  ])('a weight that was changed %s', async (_, change) => {
    const graph = await graphOf(dense)
    const error = await refusal(verify(dense, encodeModel(tampered(graph, change)), options))
    expect(error.data.output).toBe('y')
    expect(error.data.tolerance).toBe(TOLERANCES.fp32.absolute)
    expect(error.message).toMatch(/^ROE_PARITY: the model: output 'y' differs from tfjs by /)
    expect(error.data.difference <= TOLERANCES.fp32.absolute).toBe(false)
  })

  const nan: RecordedFunction = ([x]) => tf.sqrt(tf.sub(tf.neg(tf.abs(x!)), 1))
  const zero: RecordedFunction = ([x]) => tf.mul(x!, 0)
  const huge: RecordedFunction = ([x]) => tf.div(tf.add(tf.abs(x!), 1), 0)
  test.each([
    ['NaN where tfjs gives a number', zero, nan],
    ['a number where tfjs gives NaN', nan, zero],
    ['NaN where tfjs gives NaN: it says nothing', nan, nan],
    ['infinity where tfjs gives a number', zero, huge],
  ] as const)('%s', async (_, fn, other) => {
    await refusal(verify(fn, await encode(other), options))
  })

  test('an output that is missing, and one of another size', async () => {
    const graph = await graphOf(dense)
    await refusal(verify(dense, encodeModel(graph), { ...options, outputs: ['z'] }))
    const wider: RecordedFunction = ([x]) => tf.concat([dense([x!]) as tf.Tensor2D, x as tf.Tensor2D], 1)
    await refusal(verify(wider, encodeModel(graph), options))
  })
})

test('leaves backend, tensors and weights as they were', async () => {
  const model = await encode(dense)
  const before = [...WEIGHT.dataSync()]
  await verify(dense, model, options)
  const { numTensors, numBytes } = tf.memory()
  await verify(dense, model, options)
  expect(tf.memory()).toMatchObject({ numTensors, numBytes })
  expect(tf.getBackend()).toBe('cpu')
  expect([...WEIGHT.dataSync()]).toEqual(before)
})

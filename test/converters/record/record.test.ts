/** What a recording finds, what it refuses in words, and what it leaves as it was. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterEach, describe, expect, test } from 'vitest'
import { graphText } from '../../../converters/graph/graph.ts'
import { type RecordedFunction, type RecordOptions, record } from '../../../converters/record/record.ts'
import { type ErrorCode, RoentgenError } from '../../../errors.ts'
import { expectAgreement, open, runTfjs, weight } from '../harness.ts'

const matrix = [open([4])]
const map = [open([4, 4, 2])]
const graphOf = (
  fn: RecordedFunction,
  inputs: RecordOptions['inputs'] = matrix,
  layers: RecordOptions['layers'] = [],
) => record(fn, { inputs, outputs: ['y'], layers })

const seeded = (seed: number) => tfl.initializers.randomUniform({ minval: -1, maxval: 1, seed })

describe('the batch', () => {
  test('is N where it is open', async () => {
    const graph = await graphOf(([x]) => tf.relu(x!))
    expect(graphText(graph)).toMatchInlineSnapshot(`
      "inputs x: f32[N,4]
        %y: f32[N,4] = Relu(%x)
      outputs y: f32[N,4]"
    `)
  })

  test('stays a number where it is declared as one, 1 too', async () => {
    for (const size of [1, 3, 5, 15]) {
      const graph = await graphOf(
        ([x]) => tf.reshape(tf.relu(x!), [size, 2, 2]),
        [{ ...open([4]), shape: [size, 4] }],
      )
      expect(graph.types.get('y')).toEqual({ dtype: 'float32', shape: [size, 2, 2] })
    }
  })

  test('is found where a shape holds a multiple of it', async () => {
    const graph = await graphOf(([x]) => tf.relu(tf.reshape(x!, [-1])))
    expect(graph.types.get('y')?.shape).toEqual(['4*N'])
  })

  test('may be lengthened, and multiplied by itself', async () => {
    const padded: RecordedFunction = ([x]) =>
      tf.pad(x as tf.Tensor2D, [
        [1, 0],
        [0, 0],
      ])
    const { rewritten } = await expectAgreement(padded, matrix)
    expect(rewritten.types.get('y0')?.shape).toEqual(['N+1', 4])
    const products = await expectAgreement(([x]) => tf.reshape(tf.matMul(x!, x!, false, true), [-1]), matrix)
    expect(products.rewritten.types.get('y0')?.shape).toEqual(['N*N'])
  })

  test('is not taken for a dimension that is as long', async () => {
    const inputs = [open([3, 5])]
    const { rewritten } = await expectAgreement(([x]) => tf.transpose(tf.relu(x!), [0, 2, 1]), inputs)
    expect(rewritten.types.get('y0')?.shape).toEqual(['N', 5, 3])
  })

  const REFUSED: [string, RecordedFunction, string][] = [
    ['a reshape to a fixed batch', ([x]) => tf.reshape(x!, [3, 4]), 'tfjs fails for a batch of 5'],
    ['a reshape to a batch of its own', ([x]) => tf.reshape(x!, [2, 4]), 'tfjs fails for a batch of 3'],
    ['the batch as a factor', ([x]) => tf.mul(x!, x!.shape[0]!), 'a constant changes with the size'],
    [
      'other values for each film',
      ([x]) => tf.add(x!, tf.reshape(tf.range(1, 1 + x!.shape[0]!), [-1, 1])),
      'a constant changes with the size',
    ],
    [
      'a constant of several batches',
      ([x]) => tf.concat([x!, tf.ones([2 * x!.shape[0]!, 4])], 0),
      'a constant changes with the size',
    ],
    ['a reversed batch', ([x]) => tf.reverse(x!, 0), 'a constant changes with the size'],
    [
      'other operations for another batch',
      ([x]) => (x!.shape[0] === 3 ? tf.relu(x!) : tf.relu(tf.relu(x!))),
      'other operations for another size',
    ],
    [
      'another operation for another batch',
      ([x]) => (x!.shape[0] === 3 ? tf.relu(x!) : tf.elu(x!)),
      'other attributes for another size',
    ],
  ]
  test.each(REFUSED)('refuses %s', async (_, fn, words) => {
    const error = await refusal(graphOf(fn), 'ROE_BATCH_FIXED')
    expect(error.message).toContain(words)
    expect(error.message).toContain('declare a fixed batch')
  })
})

describe('what is known on the host', () => {
  test('is evaluated there: shapes that a GraphModel computes', async () => {
    const shapes: RecordedFunction = ([x]) => {
      const shape = tf.tensor1d(x!.shape, 'int32')
      const batch = tf.stridedSlice(shape, [0], [1], [1], 0, 0, 0, 0, 1)
      const area = tf.prod(tf.slice(shape, [1], [3]))
      return tf.reshape(tf.relu(x!), [...tf.stack([batch, area]).dataSync()])
    }
    const { recorded } = await expectAgreement(shapes, map)
    expect(recorded.nodes.map(({ op }) => op)).toEqual(['Relu', 'Reshape'])
    expect(recorded.types.get('y0')?.shape).toEqual(['N', 32])
  })

  test('is evaluated there: ranges, fills, strings, sparse values', async () => {
    const host: RecordedFunction = ([x]) => {
      const { indices } = tf.unique<tf.Tensor1D>(tf.tensor1d([4, 4, 2, 7], 'int32'))
      const hash = tf.string.stringToHashBucketFast(tf.tensor1d(['a', 'b', 'c', 'd'], 'string'), 3)
      const boxes = tf.tensor2d([
        [0, 0, 1, 1],
        [0, 0, 1, 0.9],
      ])
      const kept = tf.image.nonMaxSuppression(boxes, tf.tensor1d([0.5, 0.75]), 2)
      const segments = tf.sparse.sparseSegmentSum(
        tf.tensor2d([
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ]),
        tf.tensor1d([0, 1], 'int32'),
        tf.tensor1d([0, 0], 'int32'),
      )
      const parts = [
        tf.squeeze<tf.Tensor1D>(segments),
        indices,
        hash,
        tf.range(0, 4),
        tf.linspace(0, 1, 4),
        tf.fill([4], tf.sum(kept).dataSync()[0]!),
      ]
      return tf.add(x!, tf.addN(parts.map((part) => tf.cast(part, 'float32'))))
    }
    const { recorded } = await expectAgreement(host, matrix)
    expect(recorded.nodes.map(({ op }) => op)).toEqual(['Add'])
  })

  test('is one row where it is the same for each film, as the zeros that a recurrent layer begins with', async () => {
    const { recorded, rewritten } = await expectAgreement(
      ([x]) => tf.add(x!, tf.ones([x!.shape[0]!, 1])),
      matrix,
    )
    expect(recorded.nodes.map(({ op }) => op)).toContain('Expand')
    expect(rewritten.nodes.map(({ op }) => op)).toEqual(['Add'])
    await expectAgreement(
      ([x]) => tf.mul(x!, tf.cast(tf.reshape(tf.range(0, x!.shape[0]!, 1, 'int32'), [-1, 1]), 'float32')),
      matrix,
    )
    for (const inputs of [matrix, map, [open([])]])
      await expectAgreement(([x]) => [tf.relu(x!), tf.zeros([x!.shape[0]!, 3])], inputs)
  })

  test('keeps the name of a weight that is only given another shape', async () => {
    const x = tfl.input({ shape: [9, 3] })
    const conv = tfl.layers.conv1d({ filters: 2, kernelSize: 3, name: 'one', kernelInitializer: seeded(1) })
    const model = tfl.model({ inputs: x, outputs: conv.apply(x) as tfl.SymbolicTensor })
    const { recorded } = await expectAgreement(
      ([y]) => model.apply(y!) as tf.Tensor,
      [open([9, 3])],
      model.layers,
    )
    expect([...recorded.constants.keys()].some((name) => name.startsWith('one/kernel'))).toBe(true)
  })
})

describe('whole numbers that tfjs cpu calls floats without touching them', () => {
  const film = [open([5, 4, 2])]
  const floats = (numbers: number[], shape: number[]): tf.Tensor4D =>
    tf.cast(tf.tensor<tf.Rank.R4>(numbers, shape as [number, number, number, number], 'int32'), 'float32')
  const CASES: [string, RecordedFunction][] = [
    ['become floats as a constant', ([x]) => tf.mul(x!, floats([3], []))],
    [
      'become floats as a filter',
      ([x]) => tf.conv2d(x as tf.Tensor4D, floats([3, -2], [1, 1, 2, 1]), 1, 'same'),
    ],
    [
      'become floats as the filter of each channel',
      ([x]) => tf.depthwiseConv2d(x as tf.Tensor4D, floats([3, -2], [1, 1, 2, 1]), 1, 'same'),
    ],
  ]
  test.each(CASES)('%s', async (_, fn) => {
    await expectAgreement(fn, film)
  })
})

describe('layers that compute with shapes and with the batch', () => {
  const LAYERS: [string, tfl.layers.Layer][] = [
    ['lstm', tfl.layers.lstm({ units: 4, kernelInitializer: seeded(1), recurrentInitializer: seeded(2) })],
    ['gru', tfl.layers.gru({ units: 4, kernelInitializer: seeded(1), recurrentInitializer: seeded(2) })],
    [
      'a sequence of lstm, both ways',
      tfl.layers.bidirectional({
        layer: tfl.layers.lstm({
          units: 3,
          returnSequences: true,
          kernelInitializer: seeded(1),
          recurrentInitializer: seeded(2),
        }) as tfl.RNN,
        mergeMode: 'concat',
      }),
    ],
  ]
  const MAPS: [string, tfl.layers.Layer][] = [
    ['a centre crop', tfl.layers.centerCrop({ height: 2, width: 3 })],
    ['a normalization of each film', tfl.layers.layerNormalization({ gammaInitializer: seeded(3) })],
    ['a normalization of each film over the whole map', tfl.layers.layerNormalization({ axis: [1, 2, 3] })],
  ]
  test.each(MAPS)('%s', async (_, layer) => {
    const x = tfl.input({ shape: [4, 5, 2] })
    const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor })
    await expectAgreement(([y]) => model.apply(y!) as tf.Tensor, [open([4, 5, 2])], model.layers)
  })

  test.each(LAYERS)('%s', async (_, layer) => {
    const x = tfl.input({ shape: [5, 3] })
    const model = tfl.model({ inputs: x, outputs: layer.apply(x) as tfl.SymbolicTensor })
    await expectAgreement(([y]) => model.apply(y!) as tf.Tensor, [open([5, 3])], model.layers)
  })
})

describe('refuses, naming kernel and layer,', () => {
  class Draw extends tfl.layers.Layer {
    static className = 'Draw'
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.multinomial([inputs].flat()[0] as tf.Tensor2D, 2)
    }
  }

  test('a kernel that is refused, in a layer', async () => {
    const x = tfl.input({ shape: [4] })
    const model = tfl.model({ inputs: x, outputs: new Draw({ name: 'dice' }).apply(x) as tfl.SymbolicTensor })
    const error = await refusal(
      graphOf(([y]) => model.apply(y!) as tf.Tensor, matrix, model.layers),
      'ROE_OP_UNSUPPORTED',
    )
    expect(error.message).toMatch(/^ROE_OP_UNSUPPORTED: dice: kernel 'Multinomial' \(it draws random numbers/)
  })

  const HOST_ONLY: [string, RecordedFunction, string][] = [
    ['Unique', ([x]) => tf.unique(tf.reshape(x!, [-1])).values, 'how many values it gives'],
    [
      'NonMaxSuppressionV3',
      ([x]) => tf.image.nonMaxSuppression(x as tf.Tensor2D, tf.max(x!, 1) as tf.Tensor1D, 2),
      'how many boxes it keeps',
    ],
    ['FFT', ([x]) => tf.abs(tf.spectral.rfft(x!)), 'complex'],
  ]
  test.each(HOST_ONLY)('%s of the input, in a function', async (kernel, fn, words) => {
    const error = await refusal(graphOf(fn), 'ROE_OP_UNSUPPORTED')
    expect(error.message).toMatch(/^ROE_OP_UNSUPPORTED: the model: kernel '/)
    expect(error.message).toContain(words)
    expect(error.message).toContain(kernel === 'FFT' ? 'Complex' : kernel)
  })

  test('an activation without a row', async () => {
    const fused: RecordedFunction = ([x]) =>
      tf
        .engine()
        .runKernel(
          'FusedConv2D',
          { x: x!, filter: weight([1, 1, 2, 2]) },
          { strides: 1, pad: 'same', dilations: 1, activation: 'mish' },
        ) as tf.Tensor
    const error = await refusal(graphOf(fused, map), 'ROE_OP_UNSUPPORTED')
    expect(error.message).toContain("kernel 'FusedConv2D' (activation 'mish')")
  })

  test('a filter that is computed from the input', async () => {
    const computed: RecordedFunction = ([x]) => {
      const filter = tf.reshape(tf.mean(x!, [0, 1, 2]), [1, 1, 2, 1]) as tf.Tensor4D
      return tf.conv2d(x as tf.Tensor4D, filter, 1, 'same')
    }
    const error = await refusal(graphOf(computed, map), 'ROE_OP_UNSUPPORTED')
    expect(error.message).toContain("kernel 'Conv2D' (a filter that is computed)")
  })

  test('channels first', async () => {
    const first: RecordedFunction = ([x]) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, weight([1, 1, 4, 2]), 1, 'valid', 'NCHW')
    const error = await refusal(graphOf(first, map), 'ROE_OP_UNSUPPORTED')
    expect(error.message).toContain('data format NCHW')
  })

  test('batch normalization along another axis than the last', async () => {
    const x = tfl.input({ shape: [4, 4, 2] })
    const norm = tfl.layers.batchNormalization({ axis: 1, name: 'norm' }).apply(x) as tfl.SymbolicTensor
    const model = tfl.model({ inputs: x, outputs: norm })
    const error = await refusal(
      graphOf(([y]) => model.apply(y!) as tf.Tensor, map, model.layers),
      'ROE_OP_UNSUPPORTED',
    )
    expect(error.message).toContain("norm: kernel 'FusedBatchNorm'")
  })

  test('a value that depends on the input, read by a layer', async () => {
    class Peek extends tfl.layers.Layer {
      static className = 'Peek'
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = tf.relu([inputs].flat()[0]!)
        return x.dataSync()[0]! > 0 ? x : tf.neg(x)
      }
    }
    const x = tfl.input({ shape: [4] })
    const model = tfl.model({ inputs: x, outputs: new Peek({ name: 'peek' }).apply(x) as tfl.SymbolicTensor })
    const error = await refusal(
      graphOf(([y]) => model.apply(y!) as tf.Tensor, matrix, model.layers),
      'ROE_VALUE_UNKNOWN',
    )
    expect(error.message).toContain(
      "peek: dataSync of 'peek/Relu' reads a value that depends on the model's input",
    )
  })

  test('a value that depends on the input, read by the function', async () => {
    const read: RecordedFunction = ([x]) => tf.mul(x!, x!.dataSync()[0]!)
    const error = await refusal(graphOf(read), 'ROE_VALUE_UNKNOWN')
    expect(error.message).toContain("the model: dataSync of 'x' reads")
  })
})

describe('leaves as it was', () => {
  const FUNCTIONS: [string, RecordedFunction][] = [
    ['a recording', ([x]) => tf.softmax(tf.matMul(x as tf.Tensor2D, tf.add(WEIGHT, 1) as tf.Tensor2D))],
    [
      'a refused recording',
      ([x]) => tf.mul(tf.unique(tf.reshape(tf.matMul(x as tf.Tensor2D, WEIGHT), [-1])).values, 2),
    ],
    ['a function that throws', ([x]) => tf.matMul(x as tf.Tensor2D, tf.zeros([7, 7]))],
    ['a function that reads', ([x]) => tf.tensor(tf.relu(x!).dataSync())],
  ]
  const WEIGHT = weight<tf.Rank.R2>([4, 4])

  test.each(FUNCTIONS)('memory and backend, after %s', async (_, fn) => {
    await record(fn, { inputs: matrix, outputs: ['y'] }).catch(() => undefined)
    const before = tf.memory()
    const outcome = await record(fn, { inputs: matrix, outputs: ['y'] }).catch((error: unknown) => error)
    expect(outcome).toBeDefined()
    const { numTensors, numBytes, numDataBuffers } = tf.memory()
    expect({ numTensors, numBytes, numDataBuffers }).toEqual({
      numTensors: before.numTensors,
      numBytes: before.numBytes,
      numDataBuffers: before.numDataBuffers,
    })
    expect(tf.getBackend()).toBe('cpu')
  })

  test('the weights, which go on computing where they are', async () => {
    const before = [...WEIGHT.dataSync()]
    const graph = await graphOf(([x]) => tf.matMul(x as tf.Tensor2D, WEIGHT))
    expect([...graph.constants.values()].map(({ data }) => data)).toContain(WEIGHT.dataSync())
    expect([...WEIGHT.dataSync()]).toEqual(before)
    const [sum] = runTfjs(([x]) => tf.matMul(x as tf.Tensor2D, WEIGHT), [tf.ones([1, 4])])
    expect(sum!.data[0]).toBeCloseTo(before[0]! + before[4]! + before[8]! + before[12]!, 5)
  })

  test("a layer's call, its own property too, also after a failure", async () => {
    const x = tfl.input({ shape: [4, 4, 2] })
    const plain = tfl.layers.reLU({ name: 'plain' })
    const patched = tfl.layers.reLU({ name: 'patched' })
    const own = () => tf.multinomial(tf.ones<tf.Rank.R2>([2, 2]), 1)
    patched.call = own
    const model = tfl.model({ inputs: x, outputs: patched.apply(plain.apply(x)) as tfl.SymbolicTensor })
    await refusal(
      graphOf(([y]) => model.apply(y!) as tf.Tensor, map, model.layers),
      'ROE_OP_UNSUPPORTED',
    )
    expect(Object.hasOwn(plain, 'call')).toBe(false)
    expect(patched.call).toBe(own)
  })

  test('another recording, and other work, that run at the same time', async () => {
    const functions: RecordedFunction[] = [([x]) => tf.relu(x!), ([x]) => tf.tanh(tf.tanh(x!))]
    const both = Promise.all(functions.map((fn) => graphOf(fn)))
    expect(tf.getBackend()).toBe('cpu')
    expect(tf.tidy(() => tf.cumsum(tf.ones([3])).dataSync()[2])).toBe(3)
    const graphs = await both
    expect(graphs.map(({ nodes }) => nodes.map(({ op }) => op))).toEqual([['Relu'], ['Tanh', 'Tanh']])
    expect(tf.getBackend()).toBe('cpu')
  })
})

describe('names', () => {
  test('of outputs may be those of other values', async () => {
    const { recorded } = await expectAgreement(([x]) => [tf.relu(x!), tf.tanh(tf.relu(x!))], matrix)
    expect(recorded.outputs).toEqual(['y0', 'y1'])
    const swapped = await record(([x]) => [tf.relu(x!), tf.tanh(x!)], {
      inputs: matrix,
      outputs: ['Tanh', 'Relu'],
    })
    expect(swapped.nodes.map(({ op, outputs }) => [op, ...outputs])).toEqual([
      ['Relu', 'Tanh'],
      ['Tanh', 'Relu'],
    ])
  })

  test('of one value that is two outputs, an input, or a constant', async () => {
    const fn: RecordedFunction = ([x]) => {
      const y = tf.relu(x!)
      return [y, y, x!, tf.scalar(3)]
    }
    const { rewritten } = await expectAgreement(fn, matrix)
    expect(rewritten.outputs).toEqual(['y0', 'y1', 'y2', 'y3'])
  })

  test('a layer used twice has its weights once', async () => {
    const x = tfl.input({ shape: [5, 5, 2] })
    const conv = tfl.layers.conv2d({
      filters: 2,
      kernelSize: 3,
      padding: 'same',
      name: 'twin',
      activation: 'relu',
      kernelInitializer: seeded(1),
      biasInitializer: seeded(2),
    })
    const model = tfl.model({ inputs: x, outputs: conv.apply(conv.apply(x)) as tfl.SymbolicTensor })
    const { recorded, rewritten } = await expectAgreement(
      ([y]) => model.apply(y!) as tf.Tensor,
      [open([5, 5, 2])],
      model.layers,
    )
    for (const graph of [recorded, rewritten]) {
      const kernels = [...graph.constants.values()].filter(
        ({ shape }) => shape.length === 4 && shape[2] === 3,
      )
      expect(kernels.length).toBe(1)
    }
    expect(graphText(rewritten)).toMatchInlineSnapshot(`
      "inputs x: f32[N,5,5,2]
        %twin/Transpose: f32[N,2,5,5] = Transpose(%x) {perm: [0,3,1,2]}
        %twin/Conv_2: f32[N,2,5,5] = Conv(%twin/Transpose, twin/kernel: f32[2,2,3,3], f32(-0.0848645 0.512984)) {kernel_shape: [3,3], strides: [1,1], pads: [1,1,1,1], dilations: [1,1], group: 1}
        %twin/Relu: f32[N,2,5,5] = Relu(%twin/Conv_2)
        %twin/Conv_1_1: f32[N,2,5,5] = Conv(%twin/Relu, twin/kernel: f32[2,2,3,3], f32(-0.0848645 0.512984)) {kernel_shape: [3,3], strides: [1,1], pads: [1,1,1,1], dilations: [1,1], group: 1}
        %y0_2: f32[N,2,5,5] = Relu(%twin/Conv_1_1)
        %y0: f32[N,5,5,2] = Transpose(%y0_2) {perm: [0,2,3,1]}
      outputs y0: f32[N,5,5,2]"
    `)
  })

  test('nested models, with the same names of layers within, keep their weights apart', async () => {
    const inner = (seed: number) => {
      const dense = { units: 3, name: 'dense', kernelInitializer: seeded(seed), inputShape: [3] }
      return tfl.sequential({
        layers: [tfl.layers.dense(dense), tfl.layers.reLU({ name: 'relu' })],
        name: `m${seed}`,
      })
    }
    const x = tfl.input({ shape: [3] })
    const [first, second] = [inner(1), inner(2)]
    const model = tfl.model({ inputs: x, outputs: second.apply(first.apply(x)) as tfl.SymbolicTensor })
    const { recorded } = await expectAgreement(
      ([y]) => model.apply(y!) as tf.Tensor,
      [open([3])],
      model.layers,
    )
    expect([...recorded.constants.keys()].filter((name) => name.includes('kernel')).length).toBe(2)
    expect(recorded.nodes.every(({ name }) => /^(dense|relu|y0)/.test(name))).toBe(true)
  })
})

async function refusal(work: Promise<unknown>, code: ErrorCode): Promise<RoentgenError> {
  const error = await work.then(
    () => expect.fail('it was not refused'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RoentgenError)
  expect((error as RoentgenError).code).toBe(code)
  return error as RoentgenError
}

afterEach(() => {
  expect(tf.getBackend()).toBe('cpu')
})

/** What becomes of a graph in half precision: its text, what stays, what is said to be lost, and its numbers. */
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TOLERANCES } from '../../../converters/difference.ts'
import { atOpset, DEFAULT_OPSET, OPSETS, type Opset } from '../../../converters/graph/at-opset.ts'
import { Draft } from '../../../converters/graph/draft.ts'
import { type Graph, graphText } from '../../../converters/graph/graph.ts'
import { encodeModel } from '../../../converters/onnx/encode.ts'
import { record } from '../../../converters/record/record.ts'
import { rewrite } from '../../../converters/rewrite/rewrite.ts'
import { toFloat16 } from '../../../converters/rewrite/to-float16.ts'
import { RoentgenError } from '../../../errors.ts'
import { type Output, open, randomInputs, runGraph, runTfjs, type TestInput, weight } from '../harness.ts'
import { CASES } from '../record/kernel-cases.ts'

const graphOf = async (
  fn: (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  inputs: readonly TestInput[],
  outputs = ['y'],
): Promise<Graph> => await rewrite(await record(fn, { inputs, outputs, layers: [] }))

const draft = (shape: (number | string)[] = ['N', 4]): Draft => {
  const to = new Draft()
  to.input('x', { dtype: 'float32', shape })
  return to
}

const floats = (...values: number[]) =>
  ({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }) as const

describe('in half precision', () => {
  test('a classifier of films keeps its input, its Softmax and its output', async () => {
    const graph = await graphOf(
      ([x]) => {
        const map = tf.conv2d(tf.div<tf.Tensor4D>(x!, 255), weight([3, 3, 3, 2]), 2, 'same')
        return tf.softmax(tf.mean(tf.relu(map), [1, 2]))
      },
      [open([6, 6, 3], { dtype: 'uint8' })],
    )
    expect(graphText(toFloat16(graph).graph)).toMatchInlineSnapshot(`
      "inputs x: u8[N,6,6,3]
        %x/nchw: u8[N,3,6,6] = Transpose(%x) {perm: [0,3,1,2]}
        %Cast: f16[N,3,6,6] = Cast(%x/nchw) {to: 10}
        %Div: f16[N,3,6,6] = Div(%Cast, f16(255))
        %Conv: f16[N,2,3,3] = Conv(%Div, constant_1: f16[2,3,3,3]) {kernel_shape: [3,3], strides: [2,2], pads: [0,0,1,1], dilations: [1,1], group: 1}
        %Relu: f16[N,2,3,3] = Relu(%Conv)
        %Relu/fp32: f32[N,2,3,3] = Cast(%Relu) {to: 1}
        %ReduceMean/pool: f32[N,2,1,1] = GlobalAveragePool(%Relu/fp32)
        %ReduceMean: f32[N,2] = Reshape(%ReduceMean/pool, i64(-1 2))
        %y: f32[N,2] = Softmax(%ReduceMean) {axis: 1}
      outputs y: f32[N,2]"
    `)
  })

  test('an output that is read inside, too, is written once in each precision', () => {
    const to = draft()
    const first = to.add('Relu', ['x'], {}, 'first')
    to.outputs = [first, to.add('Tanh', [first], {}, 'second'), 'x']
    expect(graphText(toFloat16(to.freeze()).graph)).toMatchInlineSnapshot(`
      "inputs x: f32[N,4]
        %x/fp16: f16[N,4] = Cast(%x) {to: 10}
        %first/fp16: f16[N,4] = Relu(%x/fp16)
        %first: f32[N,4] = Cast(%first/fp16) {to: 1}
        %second/fp16: f16[N,4] = Tanh(%first/fp16)
        %second: f32[N,4] = Cast(%second/fp16) {to: 1}
      outputs first: f32[N,4], second: f32[N,4], x: f32[N,4]"
    `)
  })

  test('a constant that both precisions read is there in both', () => {
    const to = draft()
    const w = to.constant('w', floats(1, 2, 3, 4))
    const sum = to.add('Add', ['x', w], {}, 'sum')
    to.outputs = [to.add('Pow', [sum, w], {}, 'y')]
    const { graph } = toFloat16(to.freeze())
    expect([...graph.constants].map(([name, { dtype }]) => [name, dtype])).toEqual([
      ['w', 'float16'],
      ['w/fp32', 'float32'],
    ])
  })

  test('what was weights is half as large', () => {
    const to = draft(['N', 64])
    const matrix = { dtype: 'float32', shape: [64, 512], data: new Float32Array(64 * 512) } as const
    to.outputs = [to.add('MatMul', ['x', to.constant('w', matrix)], {}, 'y')]
    const graph = to.freeze()
    const [full, half] = [graph, toFloat16(graph).graph].map((each) => encodeModel(each).length)
    expect(half! / full!).toBeLessThan(0.51)
  })

  test('whole numbers, bools and bytes stay what they are', () => {
    const to = new Draft()
    to.input('x', { dtype: 'int32', shape: ['N', 4] })
    to.outputs = [to.add('Add', ['x', 'x'], {}, 'y')]
    const graph = to.freeze()
    expect(toFloat16(graph).graph).toEqual(graph)
  })
})

const castsOf = ({ nodes }: Graph): string[] =>
  nodes.filter(({ op }) => op === 'Cast').map(({ outputs }) => outputs[0]!)

describe('in float32 stay', () => {
  test('neighbours in the block list and what stands between them, with one Cast before and none behind', () => {
    const to = draft()
    const square = to.add('Mul', [to.add('Tanh', ['x'], {}, 't'), 't'], {}, 'square')
    const mean = to.add('ReduceMean', [square, to.integers('axes', [1])], { keepdims: 1 }, 'mean')
    const more = to.add('Add', [mean, to.constant('epsilon', floats(1e-12))], {}, 'more')
    to.outputs = [to.add('Sqrt', [more], {}, 'y')]
    const { graph, lossy } = toFloat16(to.freeze())
    expect(castsOf(graph)).toEqual(['x/fp16', 't/fp32'])
    expect(graph.types.get('more')!.dtype).toBe('float32')
    expect([graph.constants.get('epsilon')!.dtype, lossy]).toEqual(['float32', []])
  })

  test('numbers that become places, back to the weights behind which they are none', () => {
    const to = draft()
    const scores = to.add(
      'MatMul',
      ['x', to.constant('w', { ...floats(1, 2, 3, 4), shape: [4, 1] })],
      {},
      'scores',
    )
    const place = to.add(
      'Floor',
      [to.add('Mul', [scores, to.constant('width', floats(4096))], {}, 'far')],
      {},
      'place',
    )
    to.outputs = [to.add('Cast', [place], { to: 6 }, 'y')]
    const { graph } = toFloat16(to.freeze())
    expect(['scores', 'far', 'place'].map((name) => graph.types.get(name)!.dtype)).toEqual([
      'float16',
      'float32',
      'float32',
    ])
  })

  const KEEPS: [keep: string, full: string[]][] = [
    ['Relu', ['head/one', 'head/two']],
    ['head/two', ['head/two']],
    ['head/*', ['head/one', 'head/two']],
    ['*o*', ['body', 'head/one', 'head/two']],
  ]
  test.each(KEEPS)('nodes that are asked for: %s', (keep, full) => {
    const to = draft()
    const body = to.add('Tanh', ['x'], {}, 'body')
    const one = to.add('Relu', [body], {}, 'head/one')
    to.outputs = [to.add('Sin', [to.add('Relu', [one], {}, 'head/two')], {}, 'y')]
    const { types } = toFloat16(to.freeze(), [keep]).graph
    const names = ['body', 'head/one', 'head/two']
    expect(names.filter((name) => types.get(name)!.dtype === 'float32')).toEqual(full)
  })

  test('what is asked for and not there is refused', () => {
    const to = draft()
    to.outputs = [to.add('Relu', ['x'], {}, 'y')]
    expect(() => toFloat16(to.freeze(), ['y', 'Rel.*'])).toThrow(RoentgenError)
    expect(() => toFloat16(to.freeze(), ['Conv'])).toThrow('received Conv')
  })
})

describe('what half precision does not hold', () => {
  const lossyOf = (...values: number[]) => {
    const to = draft(['N', values.length])
    to.outputs = [to.add('Add', ['x', to.constant('w', floats(...values))], {}, 'y')]
    return toFloat16(to.freeze())
  }

  test('is clipped, and said with the name of the weight', () => {
    const { graph, lossy } = lossyOf(1, -1e6, 65504, 7e4)
    expect(lossy).toEqual([{ name: 'w', size: 4, clipped: 2, vanished: false }])
    expect([...graph.constants.get('w')!.data]).toEqual([0x3c00, 0xfbff, 0x7bff, 0x7bff])
  })

  test('is said where all of a weight vanishes, and not of single numbers', () => {
    expect(lossyOf(1e-9, -1e-9).lossy).toEqual([{ name: 'w', size: 2, clipped: 0, vanished: true }])
    expect(lossyOf(1e-9, 1, 0).lossy).toEqual([])
    expect(lossyOf(0, 0).lossy).toEqual([])
  })

  test('is the least number where it is one alone, which may be divided by', () => {
    const { graph, lossy } = lossyOf(-1e-12)
    expect([[...graph.constants.get('w')!.data], lossy]).toEqual([[0x8001], []])
  })
})

/** The largest difference, by the largest value where that is above 1; NaN beside NaN is none. */
function differenceOf(actual: Output, expected: Output): number {
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  return (
    expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - actual.data[i]!)), 0) / largest
  )
}

/** Cases that half precision cannot hold, with the reason. */
const COARSE: Readonly<Record<string, string>> = {
  'Prod everything': 'a product of many rounded numbers is off by as many roundings',
}

const KERNEL_CASES = Object.entries(CASES).flatMap(([kernel, cases]) =>
  cases.map((row) => [`${kernel} ${row.title}`, row] as const),
)

/** Another sample with another seed. */
const SAMPLE = fc.sample(fc.shuffledSubarray(KERNEL_CASES, { minLength: 150, maxLength: 150 }), 1)[0]!

/** Each opset in turn; 18 where the one whose turn it is cannot say a case. */
const opsetOf = (graph: Graph, turn: number): Opset => {
  const opset = OPSETS[turn % OPSETS.length]!
  try {
    atOpset(graph, opset)
    return opset
  } catch {
    return DEFAULT_OPSET
  }
}

describe('kernels in half precision, in ONNX Runtime, at one opset or another', () => {
  test.each(SAMPLE.map(([title, row], turn) => [title, row, turn] as const))(
    '%s',
    async (title, row, turn) => {
      const { fn, inputs } = row
      const probe = randomInputs(inputs, 2)
      const outputs = runTfjs(fn, probe).map((_, i) => `y${i}`)
      const graph = await graphOf(fn, inputs, outputs)
      const { graph: half } = toFloat16(graph)
      const feeds = [randomInputs(inputs, 3)]
      const expected = (await runGraph(graph, feeds))[0]!
      const actual = (await runGraph(half, feeds, half.outputs, 'all', opsetOf(half, turn)))[0]!
      const typeOf = ({ dtype, shape }: Output) => ({ dtype, shape })
      expect(actual.map(typeOf)).toEqual(expected.map(typeOf))
      const difference = Math.max(...actual.map((output, i) => differenceOf(output, expected[i]!)))
      expect(difference <= TOLERANCES.fp16.absolute).toBe(!(title in COARSE))
      tf.dispose([...probe, ...feeds.flat()])
    },
  )
})

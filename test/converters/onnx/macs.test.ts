/** Multiply-accumulates of networks whose figures are published, before and after conversion; and of files of others. */
import '@tensorflow/tfjs-backend-cpu'
import { create, toBinary } from '@bufbuild/protobuf'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { macsOf } from '../../../converters/graph/macs.ts'
import { encodeModel } from '../../../converters/onnx/encode.ts'
import {
  AttributeProto_AttributeType,
  type AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
} from '../../../converters/onnx/generated/onnx_pb.ts'
import { readStructure } from '../../../converters/onnx/structure.ts'
import { type RecordedFunction, record } from '../../../converters/record/record.ts'
import { rewrite } from '../../../converters/rewrite/rewrite.ts'
import { buildBackbone } from '../../../models/index.ts'

/** Of a function as it is recorded, and of the file that it becomes. */
async function both(
  fn: RecordedFunction,
  shape: readonly (number | null)[],
  layers: tfl.layers.Layer[] = [],
) {
  const options = { inputs: [{ name: 'x', dtype: 'float32' as const, shape }], outputs: ['y'], layers }
  const graph = await record(fn, options)
  const file = encodeModel(await rewrite(graph))
  return [macsOf(graph, graph.types), readStructure(file, 'file').macs]
}

/** 3 x 3 and 1 x 1 convolutions over 224 x 224, halved five times, and a dense top: Howard et al. 2017, table 8, says 41 M. */
test('MobileNet v1 0.25: 41 million, as published', async () => {
  const model = buildBackbone('mobilenet', { includeTop: true, alpha: 0.25 })
  const [recorded, written] = await both(
    (x) => model.apply(x) as tf.Tensor,
    [null, 224, 224, 3],
    model.layers,
  )
  expect(Math.round(recorded! / 1e6)).toBe(41)
  expect(written).toBe(recorded)
  model.dispose()
})

const SMALL: [what: string, fn: RecordedFunction, shape: (number | null)[], macs: number | null][] = [
  ['a dense layer', ([x]) => tf.matMul(x as tf.Tensor2D, tf.ones([6, 5])), [null, 6], 30],
  ['a declared batch counts as one', ([x]) => tf.matMul(x as tf.Tensor2D, tf.ones([6, 5])), [4, 6], 30],
  ['a product of three axes', ([x]) => tf.matMul(x!, tf.transpose(x!, [0, 2, 1])), [null, 4, 6], 96],
  [
    'a convolution of a depth each',
    ([x]) => tf.depthwiseConv2d(x as tf.Tensor4D, tf.ones([3, 3, 2, 2]), 1, 'same'),
    [null, 5, 5, 2],
    5 * 5 * 4 * 9,
  ],
  [
    'a transposed convolution',
    ([x]) => tf.conv2dTranspose(x as tf.Tensor4D, tf.ones([2, 2, 3, 2]), [1, 8, 8, 3], 2, 'same'),
    [1, 4, 4, 2],
    4 * 4 * 2 * 3 * 4,
  ],
  ['an einsum', ([x]) => tf.einsum('bi,ij->bj', x!, tf.ones([6, 7])), [null, 6], 42],
  ['nothing to count', ([x]) => tf.relu(x!), [null, 6], 0],
  [
    'an open size',
    ([x]) => tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 3, 2]), 1, 'same'),
    [null, null, null, 3],
    null,
  ],
]
test.each(SMALL)('%s', async (_, fn, shape, macs) => {
  expect(await both(fn, shape)).toEqual([macs, macs])
})

describe('in a file of another program', () => {
  type Attribute = NonNullable<Parameters<typeof create<typeof AttributeProtoSchema>>[1]>
  const int = (name: string, value: number): Attribute => ({
    name,
    type: AttributeProto_AttributeType.INT,
    i: BigInt(value),
  })
  const file = (op: string, attribute: Attribute[], domain = ''): Uint8Array => {
    const dim = [
      { value: { case: 'dimParam' as const, value: 'batch size?' } },
      ...[2, 3].map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })),
    ]
    const x = {
      name: 'x',
      type: { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim } } } },
    }
    const graph = create(GraphProtoSchema, {
      input: [x],
      output: [{ name: 'y' }],
      initializer: [{ name: 'w', dims: [5n, 6n], dataType: 1, floatData: new Array(30).fill(1) }],
      node: [
        { opType: 'Flatten', input: ['x'], output: ['flat'] },
        { opType: 'Dropout', input: ['flat'], output: ['kept'] },
        { opType: op, input: ['kept', 'w'], output: ['y'], attribute, domain },
      ],
    })
    return toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }))
  }

  test.each([
    ['Gemm', [int('transB', 1)], 30],
    ['LSTM', [], null],
    ['Softsign', [], 0],
  ] as const)('%s', (op, attributes, macs) => {
    expect(readStructure(file(op, [...attributes]), 'file').macs).toBe(macs)
  })

  test('an operator of another domain', () => {
    expect(readStructure(file('Softsign', [], 'com.microsoft'), 'file').macs).toBeNull()
  })

  test('what is computed of what is not known is not known', () => {
    const lost = create(GraphProtoSchema, {
      output: [{ name: 'y' }],
      initializer: [{ name: 'w', dims: [6n, 5n], dataType: 1, floatData: new Array(30).fill(1) }],
      node: [
        { opType: 'Softsign', input: ['w'], output: ['m'] },
        { opType: 'MatMul', input: ['m', 'w'], output: ['y'] },
      ],
    })
    const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: lost }))
    expect(readStructure(bytes, 'file').macs).toBeNull()
  })
})

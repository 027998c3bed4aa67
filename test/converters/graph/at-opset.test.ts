/** Every operator in use at every opset that has it: ONNX Runtime opens it, and gives the numbers of opset 18. */

import { fromBinary } from '@bufbuild/protobuf'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { atOpset, DEFAULT_OPSET, OPSETS, type Opset } from '../../../converters/graph/at-opset.ts'
import { Draft } from '../../../converters/graph/draft.ts'
import { type Graph, graphText } from '../../../converters/graph/graph.ts'
import { OPERATORS } from '../../../converters/graph/operators.ts'
import { encodeModel } from '../../../converters/onnx/encode.ts'
import { ModelProtoSchema } from '../../../converters/onnx/generated/onnx_pb.ts'
import { record } from '../../../converters/record/record.ts'
import { rewrite } from '../../../converters/rewrite/rewrite.ts'
import { RoentgenError } from '../../../errors.ts'
import { expectClose, type Output, randomInputs, runGraph, runTfjs, type TestInput } from '../harness.ts'
import { CASES } from '../record/kernel-cases.ts'

interface Sample {
  title: string
  inputs: readonly TestInput[]
  graph: Graph
  /** What it shows that none before it shows: operators, each with the type of its first input. */
  shows: string[]
}

const usesOf = ({ nodes, types }: Graph): string[] =>
  nodes.map(({ op, inputs: [x], attributes: { reduction } }) =>
    [op, types.get(x!)!.dtype, reduction].join(' ').trimEnd(),
  )

const isSaid = (graph: Graph, opset: Opset): boolean => {
  try {
    return atOpset(graph, opset).nodes.length > 0
  } catch (error) {
    expect(error).toBeInstanceOf(RoentgenError)
    return false
  }
}

/** Cases of kernels until every operator has been seen with every type that it is used with. */
async function samples(): Promise<Sample[]> {
  const graphs: Omit<Sample, 'shows'>[] = []
  for (const { title, inputs, fn } of Object.values(CASES).flat()) {
    const probe = randomInputs(inputs, 2)
    const outputs = runTfjs(fn, probe).map((_, i) => `y${i}`)
    tf.dispose(probe)
    const recorded = await record(fn, { inputs, outputs, layers: [] })
    for (const graph of [recorded, await rewrite(recorded)]) graphs.push({ title, inputs, graph })
  }
  const seen = new Set<string>()
  const isLow = graphs.map(({ graph }) => isSaid(graph, 13))
  // What opset 13 can say comes first: there, too, all else is to be seen.
  return [...graphs.filter((_, i) => isLow[i]), ...graphs.filter((_, i) => !isLow[i])].flatMap((sample) => {
    const shows = [...new Set(usesOf(sample.graph))].filter((use) => !seen.has(use))
    for (const use of shows) seen.add(use)
    return shows.length === 0 ? [] : [{ ...sample, shows }]
  })
}

const SAMPLES = await samples()
const ALL = new Set(SAMPLES.flatMap(({ shows }) => shows))

const typeOf = ({ dtype, shape }: Output) => ({ dtype, shape })
const tfjsType = ({ dtype }: Output): string => (dtype === 'uint8' ? 'int32' : dtype)

/** What opset 13 does not have: the least that has it. */
const LATER: Readonly<Record<string, number>> = {
  'Relu int32': 14,
  'ScatterND float32 add': 16,
  'ScatterND int32 add': 16,
  'BitwiseAnd int32': 18,
}

test('the samples use every operator', () => {
  const ops = new Set([...ALL].map((use) => use.split(' ')[0]))
  expect([...ops].toSorted()).toEqual(Object.keys(OPERATORS).toSorted())
})

describe.each(OPSETS)('opset %i', (opset) => {
  test('says each operator that it has, with the numbers of opset 18, and no other', async () => {
    const said = new Set<string>()
    for (const { title, inputs, graph, shows } of SAMPLES) {
      if (!isSaid(graph, opset)) continue
      const feeds = [randomInputs(inputs, 3)]
      const expected = await runGraph(graph, feeds)
      const actual = await runGraph(graph, feeds, graph.outputs, 'all', opset)
      expect(actual[0]!.map(typeOf)).toEqual(expected[0]!.map(typeOf))
      // ONNX Runtime adds up a pooled window in another order since opset 19.
      actual[0]!.forEach((output, i) => {
        expectClose(output, { ...expected[0]![i]!, dtype: tfjsType(output) }, `${title} (${shows})`)
      })
      tf.dispose(feeds)
      for (const use of shows) said.add(use)
    }
    const refused = [...ALL].filter((use) => !said.has(use))
    expect(refused.toSorted()).toEqual(
      Object.keys(LATER)
        .filter((use) => LATER[use]! > opset)
        .toSorted(),
    )
  })
})

/** Reductions, and operators that have not always been there; the file says its opset and version. */
function sample(): Graph {
  const to = new Draft()
  const x = to.input('x', { dtype: 'float32', shape: ['N', 4, 3] })
  const mean = to.add('ReduceMean', [x, to.integers('axes', [2])], { keepdims: 0 }, 'mean')
  const sum = to.add('ReduceSum', [x, to.integers('axes', [2])], { keepdims: 0 }, 'sum')
  to.outputs = [to.add('Add', [mean, sum], {}, 'y')]
  return to.freeze()
}

test('below 18 the axes of a ReduceMean are an attribute, and no constant is left that nothing reads', () => {
  expect(graphText(atOpset(sample(), 17))).toMatchInlineSnapshot(`
    "inputs x: f32[N,4,3]
      %mean: f32[N,4] = ReduceMean(%x) {keepdims: 0, axes: [2]}
      %sum: f32[N,4] = ReduceSum(%x, i64(2)) {keepdims: 0}
      %y: f32[N,4] = Add(%mean, %sum)
    outputs y: f32[N,4]"
  `)
  expect([...atOpset(sample(), 17).constants.keys()]).toEqual(['axes_1'])
  const graph = sample()
  expect(atOpset(graph, DEFAULT_OPSET)).toBe(graph)
})

test.each([
  [13, 7n],
  [18, 8n],
  [20, 9n],
  [22, 10n],
] as const)('a file of opset %i says so, in version %i of the format', (opset, version) => {
  const { irVersion, opsetImport } = fromBinary(ModelProtoSchema, encodeModel(sample(), { opset }))
  expect([opsetImport.map((entry) => entry.version), irVersion]).toEqual([[BigInt(opset)], version])
})

test('of what an opset cannot say, the node that needs most is named, with what it needs', () => {
  const to = new Draft()
  const x = to.input('x', { dtype: 'int32', shape: [4] })
  to.outputs = [to.add('BitwiseAnd', [to.add('Relu', [x], {}, 'first'), x], {}, 'mask/and')]
  expect(() => atOpset(to.freeze(), 13)).toThrow(
    "ROE_OPSET: node 'mask/and': BitwiseAnd needs opset 18, and 13 was asked for; use --opset 18 or more",
  )
})

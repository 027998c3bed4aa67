/** GraphModels: what their nodes and weights are called, what signatures say, what cannot be recorded. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphText } from '../../../../converters/graph/graph.ts'
import { readModel } from '../../../../converters/read/models/read-model.ts'
import { record } from '../../../../converters/record/record.ts'
import { rewrite } from '../../../../converters/rewrite/rewrite.ts'
import { RoentgenError } from '../../../../errors.ts'
import { graphModel } from '../../../../scripts/mutants/originals.ts'
import { hasShared, shared } from '../../../shared.ts'

tf.enableProdMode()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-graphs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
function saved(json: string, weights: Uint8Array): string {
  const path = join(folder, String(count++))
  mkdirSync(path)
  writeFileSync(join(path, 'model.json'), json)
  writeFileSync(join(path, 'weights.bin'), weights)
  return path
}

async function textOf(path: string): Promise<string> {
  const model = await readModel(path)
  const { run, inputs, outputs, names } = model
  try {
    return graphText(await rewrite(await record(run, { inputs, outputs, names })))
  } finally {
    model.dispose()
  }
}

interface GraphJson {
  modelTopology: { node: { name: string; op: string; input?: string[]; attr?: object }[]; library?: object }
  [key: string]: unknown
}

/** The small model, changed. */
function changed(change: (json: GraphJson) => void): string {
  const { json, weights } = graphModel()
  const content = JSON.parse(json) as GraphJson
  change(content)
  return saved(JSON.stringify(content), weights)
}

async function expectRefused(path: string, code: string, words: string): Promise<void> {
  const { numTensors } = tf.memory()
  const error = await textOf(path).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RoentgenError)
  const { code: given, message } = error as RoentgenError
  expect(given).toBe(code)
  expect(message).toContain(words)
  expect(message).not.toContain('\n')
  expect(tf.memory().numTensors).toBe(numTensors)
}

describe('nodes and weights are called as in the GraphModel:', () => {
  test('a small one', async () => {
    const { json, weights } = graphModel()
    expect(await textOf(saved(json, weights))).toMatchInlineSnapshot(`
      "inputs film: f32[N,16,16,2]
        %conv/Transpose: f32[N,2,16,16] = Transpose(%film) {perm: [0,3,1,2]}
        %conv/Conv_1: f32[N,3,8,8] = Conv(%conv/Transpose, conv/kernel: f32[3,2,3,3], f32(0 0.841471 0.909297)) {kernel_shape: [3,3], strides: [2,2], pads: [0,0,1,1], dilations: [1,1], group: 1}
        %conv/Relu: f32[N,3,8,8] = Relu(%conv/Conv_1)
        %pool/MaxPool: f32[N,3,4,4] = MaxPool(%conv/Relu) {kernel_shape: [2,2], strides: [2,2], pads: [0,0,0,0]}
        %flat/Reshape_1: f32[N,48] = Reshape(%pool/MaxPool, i64(-1 48))
        %dense/MatMul: f32[N,4] = MatMul(%flat/Reshape_1, dense/kernel_1: f32[48,4])
        %classes: f32[N,4] = Softmax(%dense/MatMul) {axis: 1}
      outputs classes: f32[N,4]"
    `)
  })

  test.skipIf(!hasShared)('a real one', async () => {
    expect(await textOf(shared('weights/tiny_dense_graph'))).toMatchInlineSnapshot(`
      "inputs dense_dense2_input: f32[N,10]
        %StatefulPartitionedCall/sequential/dense_Dense2/MatMul/MatMul: f32[N,1] = MatMul(%dense_dense2_input, StatefulPartitionedCall/sequential/dense_Dense2/MatMul/ReadVariableOp: f32[10,1])
        %Identity: f32[N,1] = Add(%StatefulPartitionedCall/sequential/dense_Dense2/MatMul/MatMul, f32(0.161243))
      outputs Identity: f32[N,1]"
    `)
  })
})

/** An entry of a signature. */
const entry = (name: string, dtype = 'DT_FLOAT', sizes: number[] = []) => ({
  name,
  dtype,
  tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) },
})
const FILM = { picture: entry('film:0', 'DT_FLOAT', [-1, 16, 16, 2]) }
const SERVED = { inputs: FILM, outputs: { scores: entry('classes:0'), logits: entry('dense:0') } }

async function facesOf(path: string) {
  const { inputs, outputs, run, dispose } = await readModel(path)
  const graph = await record(run, { inputs, outputs })
  const known = tf.zeros([2, 16, 16, 2])
  const given = [run([known])].flat().map(({ shape }) => shape)
  dispose()
  return { inputs: inputs.map(({ name, shape }) => [name, shape]), outputs, given, recorded: graph.outputs }
}

const PICTURE = [['picture', [null, 16, 16, 2]]]
const PLAIN = [['film', [null, 16, 16, 2]]]

describe('inputs and outputs are those of the signature:', () => {
  const ROWS: [string, (json: GraphJson) => void, unknown, string[]][] = [
    ['none', () => undefined, PLAIN, ['classes']],
    ['of a SavedModel', (json) => Object.assign(json, { signature: SERVED }), PICTURE, ['scores', 'logits']],
    [
      'of an older file',
      (json) => Object.assign(json, { userDefinedMetadata: { signature: SERVED } }),
      PICTURE,
      ['scores', 'logits'],
    ],
    [
      'named by position, whose outputs have names besides',
      (json) =>
        Object.assign(json, {
          userDefinedMetadata: {
            signature: {
              inputs: { 'film:0': entry('film:0') },
              outputs: { 'dense:0': entry('dense:0'), 'classes:0': entry('classes:0') },
            },
            structuredOutputKeys: ['before', 'after'],
          },
        }),
      PLAIN,
      ['before', 'after'],
    ],
    [
      'without outputs',
      (json) => Object.assign(json, { signature: { inputs: FILM, outputs: {} } }),
      PICTURE,
      ['classes'],
    ],
  ]
  test.each(ROWS)('%s', async (_, change, inputs, outputs) => {
    const faces = await facesOf(changed(change))
    expect(faces.inputs).toEqual(inputs)
    expect(faces.outputs).toEqual(outputs)
    expect(faces.recorded).toEqual(outputs)
    expect(faces.given).toEqual(outputs.map(() => [2, 4]))
  })

  test('several of one node are told apart', async () => {
    const path = changed((json) => {
      const attr = { axis: { i: '1' }, num: { i: '4' }, T: { type: 'DT_FLOAT' } }
      json.modelTopology.node.push({ name: 'parts', op: 'Unpack', input: ['classes'], attr })
      const outputs = { last: entry('parts:3'), all: entry('classes:0'), first: entry('parts:0') }
      Object.assign(json, { signature: { inputs: FILM, outputs } })
    })
    const model = await readModel(path)
    const [last, all, first] = (model.run([tf.ones([1, 16, 16, 2])]) as tf.Tensor[]).map((one) => [
      ...one.dataSync(),
    ])
    model.dispose()
    expect(model.outputs).toEqual(['last', 'all', 'first'])
    expect([first, last]).toEqual([[all![0]], [all![3]]])
  })

  test('what has a default keeps it, where no signature names it', async () => {
    const path = changed(({ modelTopology: { node } }) => {
      const attr = { dtype: { type: 'DT_FLOAT' }, shape: { shape: {} } }
      node.push({ name: 'bias', op: 'PlaceholderWithDefault', input: ['conv/bias'], attr })
      node.find(({ name }) => name === 'conv')!.input![2] = 'bias'
    })
    const faces = await facesOf(path)
    expect(faces.inputs).toEqual(PLAIN)
    expect(faces.given).toEqual([[2, 4]])
  })

  const REFUSED: [string, object, string][] = [
    [
      'an output that is not there',
      { inputs: FILM, outputs: { scores: entry('lost:0') } },
      "output 'scores' of its signature is node 'lost', which the graph does not have",
    ],
    [
      'an input that is not there',
      { inputs: { x: entry('lost:0') } },
      "input 'x' of its signature is node 'lost'",
    ],
    [
      'a table for an input',
      { inputs: { ...FILM, x: { ...entry('film'), resourceId: 7 } } },
      "input 'x' of its signature is a table or a variable, which is not converted",
    ],
    ['no signature', { inputs: 7 }, 'it is no GraphModel: signature.inputs: '],
  ]
  test.each(REFUSED)('refused: %s', async (_, signature, words) => {
    const path = changed((json) => Object.assign(json, { signature }))
    await expectRefused(path, 'ROE_MODEL_FORMAT', words)
  })
})

const relu = {
  signature: {
    name: 'relu',
    inputArg: [{ name: 'x', type: 'DT_FLOAT' }],
    outputArg: [{ name: 'y', type: 'DT_FLOAT' }],
  },
  nodeDef: [{ name: 'out', op: 'Relu', input: ['x'], attr: {} }],
  ret: { y: 'out' },
}
const func = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, { func: { name: 'relu' } }]))

describe('what tfjs runs only by waiting for values is refused by the name of its node:', () => {
  const ROWS: [string, GraphJson['modelTopology']['node'], string, string][] = [
    [
      'If',
      [
        {
          name: 'either',
          op: 'If',
          input: ['flat/shape', 'dense'],
          attr: func('then_branch', 'else_branch'),
        },
      ],
      'ROE_LAYER_UNSUPPORTED',
      "node 'either': operation 'If' (control flow) is not converted",
    ],
    [
      'StatelessWhile',
      [{ name: 'loop', op: 'StatelessWhile', input: ['dense'], attr: func('cond', 'body') }],
      'ROE_LAYER_UNSUPPORTED',
      "node 'loop': operation 'StatelessWhile' (control flow) is not converted",
    ],
    [
      'Switch and Merge',
      [
        { name: 'apart', op: 'Switch', input: ['dense', 'flat/shape'] },
        { name: 'again', op: 'Merge', input: ['apart', 'apart:1'] },
      ],
      'ROE_LAYER_UNSUPPORTED',
      '(control flow) is not converted',
    ],
    [
      'a list of tensors',
      [{ name: 'list', op: 'TensorListReserve', input: ['flat/shape', 'flat/shape'] }],
      'ROE_LAYER_UNSUPPORTED',
      "node 'list': operation 'TensorListReserve' (control flow) is not converted",
    ],
    [
      'a table',
      [
        { name: 'table', op: 'HashTableV2', attr: {} },
        { name: 'found', op: 'LookupTableFindV2', input: ['table', 'dense', 'dense'] },
      ],
      'ROE_LAYER_UNSUPPORTED',
      '(a table that is looked up) is not converted',
    ],
    [
      'Where',
      [{ name: 'places', op: 'Where', input: ['dense'] }],
      'ROE_VALUE_UNKNOWN',
      "node 'places': Where reads a value that depends on the model's input",
    ],
  ]
  test.each(ROWS)('%s', async (_, nodes, code, words) => {
    const path = changed(({ modelTopology }) => {
      modelTopology.node.push(...nodes)
      modelTopology.library = { function: [relu] }
    })
    await expectRefused(path, code, words)
  })

  test('a table that is filled before the model runs', async () => {
    const node = [
      { name: 'keys', op: 'Const', attr: {} },
      { name: 'fill', op: 'LookupTableImportV2', input: ['table', 'keys', 'keys'] },
    ]
    const path = changed((json) =>
      Object.assign(json, { modelInitializer: { node }, initializerSignature: { outputs: {} } }),
    )
    const words = "node 'fill': operation 'LookupTableImportV2' (it fills a table before the model runs)"
    await expectRefused(path, 'ROE_LAYER_UNSUPPORTED', words)
  })
})

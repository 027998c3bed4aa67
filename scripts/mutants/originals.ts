/** The good files that mutants are made of: models of tfjs that are made here, and fixtures that Keras wrote. */
import { readFileSync } from 'node:fs'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'

/** A folder with a model: model.json, and its one shard. */
export interface TfjsFiles {
  json: string
  weights: Uint8Array
}

const FIXTURES = new URL('../../../test/fixtures/converters/', import.meta.url)
export const keras = (name: string): Uint8Array => readFileSync(new URL(name, FIXTURES))

const SHARD = 'weights.bin'

/** Convolutions, a skip, a model in a model, a recurrent layer. */
export async function layersModel(): Promise<TfjsFiles> {
  const { conv2d, depthwiseConv2d, batchNormalization, concatenate, dense, reshape, lstm } = tfl.layers
  const head = tfl.sequential({ name: 'head', layers: [dense({ units: 4, inputShape: [5], name: 'inner' })] })
  const film = tfl.input({ shape: [8, 8, 2], name: 'film' })
  const shared = { padding: 'same', activation: 'relu', kernelSize: 3 } as const
  const first = conv2d({ ...shared, filters: 3, name: 'first' }).apply(film) as tfl.SymbolicTensor
  const normal = batchNormalization({ name: 'normal' }).apply(first) as tfl.SymbolicTensor
  const deep = depthwiseConv2d({ ...shared, name: 'deep' }).apply(normal) as tfl.SymbolicTensor
  const both = concatenate({ name: 'both' }).apply([normal, deep]) as tfl.SymbolicTensor
  const rows = reshape({ targetShape: [8, 48], name: 'rows' }).apply(both) as tfl.SymbolicTensor
  const read = lstm({ units: 5, recurrentInitializer: 'zeros', name: 'read' }).apply(
    rows,
  ) as tfl.SymbolicTensor
  const classes = dense({ units: 3, activation: 'softmax', name: 'classes' })
  const model = tfl.model({
    inputs: film,
    outputs: classes.apply(head.apply(read) as tfl.SymbolicTensor) as tfl.SymbolicTensor,
  })
  let files: TfjsFiles | undefined
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: [SHARD], weights: weightSpecs }]
      files = {
        json: JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }),
        weights: new Uint8Array(weightData as ArrayBuffer),
      }
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
  model.dispose()
  return files!
}

const s = (text: string) => ({ s: Buffer.from(text).toString('base64') })
const i = (...values: number[]) => ({ list: { i: values.map(String) } })
const FLOAT = { type: 'DT_FLOAT' }
const shapeOf = (sizes: readonly number[]) => ({
  shape: { dim: sizes.map((size) => ({ size: String(size) })) },
})

/** A convolution, a pool, a reshape by a constant and a dense layer, as TensorFlow's graph. */
export function graphModel(): TfjsFiles {
  const weights = [
    { name: 'conv/kernel', shape: [3, 3, 2, 3], dtype: 'float32' },
    { name: 'conv/bias', shape: [3], dtype: 'float32' },
    { name: 'flat/shape', shape: [2], dtype: 'int32' },
    { name: 'dense/kernel', shape: [48, 4], dtype: 'float32' },
  ]
  const constant = ({ name, shape, dtype }: (typeof weights)[number]) => ({
    name,
    op: 'Const',
    attr: { dtype: dtype === 'float32' ? FLOAT : { type: 'DT_INT32' }, value: { tensor: shapeOf(shape) } },
  })
  const window = { strides: i(1, 2, 2, 1), padding: s('SAME'), data_format: s('NHWC'), T: FLOAT }
  const node = [
    { name: 'film', op: 'Placeholder', attr: { dtype: FLOAT, shape: shapeOf([-1, 16, 16, 2]) } },
    ...weights.map(constant),
    {
      name: 'conv',
      op: '_FusedConv2D',
      input: ['film', 'conv/kernel', 'conv/bias'],
      attr: {
        ...window,
        dilations: i(1, 1, 1, 1),
        num_args: { i: '1' },
        fused_ops: { list: { s: ['BiasAdd', 'Relu'].map((name) => s(name).s) } },
        epsilon: { f: 0 },
      },
    },
    { name: 'pool', op: 'MaxPool', input: ['conv'], attr: { ...window, ksize: i(1, 2, 2, 1) } },
    { name: 'flat', op: 'Reshape', input: ['pool', 'flat/shape'], attr: { T: FLOAT } },
    { name: 'dense', op: 'MatMul', input: ['flat', 'dense/kernel'], attr: { T: FLOAT } },
    { name: 'classes', op: 'Softmax', input: ['dense'], attr: { T: FLOAT } },
  ]
  const bytes = weights.map(({ shape, dtype }) => {
    const length = shape.reduce((product, size) => product * size, 1)
    return dtype === 'int32' ? Int32Array.of(-1, 48) : Float32Array.from({ length }, (_, at) => Math.sin(at))
  })
  return {
    json: JSON.stringify({
      format: 'graph-model',
      modelTopology: { node, versions: { producer: 1 } },
      weightsManifest: [{ paths: [SHARD], weights }],
    }),
    weights: new Uint8Array(Buffer.concat(bytes.map(({ buffer }) => Buffer.from(buffer)))),
  }
}

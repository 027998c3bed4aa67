/** A GraphModel of TensorFlow, node by node, as tfjs-converter reads it: NodeDefs in json and a manifest of weights. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { seededRandom } from '../../../random.ts'

tf.enableProdMode()

type DType = 'float32' | 'int32' | 'bool'
const TF_TYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const

/** A tensor of the graph, for a batch of `BATCH`. */
export interface Value {
  name: string
  shape: readonly number[]
  dtype: DType
}

/** The batch that shapes are found at; nothing else of a graph is as long. */
export const BATCH = 7

/** An attribute as TensorFlow writes it in json. */
const text = (value: string): object => ({ s: Buffer.from(value).toString('base64') })
export const attr = {
  text,
  texts: (...values: string[]): object => ({
    list: { s: values.map((value) => Buffer.from(value).toString('base64')) },
  }),
  flag: (value: boolean): object => ({ b: value }),
  number: (value: number): object => ({ f: value }),
  whole: (value: number): object => ({ i: String(value) }),
  wholes: (...values: number[]): object => ({ list: { i: values.map(String) } }),
  type: (dtype: DType): object => ({ type: TF_TYPES[dtype] }),
}

interface NodeDef {
  name: string
  op: string
  input: string[]
  attr: Record<string, object>
}

interface Weight {
  name: string
  shape: readonly number[]
  dtype: DType
  data: readonly number[]
}

export class GraphBuilder {
  readonly #nodes: NodeDef[] = []
  readonly #weights: Weight[] = []
  readonly inputs: Value[] = []
  readonly random: () => number

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  get operations(): string[] {
    return this.#nodes.map(({ op }) => op)
  }

  /** @param film  the shape without the batch */
  input(film: readonly number[], dtype: DType = 'float32'): Value {
    const name = `input${this.inputs.length}`
    const dims = [-1, ...film].map((size) => ({ size: String(size) }))
    this.#nodes.push({
      name,
      op: 'Placeholder',
      input: [],
      attr: { shape: { shape: { dim: dims } }, dtype: attr.type(dtype) },
    })
    const value = { name, shape: [BATCH, ...film], dtype }
    this.inputs.push(value)
    return value
  }

  /** Adds a node. @returns its name: the first of its outputs */
  add(
    op: string,
    inputs: readonly (string | { name: string })[],
    attributes: Record<string, object> = {},
  ): string {
    const name = `${op}_${this.#nodes.length}`
    const input = inputs.map((one) => (typeof one === 'string' ? one : one.name))
    this.#nodes.push({ name, op, input, attr: { T: attr.type('float32'), ...attributes } })
    return name
  }

  constant(
    data: readonly number[],
    shape: readonly number[] = [data.length],
    dtype: DType = 'int32',
  ): string {
    const name = this.add('Const', [], { dtype: attr.type(dtype) })
    this.#weights.push({ name, shape, dtype, data })
    return name
  }

  scalar = (value: number, dtype: DType = 'int32'): string => this.constant([value], [], dtype)

  /** A weight, uniform in -1..1, or as given. */
  weight(shape: readonly number[], from = -1, to = 1): string {
    const length = tf.util.sizeFromShape([...shape])
    const scale = from < 0 ? 1 / Math.sqrt(Math.max(1, length / (shape.at(-1) ?? 1) / 2)) : 1
    const data = Array.from({ length }, () => scale * (from + this.random() * (to - from)))
    return this.constant(data, shape, 'float32')
  }

  /** Forgets what was added since `mark`. */
  get mark(): [number, number, number] {
    return [this.#nodes.length, this.#weights.length, this.inputs.length]
  }
  reset([nodes, weights, inputs]: readonly [number, number, number]): void {
    this.#nodes.length = nodes
    this.#weights.length = weights
    this.inputs.length = inputs
  }

  #json(outputs: readonly string[]): object {
    const signature = {
      inputs: Object.fromEntries(this.inputs.map(({ name }) => [name, { name: `${name}:0` }])),
      outputs: Object.fromEntries(outputs.map((name, i) => [`y${i}`, { name }])),
    }
    const weights = this.#weights.map(({ name, shape, dtype }) => ({ name, shape, dtype }))
    return {
      format: 'graph-model',
      modelTopology: { node: this.#nodes, versions: { producer: 1 } },
      weightsManifest: [{ paths: ['weights.bin'], weights }],
      userDefinedMetadata: { signature },
      signature,
    }
  }

  #bytes(): Uint8Array {
    return Buffer.concat(
      this.#weights.map(({ dtype, data }) => {
        if (dtype === 'bool') return Buffer.from(Uint8Array.from(data))
        const values = dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data)
        return Buffer.from(values.buffer)
      }),
    )
  }

  async save(folder: string, outputs: readonly string[]): Promise<void> {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'model.json'), JSON.stringify(this.#json(outputs)))
    await writeFile(join(folder, 'weights.bin'), this.#bytes())
  }

  /** What tfjs itself gives: type and shape of each output, and whether all of its numbers are finite.
   *  @throws Error of tfjs, for what it does not compute */
  async run(outputs: readonly string[]): Promise<(Value & { isFinite: boolean })[]> {
    const json = this.#json(outputs) as tf.io.ModelJSON
    const bytes = this.#bytes()
    const specs = json.weightsManifest.flatMap(({ weights }) => weights)
    const model = await loadGraphModel({
      load: () =>
        tf.io.getModelArtifactsForJSON(json, async () => [
          specs,
          bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
        ]),
    })
    try {
      return tf.tidy(() => {
        const given = this.inputs.map(({ shape, dtype }) =>
          tf.randomUniform([...shape], 0, 2, dtype as 'float32', 1),
        )
        const all = [model.execute(given, [...outputs])].flat()
        return all.map((tensor, i) => ({
          name: outputs[i]!,
          shape: tensor.shape,
          dtype: tensor.dtype as DType,
          isFinite: tensor.dataSync().every((value) => Number.isFinite(value) && Math.abs(value) < 1e4),
        }))
      })
    } finally {
      model.dispose()
    }
  }
}

/** A GraphModel of tfjs: TensorFlow's graph, run operator by operator by tfjs's own converter. */
import * as tf from '@tensorflow/tfjs-core'
import { byteSize, type WeightSpec } from '../decode-weights.ts'
import type { Files } from '../files.ts'
import { firstIssue, GRAPH_MANIFEST, readShards } from '../manifest.ts'
import { watchNodes } from './graph-nodes.ts'
import { requireNoInitializer, signatureOf } from './graph-signature.ts'
import type { BareModel, Part } from './model.ts'

type Converter = typeof import('@tensorflow/tfjs-converter')
type GraphModel = ReturnType<Converter['loadGraphModelSync']>

interface GraphNode {
  name: string
  op: string
}

/** @param content  the json   @throws Error of one line, ROE_LAYER_UNSUPPORTED */
export async function readGraphModel(files: Files, content: unknown): Promise<BareModel> {
  const parsed = GRAPH_MANIFEST.safeParse(content)
  if (!parsed.success) throw new Error(`it is no GraphModel: ${firstIssue(parsed.error)}`)
  requireNoInitializer(content)
  const { weightsManifest } = parsed.data
  const pieces: Uint8Array[] = []
  for (const { paths, weights } of weightsManifest) {
    const hasTexts = weights.some(({ dtype }) => dtype === 'string')
    const sizes = weights.map((spec) => bytesOf(spec))
    pieces.push(await readShards(files, paths, hasTexts ? undefined : sizes.reduce((a, b) => a + b, 0)))
  }
  const weightSpecs = weightsManifest.flatMap(
    ({ weights }) => weights,
  ) as unknown as tf.io.WeightsManifestEntry[]
  const json = content as tf.io.ModelJSON
  const artifacts = tf.io.getModelArtifactsForJSONSync(json, weightSpecs, joined(pieces))
  const model = loaded(await import('@tensorflow/tfjs-converter'), artifacts)
  try {
    return bareModel(model, json, weightSpecs)
  } catch (error) {
    model.dispose()
    throw error
  }
}

/** What was made of the weights is given back where tfjs does not take the graph. */
function loaded({ loadGraphModelSync }: Converter, artifacts: tf.io.ModelArtifacts): GraphModel {
  const [model] = tf.tidy(() => {
    const made = loadGraphModelSync(artifacts)
    for (const weight of Object.values(made.weights).flat()) tf.keep(weight)
    // In a function, since tidy looks for tensors in what it gives back.
    return [() => made] as unknown as [() => GraphModel] & tf.TensorContainer
  })
  return model()
}

function bareModel(
  model: GraphModel,
  json: tf.io.ModelJSON,
  weightSpecs: readonly tf.io.WeightsManifestEntry[],
): BareModel {
  const { node = [] } = json.modelTopology as { node?: GraphNode[] }
  const parts = partsOf(node, weightSpecs)
  const { inputs, inputKeys, outputs, outputKeys } = signatureOf(json, model, node)
  const { names, during } = watchNodes(model)
  return {
    run: (tensors) =>
      during(() =>
        model.execute(Object.fromEntries(inputKeys.map((key, i) => [key, tensors[i]!])), [...outputKeys]),
      ),
    inputs,
    outputs,
    layers: [],
    names,
    parts,
    parameters: parts.reduce((sum, { parameters }) => sum + parameters, 0),
    dispose: () => model.dispose(),
  }
}

function bytesOf({ dtype, shape, ...rest }: { dtype: string; shape: number[] }): number {
  const count = shape.reduce((a, b) => a * b, 1)
  if (dtype === 'bool') return count
  if (dtype === 'complex64') return 8 * count
  return byteSize({ dtype, shape, ...rest } as unknown as WeightSpec)
}

function joined(pieces: readonly Uint8Array[]): ArrayBuffer {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only.buffer as ArrayBuffer
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const piece of pieces) {
    all.set(piece, offset)
    offset += piece.length
  }
  return all.buffer
}

function partsOf(nodes: readonly GraphNode[], specs: readonly tf.io.WeightsManifestEntry[]): Part[] {
  const counts = new Map(specs.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]))
  return nodes.map(({ name, op }) => ({
    name,
    type: op,
    shape: undefined,
    parameters: counts.get(name) ?? 0,
  }))
}

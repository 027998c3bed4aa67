/** A whole model of Keras 3: a zip with config.json and model.weights.h5. A weight's path there is made of the classes of
 *  the layers, counted in the order of the topology, whatever the layers are called. */
import type { layers as tflLayers } from '@tensorflow/tfjs-layers'
import type { NamedTensor } from '../../tensor.ts'
import type { Files } from '../files.ts'
import { readJson } from '../manifest.ts'
import { readHdf5 } from '../read-hdf5.ts'
import { isModelEntry, type LayerEntry, layersOf, translateModel } from './keras-config.ts'
import { assign, buildFilled } from './layers-model.ts'
import type { BareModel } from './model.ts'

export const KERAS3_FILES = { config: 'config.json', weights: 'model.weights.h5' } as const

/** @throws ROE_LAYER_UNSUPPORTED, Error of one line */
export async function readKeras3(files: Files): Promise<BareModel> {
  const entry = (await readJson(files, KERAS3_FILES.config)) as LayerEntry
  const topology = translateModel(entry, 'keras3')
  const tensors = await files.withPath(KERAS3_FILES.weights, (path) => readHdf5(path, 'keras3'))
  return buildFilled(topology, (model) => assignByPath(model, entry, tensors))
}

type Container = { layers: tflLayers.Layer[] }
type Tensors = readonly [string, NamedTensor][]

/** @param entry  the topology as the file has it   @throws Error that names the layer and its path */
export function assignByPath(model: Container, entry: LayerEntry, tensors: Tensors): void {
  const open = new Map(tensors)
  assignBelow(model, entry, '', open)
  const [left] = open.keys()
  if (left !== undefined) throw new Error(`no layer has the weight '${left}'`)
}

function assignBelow(
  model: Container,
  entry: LayerEntry,
  prefix: string,
  open: Map<string, NamedTensor>,
): void {
  const counts = new Map<string, number>()
  for (const inner of layersOf(entry)) {
    const kind = snakeCase(inner.class_name)
    const count = counts.get(kind) ?? 0
    counts.set(kind, count + 1)
    const name = String(inner.name ?? inner.config.name)
    const layer = model.layers.find((candidate) => candidate.name === name)
    const path = `${prefix}layers/${count === 0 ? kind : `${kind}_${count}`}/`
    if (layer === undefined) continue
    if (isModelEntry(inner) && 'layers' in layer) assignBelow(layer as never, inner, path, open)
    else assignLeaf(layer, path, open)
  }
}

function assignLeaf(layer: tflLayers.Layer, path: string, open: Map<string, NamedTensor>): void {
  const own = [...open.keys()].filter((key) => key.startsWith(path)).sort(byPath)
  if (own.length !== layer.weights.length)
    throw new Error(
      `layer '${layer.name}' has ${own.length} weights in the file (${path}), it needs ${layer.weights.length}`,
    )
  layer.weights.forEach((variable, i) => {
    const key = own[i]!
    assign(variable, key, open.get(key)!)
    open.delete(key)
  })
}

/** A layer's own weights come before those of the layers in it; forward before backward; numbers as numbers. */
function byPath(a: string, b: string): number {
  const rank = (key: string): string =>
    key.replace(/(^|\/)vars\//g, '$1\u0000/').replace('/forward_layer/', '/\u0001/')
  return rank(a).localeCompare(rank(b), 'en', { numeric: true }) || a.length - b.length
}

/** @source keras.src.utils.naming.to_snake_case */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

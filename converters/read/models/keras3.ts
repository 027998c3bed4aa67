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
  const values = tensors.map(([, tensor]) => tensor)
  return buildFilled(topology, values, (model) => assignByPath(model, entry, tensors))
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
  for (const [counted, inner] of countedNames(layersOf(entry))) {
    const name = String(inner.name ?? inner.config.name)
    const layer = model.layers.find((candidate) => candidate.name === name)
    const path = `${prefix}layers/${counted}/`
    if (layer === undefined) continue
    if (isModelEntry(inner) && 'layers' in layer) assignBelow(layer as never, inner, path, open)
    else assignLeaf(layer, inner, path, open)
  }
}

function assignLeaf(
  layer: tflLayers.Layer,
  entry: LayerEntry,
  path: string,
  open: Map<string, NamedTensor>,
): void {
  const places = placesIn(entry, path)
  const placeOf = (key: string): number => places.findLastIndex((place) => key.startsWith(place))
  const own = [...open.keys()]
    .filter((key) => key.startsWith(path))
    .sort((a, b) => placeOf(a) - placeOf(b) || byPath(a, b))
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

/** Attributes of a layer that hold layers, in the order in which tfjs lists their weights. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  Bidirectional: ['forward_layer', 'backward_layer'],
  MultiHeadAttention: ['query_dense', 'key_dense', 'value_dense', 'output_dense'],
}

/** Where the weights of a layer and of those in it stand, in order. */
function placesIn({ class_name, config }: LayerEntry, path: string): string[] {
  const { cells, cell, layer } = config as { cells?: LayerEntry[]; cell?: LayerEntry; layer?: LayerEntry }
  const named = PARTS[class_name]
  const inner: [string, LayerEntry | undefined][] =
    named !== undefined
      ? named.map((part) => [part, layer])
      : [
          ['cell', cell],
          ['layer', layer],
        ]
  const inCells = countedNames(cells ?? []).map(([name, one]): [string, LayerEntry] => [`cells/${name}`, one])
  const below = [...inner, ...inCells].flatMap(([name, one]) =>
    one === undefined ? [`${path}${name}/`] : placesIn(one, `${path}${name}/`),
  )
  return [`${path}vars/`, ...below]
}

/** `dense`, `dense_1` …: classes, counted. */
function countedNames(entries: readonly LayerEntry[]): [string, LayerEntry][] {
  const counts = new Map<string, number>()
  return entries.map((entry) => {
    const kind = snakeCase(entry.class_name)
    const count = counts.get(kind) ?? 0
    counts.set(kind, count + 1)
    return [count === 0 ? kind : `${kind}_${count}`, entry]
  })
}

/** A layer's own weights come before those of the layers in it; numbers as numbers. */
function byPath(a: string, b: string): number {
  const [left, right] = [a, b].map((key) => key.split('/').map((part) => (part === 'vars' ? '' : part)))
  const at = left!.findIndex((part, i) => part !== right![i])
  return (left![at] ?? '').localeCompare(right![at] ?? '', 'en', { numeric: true })
}

/** @source keras.src.utils.naming.to_snake_case */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

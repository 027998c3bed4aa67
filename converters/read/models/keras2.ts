/** A whole model of Keras 2 in one HDF5 file. Weights go to the layer that lists them, and there by name. */

import type { layers as tflLayers } from '@tensorflow/tfjs-layers'
import { problemOf } from '../../../errors.ts'
import type { NamedTensor } from '../../tensor.ts'
import { DamagedFile } from '../damage.ts'
import type { Keras2File } from '../hdf5-readings.ts'
import { readHdf5 } from '../read-hdf5.ts'
import { layerWeightKeys } from '../weight-key.ts'
import { type LayerEntry, translateModel } from './keras-config.ts'
import { assign, buildFilled } from './layers-model.ts'
import type { BareModel } from './model.ts'

/** @throws ROE_LAYER_UNSUPPORTED, Error of one line */
export async function readKeras2(path: string): Promise<BareModel> {
  const { config, version, layers } = await readHdf5(path, 'keras2')
  if (config === undefined) throw new Error('it holds weights alone, no topology')
  const entry = parsed(config)
  const topology = translateModel(entry, version?.startsWith('3.') ? 'keras3' : 'keras2')
  const values = layers.flatMap(({ weights }) => weights.map(([, tensor]) => tensor))
  return buildFilled(topology, values, (model) => assignListed(model, layers))
}

function parsed(config: string): LayerEntry {
  try {
    return JSON.parse(config) as LayerEntry
  } catch (cause) {
    throw new DamagedFile(`its topology ('model_config') is damaged (${problemOf(cause)})`, { cause })
  }
}

/** Each layer takes the weights that the file lists under its name. */
function assignListed(model: { layers: tflLayers.Layer[] }, layers: Keras2File['layers']): void {
  const filled = new Set<tflLayers.Layer>()
  for (const listed of layers) {
    const layer = model.layers.find(({ name }) => name === listed.name)
    if (layer !== undefined) {
      assignLayer(layer, listed)
      filled.add(layer)
    } else if (listed.weights.length > 0) throw new Error(`no layer is called '${listed.name}'`)
  }
  const empty = model.layers.find((layer) => layer.weights.length > 0 && !filled.has(layer))
  if (empty !== undefined) throw new Error(`the weights of layer '${empty.name}' are missing`)
}

function assignLayer(layer: tflLayers.Layer, { name, weights }: Keras2File['layers'][number]): void {
  if (weights.length !== layer.weights.length)
    throw new Error(
      `layer '${name}' has ${weights.length} weights in the file, it needs ${layer.weights.length}`,
    )
  const keys = layerWeightKeys(
    name,
    weights.map(([weight]) => weight),
    'layers' in layer,
  )
  const byKey = new Map<string, NamedTensor>(weights.map(([, tensor], i) => [keys[i]!, tensor]))
  const isNamed =
    byKey.size === keys.length && layer.weights.every(({ originalName }) => byKey.has(originalName))
  // Wrappers name their weights otherwise in tfjs; both list them in the same order.
  layer.weights.forEach((variable, i) => {
    const tensor = isNamed ? byKey.get(variable.originalName)! : weights[i]![1]
    assign(variable, isNamed ? variable.originalName : weights[i]![0], tensor)
  })
}

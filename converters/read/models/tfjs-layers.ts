/** A LayersModel as tfjs and its Python converter write it: topology and manifest in one json. */
import type { Files } from '../files.ts'
import { readLayerWeights } from '../tfjs-layers-model.ts'
import { type LayerEntry, translateModel } from './keras-config.ts'
import { assignByPath } from './keras3.ts'
import { assignByName, buildFilled } from './layers-model.ts'
import type { BareModel } from './model.ts'

/** @param content  the json   @throws ROE_LAYER_UNSUPPORTED, Error of one line */
export async function readLayersModel(files: Files, content: unknown): Promise<BareModel> {
  const { modelTopology } = content as { modelTopology?: { model_config?: unknown } | null }
  if (modelTopology === null || typeof modelTopology !== 'object')
    throw new Error('it holds weights alone, no topology')
  const entry = (modelTopology.model_config ?? modelTopology) as LayerEntry
  // Keras 3 says where classes are from; tfjs itself cannot read such a topology.
  const topology = translateModel(entry, 'module' in entry ? 'keras3' : 'tfjs')
  const tensors = await readLayerWeights(files, content)
  const isByPath = tensors.length > 0 && tensors.every(([name]) => /(^|\/)vars\/\d+$/.test(name))
  const values = tensors.map(([, tensor]) => tensor)
  return buildFilled(topology, values, (model) =>
    isByPath ? assignByPath(model, entry, tensors) : assignByName(model, tensors),
  )
}

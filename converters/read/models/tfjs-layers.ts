/** A LayersModel as tfjs and its Python converter write it: topology and manifest in one json. */
import type { Files } from '../files.ts'
import { readLayerWeights } from '../tfjs-layers-model.ts'
import { type LayerEntry, translateModel } from './keras-config.ts'
import { assignByPath } from './keras3.ts'
import { assignByName, buildFilled } from './layers-model.ts'
import type { BareModel } from './model.ts'

interface TfjsTopology {
  model_config?: unknown
  keras_version?: unknown
}

/** Of training, in the paths of Keras 3. */
const LEFT_BEHIND = /^optimizer\/|(^|\/)seed_generator\//

/** @param content  the json   @throws ROE_LAYER_UNSUPPORTED, Error of one line */
export async function readLayersModel(files: Files, content: unknown): Promise<BareModel> {
  const { modelTopology } = content as { modelTopology?: TfjsTopology | null }
  if (modelTopology === null || typeof modelTopology !== 'object')
    throw new Error('it holds weights alone, no topology')
  const entry = (modelTopology.model_config ?? modelTopology) as LayerEntry
  // tensorflowjs takes away where Keras 3 says that classes are from, and leaves its version.
  const isKeras3 = 'module' in entry || String(modelTopology.keras_version).startsWith('3.')
  const topology = translateModel(entry, isKeras3 ? 'keras3' : 'tfjs')
  const tensors = (await readLayerWeights(files, content)).filter(([name]) => !LEFT_BEHIND.test(name))
  const isByPath = tensors.length > 0 && tensors.every(([name]) => /(^|\/)vars\/\d+$/.test(name))
  const values = tensors.map(([, tensor]) => tensor)
  return buildFilled(topology, values, (model) =>
    isByPath ? assignByPath(model, entry, tensors) : assignByName(model, tensors),
  )
}

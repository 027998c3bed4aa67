/** Weights of a tfjs LayersModel on disk: model.json, and the shards that its weightsManifest names. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { problemOf, RoentgenError } from '../../errors.ts'
import type { NamedTensor, NamedTensors } from '../tensor.ts'
import { byteSize, decodeWeight } from './decode-weights.ts'
import { type Files, folderFiles } from './files.ts'
import { firstIssue, isGraphModel, LAYERS_MANIFEST, layOut, readJson, readShards } from './manifest.ts'
import { weightKey } from './weight-key.ts'

/** Reads all weights of a LayersModel, quantized ones as the numbers they stand for.
 *  @param path  the folder, or the json itself   @throws ROE_WEIGHTS_FORMAT */
export async function readTfjsWeights(path: string): Promise<NamedTensors> {
  const isFolder = (await stat(path)).isDirectory()
  const files = await folderFiles(isFolder ? path : dirname(path))
  let where = path
  try {
    const name = isFolder ? findJson(files.names) : basename(path)
    if (isFolder) where = join(path, name)
    const content = await readJson(files, name)
    if (isGraphModel(content))
      throw new Error('it is a GraphModel; weights by layer name come only from a LayersModel')
    const tensors = new Map<string, NamedTensor>()
    for (const [raw, tensor] of await readLayerWeights(files, content)) {
      const key = weightKey(raw)
      if (tensors.has(key)) throw new Error(`weight '${key}' is there twice`)
      tensors.set(key, tensor)
    }
    return tensors
  } catch (cause) {
    throw new RoentgenError('ROE_WEIGHTS_FORMAT', { where, problem: problemOf(cause) }, { cause })
  }
}

/** model.json, or the only .json. */
function findJson(names: readonly string[]): string {
  const found = names.filter((name) => name.endsWith('.json'))
  const name = found.includes('model.json') ? 'model.json' : found[0]
  if (name === undefined) throw new Error('it is not a model folder: there is no .json file in it')
  if (name !== 'model.json' && found.length > 1)
    throw new Error(`it has several .json files and none is model.json: ${found.join(', ')}; name one`)
  return name
}

/** The weights of the layers under the names of the file; an optimizer's are left out.
 *  @param content  the json   @throws Error of one line */
export async function readLayerWeights(files: Files, content: unknown): Promise<[string, NamedTensor][]> {
  const parsed = LAYERS_MANIFEST.safeParse(content)
  if (!parsed.success) throw new Error(`it is no LayersModel: ${firstIssue(parsed.error)}`)
  const tensors: [string, NamedTensor][] = []
  for (const { paths, weights } of parsed.data.weightsManifest) {
    const wanted = weights.reduce((sum, spec) => sum + byteSize(spec), 0)
    const bytes = await readShards(files, paths, wanted)
    for (const { spec, range } of layOut(weights))
      if (spec.group !== 'optimizer') tensors.push([spec.name, decodeWeight(spec, bytes.subarray(...range))])
  }
  return tensors
}

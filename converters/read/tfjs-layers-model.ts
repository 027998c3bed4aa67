/** Weights of a tfjs LayersModel on disk: model.json, and the shards that its weightsManifest names.
 *  The paths in a manifest are not trusted: nothing outside the folder is read. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { problemOf, RoentgenError } from '../../errors.ts'
import type { NamedTensor, NamedTensors } from '../tensor.ts'
import { byteSize, decodeWeight, type WeightSpec } from './decode-weights.ts'
import { weightKey } from './weight-key.ts'

const size = z.int().nonnegative()

const weightSpec = z.object({
  name: z.string().min(1),
  shape: z.array(size),
  dtype: z.enum(['float32', 'int32']),
  quantization: z
    .object({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .optional(),
  group: z.string().optional(),
})

const modelJson = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string()).min(1), weights: z.array(weightSpec) })),
})

type Group = z.infer<typeof modelJson>['weightsManifest'][number]

/** Reads all weights of a LayersModel, quantized ones as the numbers they stand for.
 *  @param path  the folder, or the json itself   @throws ROE_WEIGHTS_FORMAT */
export async function readTfjsWeights(path: string): Promise<NamedTensors> {
  const jsonPath = await findJson(path)
  const json = await parseJson(jsonPath)
  const tensors = new Map<string, NamedTensor>()
  for (const group of json.weightsManifest) {
    const bytes = await readGroup(jsonPath, group)
    for (const { spec, range } of layOut(group.weights)) {
      if (spec.group === 'optimizer') continue
      const key = weightKey(spec.name)
      if (tensors.has(key)) throw refuse(jsonPath, `weight '${key}' is there twice`)
      tensors.set(key, decodeWeight(spec, bytes.subarray(...range)))
    }
  }
  return tensors
}

/** model.json, or the only .json of the folder. */
async function findJson(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return path
  const found = (await readdir(path)).filter((name) => name.endsWith('.json')).sort()
  const name = found.includes('model.json') ? 'model.json' : found[0]
  if (name === undefined) throw refuse(path, 'it is not a model folder: there is no .json file in it')
  if (name !== 'model.json' && found.length > 1)
    throw refuse(path, `it has several .json files and none is model.json: ${found.join(', ')}; name one`)
  return join(path, name)
}

async function parseJson(path: string): Promise<z.infer<typeof modelJson>> {
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw refuse(path, `it is not readable JSON (${problemOf(cause)})`, cause)
  }
  if (isGraphModel(content))
    throw refuse(path, 'it is a GraphModel; weights by layer name come only from a LayersModel')
  const parsed = modelJson.safeParse(content)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw refuse(path, `it is no LayersModel: ${issue?.path.join('.')}: ${issue?.message}`)
}

function isGraphModel(content: unknown): boolean {
  const { format, modelTopology } = (content ?? {}) as {
    format?: unknown
    modelTopology?: { node?: unknown }
  }
  return format === 'graph-model' || modelTopology?.node !== undefined
}

/** The shards of a group in one buffer; their sizes are compared with the manifest before any is read. */
async function readGroup(jsonPath: string, { paths, weights }: Group): Promise<Uint8Array> {
  const wanted = weights.reduce((sum, spec) => sum + byteSize(spec), 0)
  const files = paths.map((path) => shardPath(jsonPath, path))
  let found = 0
  for (const file of files) {
    const entry = await stat(file).catch((cause: unknown) => {
      throw refuse(jsonPath, `shard '${basename(file)}' is missing`, cause)
    })
    if (!entry.isFile()) throw refuse(jsonPath, `shard '${basename(file)}' is not a file`)
    found += entry.size
  }
  if (found !== wanted)
    throw refuse(jsonPath, `${shardText(paths)} ${found} bytes, the manifest needs ${wanted}`)
  const bytes = new Uint8Array(wanted)
  let offset = 0
  for (const file of files) {
    const shard = await readFile(file).catch((cause: unknown) => {
      throw refuse(jsonPath, `shard '${basename(file)}' cannot be read (${problemOf(cause)})`, cause)
    })
    if (offset + shard.length > wanted) throw refuse(jsonPath, `shard '${basename(file)}' changed while read`)
    bytes.set(shard, offset)
    offset += shard.length
  }
  if (offset !== wanted) throw refuse(jsonPath, `${shardText(paths)} changed while they were read`)
  return bytes
}

function shardPath(jsonPath: string, path: string): string {
  if (isAbsolute(path) || /^[a-z][a-z0-9+.-]*:/i.test(path) || path.split(/[\\/]/).includes('..'))
    throw refuse(jsonPath, `shard '${path}' is outside the model's folder; it is not read`)
  return join(dirname(jsonPath), path)
}

/** Where each weight lies in its group. */
function layOut(weights: readonly WeightSpec[]): { spec: WeightSpec; range: [number, number] }[] {
  let end = 0
  return weights.map((spec) => {
    const start = end
    end += byteSize(spec)
    return { spec, range: [start, end] }
  })
}

const shardText = (paths: readonly string[]): string =>
  paths.length === 1 ? `shard '${paths[0]}' has` : `shards '${paths[0]}' to '${paths.at(-1)}' have`

const refuse = (where: string, problem: string, cause?: unknown): RoentgenError =>
  new RoentgenError('ROE_WEIGHTS_FORMAT', { where, problem }, { cause })

/** The weights that a tfjs model.json lists, out of the shards that its manifest names. Plain errors, of one line. */

import { basename } from 'node:path'
import { z } from 'zod'
import { problemOf } from '../../errors.ts'
import { DamagedFile } from './damage.ts'
import { byteSize, type WeightSpec } from './decode-weights.ts'
import { type Files, leadsOut } from './files.ts'

const size = z.int().nonnegative()

const quantization = z
  .object({
    dtype: z.enum(['uint8', 'uint16', 'float16']),
    scale: z.number().optional(),
    min: z.number().optional(),
  })
  .optional()

/** Numbers, as layers have them. */
const layerWeight = z.object({
  name: z.string().min(1),
  shape: z.array(size),
  dtype: z.enum(['float32', 'int32']),
  quantization,
  group: z.string().optional(),
})

const manifestOf = <Spec extends z.ZodType>(spec: Spec) =>
  z.object({ weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(spec) })) })

/** What a LayersModel's json says of its weights. */
export const LAYERS_MANIFEST = manifestOf(layerWeight)
/** Of a GraphModel's: truth values and texts besides. */
export const GRAPH_MANIFEST = manifestOf(
  layerWeight.extend({ dtype: z.enum(['float32', 'int32', 'bool', 'string', 'complex64']) }),
)

/** The first thing that a schema does not like, as words. */
export const firstIssue = (error: z.ZodError): string => {
  const [issue] = error.issues
  return `${issue?.path.join('.')}: ${issue?.message}`
}

/** The json of a tfjs model. @throws Error */
export async function readJson(files: Files, name: string): Promise<unknown> {
  try {
    if ((await files.size(name)) === undefined) throw new Error('there is no such file')
    return JSON.parse(Buffer.from(await files.read(name)).toString('utf8'))
  } catch (cause) {
    if (cause instanceof DamagedFile) throw cause
    throw new Error(`it is not readable JSON (${problemOf(cause)})`, { cause })
  }
}

export const isGraphModel = (content: unknown): boolean => {
  const { format, modelTopology } = (content ?? {}) as {
    format?: unknown
    modelTopology?: { node?: unknown } | null
  }
  return format === 'graph-model' || modelTopology?.node !== undefined
}

/** The shards of a group in one piece; their sizes are compared with the manifest before any is read.
 *  @param wanted  bytes of all weights; undefined where texts are among them, whose size is not said
 *  @throws Error with the shard's name */
export async function readShards(
  files: Files,
  paths: readonly string[],
  wanted: number | undefined,
): Promise<Uint8Array> {
  const sizes: number[] = []
  for (const path of paths) {
    if (leadsOut(path)) throw new Error(`shard '${path}' is outside the model's folder; it is not read`)
    const found = await files.size(path)
    if (found === undefined) throw new Error(`shard '${basename(path)}' is missing`)
    sizes.push(found)
  }
  const total = sizes.reduce((sum, one) => sum + one, 0)
  if (wanted !== undefined && total !== wanted)
    throw new Error(`${shardText(paths)} ${total} bytes, the manifest needs ${wanted}`)
  const bytes = new Uint8Array(total)
  let offset = 0
  for (const [i, path] of paths.entries()) {
    const shard = await files.read(path).catch((cause: unknown) => {
      if (cause instanceof DamagedFile) throw cause
      throw new Error(`shard '${basename(path)}' cannot be read (${problemOf(cause)})`, { cause })
    })
    if (shard.length !== sizes[i]) throw new Error(`shard '${basename(path)}' changed while it was read`)
    bytes.set(shard, offset)
    offset += shard.length
  }
  return bytes
}

/** Where each weight of a group lies in it. */
export function layOut<Spec extends WeightSpec>(
  weights: readonly Spec[],
): { spec: Spec; range: [number, number] }[] {
  let end = 0
  return weights.map((spec) => {
    const start = end
    end += byteSize(spec)
    return { spec, range: [start, end] }
  })
}

const shardText = (paths: readonly string[]): string =>
  paths.length === 1 ? `shard '${paths[0]}' has` : `shards '${paths[0]}' to '${paths.at(-1)}' have`

/** Weights beside the model: what protobuf cannot hold (a message ends at 2 GB) lies in `NAME.onnx.data`, as ONNX says it.
 *  ONNX Runtime finds it when it opens the model by its path. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { TensorProto_DataLocation } from './generated/onnx_pb.ts'
import type { DecodedModel } from './header.ts'

/** Bytes of weights that a model holds itself; protobuf's own limit is 2^31 - 1 for all of it. */
export const MOST_INLINE = 2_000_000_000
/** Smaller constants stay in the model: shapes, axes, scalars. */
export const LEAST_APART = 1024
/** ONNX Runtime maps weights into memory where they begin at a page, of 64 KB at most. */
const PAGE = 65_536

/** The name of the file beside a model. */
export const dataPath = (model: string): string => `${model}.data`

export interface Place {
  location: string
  offset: number
  length: number
}

/** Where each of `sizes` lies in the file, in their order. */
export function placesOf(sizes: readonly number[], location: string): Place[] {
  let end = 0
  return sizes.map((length) => {
    const offset = Math.ceil(end / PAGE) * PAGE
    end = offset + length
    return { location, offset, length }
  })
}

/** Bytes that each file beside the model must have. */
function neededBytes({ graph }: DecodedModel): Map<string, number> {
  const needed = new Map<string, number>()
  for (const { dataLocation, externalData } of graph.initializer) {
    if (dataLocation !== TensorProto_DataLocation.EXTERNAL) continue
    const said = new Map(externalData.map(({ key, value }) => [key, value ?? '']))
    const location = said.get('location') ?? ''
    const end = Number(said.get('offset') ?? 0) + Number(said.get('length') ?? 0)
    needed.set(location, Math.max(end, needed.get(location) ?? 0))
  }
  return needed
}

/** Makes sure that a model's weights are where it says.
 *  @returns the files that hold them   @throws ROE_MODEL_INVALID */
export async function requireData(model: DecodedModel, path: string): Promise<string[]> {
  const files: string[] = []
  for (const [location, bytes] of neededBytes(model)) {
    const refuse = (problem: string) => new RoentgenError('ROE_MODEL_INVALID', { where: path, problem })
    if (location === '' || basename(location) !== location || location === '..')
      throw refuse(`its weights lie in '${location}', outside its folder, and are not read`)
    const file = join(dirname(path), location)
    const found = await stat(file).catch(() => undefined)
    if (found === undefined)
      throw refuse(`its weights, '${location}', are not beside it: put both into one folder`)
    if (found.size < bytes)
      throw refuse(`its weights, '${location}', have ${found.size} bytes instead of ${bytes}: it was cut off`)
    files.push(file)
  }
  return files
}

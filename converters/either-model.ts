/** A path may name an ONNX file, which has no signature, or what `read-model.ts` reads: what no reader of those knows is
 *  taken for ONNX. */
import { stat } from 'node:fs/promises'
import { hasCode } from '../errors.ts'

/** Calls the one of the two that fits what `path` holds.
 *  @throws what `ofSource` says of it where it is neither */
export async function eitherModel<T>(
  path: string,
  ofSource: (path: string) => Promise<T>,
  ofOnnx: (path: string) => Promise<T>,
): Promise<T> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (/\.onnx$/i.test(path) && !isFolder) return await ofOnnx(path)
  try {
    return await ofSource(path)
  } catch (error) {
    if (isFolder || !hasCode(error, 'ROE_MODEL_FORMAT')) throw error
    return await ofOnnx(path).catch(() => {
      throw error
    })
  }
}

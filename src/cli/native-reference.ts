/** Where TensorFlow is installed, tfjs computes with it what models are compared with: VGG16 in a tenth of the time. */
import { findNative } from '../native/find.ts'
import { loadTensorflow } from '../native/load-tensorflow.ts'

/** Registers it in this process. Where it is not there or does not load, tfjs' own backends compute, and the comparison says
 *  which one did.
 *  @returns whether it is loaded */
export async function useNativeReference(): Promise<boolean> {
  const found = await findNative('tensorflow')
  if ('missing' in found) return false
  return await loadTensorflow(found.folder).then(
    () => true,
    () => false,
  )
}

/** Where TensorFlow is installed, tfjs computes with it what models are compared with: VGG16 in a tenth of the time. */
import { problemOf } from '../../errors.ts'
import { findNative } from '../native/find.ts'
import { loadTensorflow } from '../native/load-tensorflow.ts'

/** What becomes of a part: loaded, not installed, or passed over. */
type Native = { is: 'loaded' } | { is: 'missing' } | { is: 'broken'; problem: string }

/** Registers it in this process, which a library that was damaged may end. Where it is not there or does not load, tfjs' own
 *  backends compute, and the comparison says which one did. */
export async function useNativeReference(): Promise<Native> {
  const found = await findNative('tensorflow')
  if ('missing' in found) return { is: 'missing' }
  return await loadTensorflow(found.folder).then(
    () => ({ is: 'loaded' }) as const,
    (error: unknown) => ({ is: 'broken', problem: problemOf(error) }) as const,
  )
}

/** Where TensorFlow is installed, tfjs computes with it what models are compared with: VGG16 in a tenth of the time. */
import { useWasmThreads } from '../../converters/wasm-threads.ts'
import { problemOf } from '../../errors.ts'
import { findNative } from './find.ts'
import { loadTensorflow } from './load-tensorflow.ts'

/** What becomes of a part: loaded, not installed, or passed over. */
type Native = { is: 'loaded' } | { is: 'missing' } | { is: 'broken'; problem: string }

/** Registers the fastest backend that there is in this process: TensorFlow, which may end it where the library was damaged,
 *  or WebAssembly on all cores. The comparison says which one computed.
 *  @param withNative  whether TensorFlow is tried
 *  @returns why TensorFlow is passed over, where it is installed and does not load */
export async function useFastest(withNative: boolean): Promise<string | null> {
  const native = withNative ? await useNative() : ({ is: 'missing' } as const)
  if (native.is !== 'loaded') await useWasmThreads()
  return native.is === 'broken' ? native.problem : null
}

async function useNative(): Promise<Native> {
  const found = await findNative('tensorflow')
  if ('missing' in found) return { is: 'missing' }
  return await loadTensorflow(found.folder).then(
    () => ({ is: 'loaded' }) as const,
    (error: unknown) => ({ is: 'broken', problem: problemOf(error) }) as const,
  )
}

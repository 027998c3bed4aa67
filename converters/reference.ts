/** The tfjs backend that computes what an exported model is compared with: the fastest that is there. */
import * as tf from '@tensorflow/tfjs-core'

/** An optional peer: its name is not written into the import, so that types and bundlers do not ask for it. */
const NATIVE = '@tensorflow/tfjs-node'

/** Fastest first: tfjs-node where it is installed, then WebAssembly, then plain JavaScript. */
const BACKENDS: readonly { name: string; load: () => Promise<unknown> }[] = [
  { name: 'tensorflow', load: () => import(NATIVE) },
  { name: 'wasm', load: () => import('@tensorflow/tfjs-backend-wasm') },
  { name: 'cpu', load: () => import('@tensorflow/tfjs-backend-cpu') },
]

/** Runs `body` on the fastest backend, then gives back the one that was set. */
export async function onReference<T>(body: () => Promise<T>): Promise<T> {
  const before = tf.getBackend()
  await useFastest()
  try {
    return await body()
  } finally {
    await tf.setBackend(before)
  }
}

async function useFastest(): Promise<void> {
  for (const { name, load } of BACKENDS) {
    await load().catch(() => undefined)
    if (tf.findBackendFactory(name) !== null && (await tf.setBackend(name))) return
  }
}

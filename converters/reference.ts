/** The tfjs backend that computes what an exported model is compared with: the fastest that is there. */
import * as tf from '@tensorflow/tfjs-core'

/** Fastest first: tfjs-node where the program has loaded it, then WebAssembly, then plain JavaScript. */
const BACKENDS: readonly { name: string; load: () => Promise<unknown> }[] = [
  { name: 'tensorflow', load: async () => undefined },
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

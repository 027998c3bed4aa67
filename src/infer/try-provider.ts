/** Whether a provider runs here: only opening a session tells, and that may abort the process, so another one tries. */
import { Draft } from '../../converters/graph/draft.ts'
import { DTYPE_NUMBERS } from '../../converters/graph/operators.ts'
import { encodeModel } from '../../converters/onnx/encode.ts'
import { errorOf } from './failure.ts'
import type { ProviderName } from './providers.ts'
import { WorkerProcess } from './worker-process.ts'

/** A driver that says nothing for so long is not there. */
const PATIENCE = { openMs: 20_000, jobMs: 20_000 }

/** Opens the smallest of models on a provider, in a process of its own.
 *  @returns null when it opens, else what went wrong */
export async function tryProvider(provider: ProviderName): Promise<string | null> {
  const models = [{ model: smallestModel(), preprocessing: { version: 1 as const, steps: [] } }]
  const worker = new WorkerProcess({ models, provider, threads: 1, batch: 1 }, PATIENCE)
  try {
    const message = await worker.next()
    if (message.is === 'ready') return null
    if (message.is === 'died') return `the process that tried it died (${message.problem})`
    return message.is === 'stopped' ? errorOf(message.error).reason : message.is
  } finally {
    worker.stop()
  }
}

/** One pixel in, the same pixel as a float out. */
function smallestModel(): Uint8Array {
  const draft = new Draft()
  draft.input('film', { dtype: 'uint8', shape: [1, 1, 1, 1] })
  draft.outputs = [draft.add('Cast', ['film'], { to: DTYPE_NUMBERS.float32 }, 'same')]
  return encodeModel(draft.freeze())
}

/** Whether a provider runs here: only opening a session tells, and that may abort the process, so another one tries. */
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProto_DataType } from '../../converters/onnx/generated/onnx_pb.ts'
import { errorOf } from './failure.ts'
import type { ProviderName } from './providers.ts'
import { WorkerProcess } from './worker-process.ts'

/** A driver that says nothing for so long is not there. */
const PATIENCE_MS = 20_000

/** Opens the smallest of models on a provider, in a process of its own.
 *  @returns null when it opens, else what went wrong */
export async function tryProvider(provider: ProviderName): Promise<string | null> {
  const worker = new WorkerProcess({
    model: smallestModel(),
    preprocessing: { version: 1, steps: [] },
    provider,
    threads: 1,
    batch: 1,
  })
  const timer = setTimeout(() => worker.stop(), PATIENCE_MS)
  try {
    const message = await worker.next()
    if (message.is === 'ready') return null
    if (message.is === 'died') return `the process that tried it died (${message.problem})`
    return message.is === 'stopped' ? errorOf(message.error).reason : message.is
  } finally {
    clearTimeout(timer)
    worker.stop()
  }
}

/** One pixel in, the same pixel as a float out. */
function smallestModel(): Uint8Array {
  const { UINT8, FLOAT } = TensorProto_DataType
  const value = (name: string, elemType: number) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: {
          elemType,
          shape: { dim: [1n, 1n, 1n, 1n].map((value) => ({ value: { case: 'dimValue' as const, value } })) },
        },
      },
    },
  })
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'pixel',
      node: [
        {
          opType: 'Cast',
          input: ['film'],
          output: ['same'],
          attribute: [{ name: 'to', type: 2, i: BigInt(FLOAT) }],
        },
      ],
      input: [value('film', UINT8)],
      output: [value('same', FLOAT)],
    },
  })
  return toBinary(ModelProtoSchema, model)
}

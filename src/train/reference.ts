/** The trained network once more, in a process of its own, where tfjs computes what the export is compared with on the
 *  fastest backend there is, while ONNX Runtime runs the file. The process is kept for the next export (the next fold). */
import { builtFile, DiedApart } from '../../converters/apart.ts'
import type { Feed, Reference } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import { type ScalingName, type WeightTensor, weightsByKey } from '../../models/index.ts'
import { FastestApart, type Opened, type Opening } from '../native/fastest-apart.ts'
import type { Network } from './network.ts'

/** The network as plain data. */
export interface SentNetwork {
  /** As tfjs-layers writes it. */
  topology: object
  weights: ReadonlyMap<string, WeightTensor>
  scaling: ScalingName
}

interface OpenRequest extends SentNetwork {
  is: 'open'
}

export type TrainedRequest =
  | (OpenRequest & Opening)
  | { is: 'run'; feeds: readonly Feed[]; doubted: readonly string[] | undefined }
  | { is: 'close' }

const ENTRY = builtFile('reference-worker', import.meta.url, 2)

let idle: FastestApart | undefined

/** Lets `work` compare with the network as it is now.
 *  @param note  told where TensorFlow is installed and does not work */
export async function withReference<Result>(
  network: Network,
  note: (line: string) => void,
  work: (reference: Reference) => Promise<Result>,
): Promise<Result> {
  const request: OpenRequest = { is: 'open', ...(await sent(network)) }
  const apart = idle?.isAlive ? idle : new FastestApart(ENTRY)
  idle = undefined
  const opened = apart.open<Opened>(request, note)
  // Who asks for a reference hears of it.
  opened.catch(() => {})
  const ask = <Answer>(asked: TrainedRequest): Promise<Answer> => apart.ask<Answer>(asked)
  try {
    const result = await work((feeds, doubted) =>
      opened
        .then(() => ask<Awaited<ReturnType<Reference>>>({ is: 'run', feeds, doubted }))
        .catch((error: unknown) => {
          throw internal(error)
        }),
    )
    await ask({ is: 'close' }).then(
      () => {
        idle = apart
      },
      () => apart.dismiss(),
    )
    return result
  } catch (error) {
    apart.dismiss()
    throw error
  }
}

async function sent({ model, scaling }: Network): Promise<SentNetwork> {
  const weights = new Map<string, WeightTensor>()
  for (const [key, weight] of weightsByKey(model)) {
    const data = await weight.read().data<'float32'>()
    weights.set(key, { shape: weight.shape as number[], data })
  }
  return { topology: model.toJSON(null, false) as object, weights, scaling }
}

function internal(error: unknown): unknown {
  if (!(error instanceof DiedApart)) return error
  const problem = `tfjs, which computes what the export is compared with: ${error.message}`
  return new RoentgenError('ROE_INTERNAL', { where: 'the export', problem }, { cause: error })
}

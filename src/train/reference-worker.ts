/** The process in which tfjs computes what a trained network gives: see `reference.ts`. */
import { strict as assert } from 'node:assert'
import '@tensorflow/tfjs-backend-cpu'
import { enableProdMode, setBackend } from '@tensorflow/tfjs-core'
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers'
import { answerRequests } from '../../converters/apart.ts'
import type { RecordedFunction } from '../../converters/index.ts'
import { referenceOf } from '../../converters/reference.ts'
import { applyWeights } from '../../models/index.ts'
import type { Opened } from '../native/fastest-apart.ts'
import { useFastest } from '../native/use-fastest.ts'
import { exportedOf } from './exported.ts'
import type { SentNetwork, TrainedRequest } from './reference.ts'

let opened: { model: LayersModel; run: RecordedFunction } | undefined

async function open({ topology, weights, scaling }: SentNetwork): Promise<typeof opened> {
  enableProdMode()
  // Weights are built here, whatever else is loaded to compute with them.
  await setBackend('cpu')
  // Without weights tfjs fills the layers with zeros instead of drawing numbers.
  const model = await loadLayersModel({ load: async () => ({ modelTopology: topology }) })
  applyWeights(model, weights)
  return { model, run: exportedOf(model, scaling).exported }
}

function close(): void {
  for (const { weights } of opened?.model.layers ?? []) for (const weight of weights) weight.dispose()
  opened = undefined
}

answerRequests<TrainedRequest>(async (request) => {
  if (request.is === 'open') {
    const [read, problem] = await Promise.all([open(request), useFastest(request.withNative)])
    opened = read
    return { problem } satisfies Opened
  }
  if (request.is === 'close') return close()
  assert(opened !== undefined, 'a network is opened before it runs')
  return await referenceOf(opened.run)(request.feeds, request.doubted)
})

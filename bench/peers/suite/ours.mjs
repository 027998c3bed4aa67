/** Our own session, by the protocol of the peers. */
import { loadEngine } from '../../../dist/converters/onnx/onnxruntime.js'
import { openSession } from '../../../dist/src/infer/session.js'
import { report, task } from './peer.mjs'

const { version } = await loadEngine()
const { batch, threads } = task
const session = await openSession(task.onnx, { batch, threads })
await report({ version, threads }, async (pixels) => {
  const { probabilities } = await session.run(pixels, batch)
  return probabilities
})

/** ONNX Runtime in WebAssembly, with threads. */
import { readFileSync } from 'node:fs'
import { env, InferenceSession, Tensor } from 'onnxruntime-web'
import { report, task } from './peer.mjs'

const { batch, height, width, channels, threads } = task
env.wasm.numThreads = threads
env.logLevel = 'fatal'
const session = await InferenceSession.create(readFileSync(task.onnx), { graphOptimizationLevel: 'all' })
await report({ version: env.versions.web, threads }, async (pixels) => {
  const film = new Tensor('uint8', pixels, [batch, height, width, channels])
  return (await session.run({ film })).probabilities.data
})

/** TensorFlow.js on one of its backends: `cpu` and `wasm` as npm brings them (one thread in Node), `tensorflow` is tfjs-node on
 *  the native part. The scaling that stands in the ONNX file is computed here. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import '../../../dist/models/index.js'
import { findNative } from '../../../dist/src/native/find.js'
import { loadTensorflow } from '../../../dist/src/native/load-tensorflow.js'
import { report, task } from './peer.mjs'

const { batch, height, width, channels, scale, offset, backend } = task

async function openBackend() {
  if (backend === 'tensorflow') {
    process.env.TF_NUM_INTRAOP_THREADS = String(task.threads)
    const found = await findNative('tensorflow')
    if ('missing' in found) throw new Error(found.missing)
    const { version } = await loadTensorflow(found.folder)
    return { version: `4.22.0 on ${version}`, threads: task.threads }
  }
  const { version } = createRequire(import.meta.url)(`@tensorflow/tfjs-backend-${backend}/package.json`)
  return { version, threads: 1 }
}

function artifacts() {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(task.tfjs, 'utf8'))
  const [{ paths, weights: weightSpecs }] = weightsManifest
  const data = readFileSync(join(dirname(task.tfjs), paths[0]))
  const weightData = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)
  return { modelTopology, weightSpecs, weightData }
}

const about = await openBackend()
if (!(await tf.setBackend(backend))) throw new Error(`tfjs cannot compute on ${backend}`)
const model = await loadLayersModel({ load: async () => artifacts() })
await report(about, async (pixels) => {
  const probabilities = tf.tidy(() => {
    const films = tf.cast(tf.tensor4d(pixels, [batch, height, width, channels], 'int32'), 'float32')
    return model.predict(tf.add(tf.mul(films, scale), offset), { batchSize: batch })
  })
  const data = await probabilities.data()
  probabilities.dispose()
  return data
})

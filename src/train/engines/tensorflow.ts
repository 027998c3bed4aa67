/** TensorFlow's own kernels, called by tfjs-node: the native part, or npm's package. */
import * as tf from '@tensorflow/tfjs-core'
import { findNative } from '../../native/find.ts'
import { loadTensorflow } from '../../native/load-tensorflow.ts'
import type { EngineRow } from './engine.ts'
import { comeHome } from './home.ts'
import { registerTensorflowKernels } from './tensorflow-kernels.ts'

export const TENSORFLOW = {
  name: 'tensorflow',
  describe: "TensorFlow's own kernels, on all cores or an NVIDIA GPU",
  async available() {
    const found = await findNative('tensorflow')
    return 'missing' in found ? found.missing : true
  },
  async open() {
    const found = await findNative('tensorflow')
    if ('missing' in found) throw new Error(found.missing)
    const { version, device } = await loadTensorflow(found.folder)
    registerTensorflowKernels()
    await tf.setBackend('tensorflow')
    return { name: 'tensorflow', version, device, close: comeHome }
  },
} as const satisfies EngineRow

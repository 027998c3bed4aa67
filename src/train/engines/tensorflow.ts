/** TensorFlow's own kernels, called by tfjs-node: the native part, or an installed `@tensorflow/tfjs-node`. */
import * as tf from '@tensorflow/tfjs-core'
import { problemOf } from '../../../errors.ts'
import type { EngineRow } from './engine.ts'
import { comeHome } from './home.ts'
import { registerTensorflowKernels, type TensorflowBackend } from './tensorflow-kernels.ts'

/** An optional peer: its name is not written into the import, so that types and bundlers do not ask for it. */
const PACKAGE = '@tensorflow/tfjs-node'

export const TENSORFLOW = {
  name: 'tensorflow',
  describe: "TensorFlow's own kernels, on all cores or an NVIDIA GPU",
  async available() {
    // Else it tells of what it was not built with. What fails is thrown.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '3'
    try {
      await import(PACKAGE)
      return true
    } catch (error) {
      return `${PACKAGE} does not load (${problemOf(error)})`
    }
  },
  async open() {
    await tf.setBackend('tensorflow')
    registerTensorflowKernels()
    const { binding, isUsingGpuDevice } = tf.backend() as unknown as TensorflowBackend
    return {
      name: 'tensorflow',
      version: binding.TF_Version,
      device: isUsingGpuDevice ? 'an NVIDIA GPU' : 'all cores',
      close: comeHome,
    }
  },
} as const satisfies EngineRow

/** TensorFlow's own kernels, called by tfjs-node: the native part, or npm's package. */
import { problemOf } from '../../../errors.ts'
import { findNative } from '../../native/find.ts'
import { loadTensorflow } from '../../native/load-tensorflow.ts'
import { PARTS } from '../../native/parts.ts'
import type { EngineRow } from './engine.ts'
import { comeHome, computeOn } from './home.ts'
import { registerTensorflowKernels } from './tensorflow-kernels.ts'

export const TENSORFLOW = {
  name: 'tensorflow',
  describe: "TensorFlow's own kernels, on all cores or an NVIDIA GPU",
  async available() {
    const found = await findNative('tensorflow')
    if ('missing' in found) return found.missing
    // In a process of its own: a library that was damaged since would end this one, without a word.
    return PARTS.tensorflow.prove(found.folder).then(
      () => true as const,
      (error: unknown) =>
        `it does not work (${problemOf(error)}); run roentgen native install tensorflow again`,
    )
  },
  async open() {
    const found = await findNative('tensorflow')
    if ('missing' in found) throw new Error(found.missing)
    const { version, device } = await loadTensorflow(found.folder)
    registerTensorflowKernels()
    await computeOn('tensorflow')
    return { name: 'tensorflow', version, device, close: comeHome }
  },
} as const satisfies EngineRow

/** Listens to the kernels that tfjs's operations call, on whatever backend. The same function calls the same ones in the
 *  same order on each, so that the i-th call of a recording is the i-th of a computation. */
import * as tf from '@tensorflow/tfjs-core'

/** @param onCall  hears of each call, behind it; may read the outputs at once, not keep them */
export function tapKernels<T>(onCall: (kernel: string, outputs: tf.Tensor[]) => void, body: () => T): T {
  const engine = tf.engine() as { runKernel: (name: string, ...rest: never[]) => tf.Tensor | tf.Tensor[] }
  const { runKernel } = engine
  const isOwn = Object.hasOwn(engine, 'runKernel')
  engine.runKernel = (name, ...rest) => {
    const outputs = runKernel.call(engine, name, ...rest)
    onCall(name, [outputs].flat())
    return outputs
  }
  try {
    return body()
  } finally {
    if (isOwn) engine.runKernel = runKernel
    else delete (engine as Partial<typeof engine>).runKernel
  }
}

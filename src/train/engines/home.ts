/** Where tfjs computes. What was trained is brought back from a device: tfjs moves tensors between backends by reading them at
 *  once, which a GPU does not allow. */
import * as tf from '@tensorflow/tfjs-core'

/** Moves all variables to tfjs' cpu backend, which is set from then on. */
export async function comeHome(): Promise<void> {
  const variables = Object.values(tf.engine().registeredVariables)
  const read = await Promise.all(variables.map((variable) => variable.data()))
  await tf.setBackend('cpu')
  for (const [i, variable] of variables.entries())
    tf.tidy(() => variable.assign(tf.tensor(read[i]!, variable.shape, variable.dtype)))
}

/** Has tfjs compute on a backend. @throws Error where that does not start, which tfjs only tells */
export async function computeOn(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`tfjs cannot compute on ${name}`)
}

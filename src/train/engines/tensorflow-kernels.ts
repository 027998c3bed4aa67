/** Kernels of TensorFlow that tfjs-node does not call: batch normalization in training, forth and back, as one kernel
 *  each; and gradients of activations, which tfjs makes of many. */
import * as tf from '@tensorflow/tfjs-core'
import { registerHostKernels } from './host-kernels.ts'

/** What we use of tfjs-node's backend. */
interface TensorflowBackend {
  binding: Readonly<
    Record<
      'TF_FLOAT' | 'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_ATTR_INT',
      number
    >
  >
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[]
}

interface Attribute {
  name: string
  type: number
  value: number | string | boolean
}

/** x, scale, offset -> y, mean and sample variance of the batch, and three outputs for the gradient. */
export const TRAIN_BATCH_NORM = 'TrainBatchNorm'
const TRAIN_BATCH_NORM_GRAD = 'TrainBatchNormGrad'

/** A kernel: its name, and the operation of TensorFlow with its inputs, in the order of TensorFlow.
 *  @source www.tensorflow.org/api_docs/cc: FusedBatchNormV3, FusedBatchNormGradV3, ReluGrad, Relu6Grad */
const KERNELS: Readonly<
  Record<
    string,
    (backend: TensorflowBackend, inputs: tf.NamedTensorInfoMap, epsilon: number) => tf.Tensor | tf.Tensor[]
  >
> = {
  [TRAIN_BATCH_NORM]: (backend, { x, scale, offset }, epsilon) => {
    const { binding } = backend
    // With a factor of 1 the averages that it moves are those of the batch; it must be given none then.
    const factor = { name: 'exponential_avg_factor', type: binding.TF_ATTR_FLOAT, value: 1 }
    const none = tf.tensor1d([])
    const attributes = [...batchNormAttributes(backend, epsilon), factor]
    return backend.executeMultipleOutputs(
      'FusedBatchNormV3',
      attributes,
      [x!, scale!, offset!, none, none],
      6,
    )
  },
  [TRAIN_BATCH_NORM_GRAD]: (backend, { dy, x, scale, r1, r2, r3 }, epsilon) =>
    backend
      .executeMultipleOutputs(
        'FusedBatchNormGradV3',
        batchNormAttributes(backend, epsilon),
        [dy!, x!, scale!, r1!, r2!, r3!],
        5,
      )
      .slice(0, 3),
  ReluGrad: (backend, { dy, x }) => activationGradient(backend, 'ReluGrad', [dy!, x!]),
  Relu6Grad: (backend, { dy, x }) => activationGradient(backend, 'Relu6Grad', [dy!, x!]),
}

function batchNormAttributes({ binding: b }: TensorflowBackend, epsilon: number): Attribute[] {
  return [
    { name: 'T', type: b.TF_ATTR_TYPE, value: b.TF_FLOAT },
    { name: 'U', type: b.TF_ATTR_TYPE, value: b.TF_FLOAT },
    { name: 'epsilon', type: b.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: b.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: b.TF_ATTR_BOOL, value: true },
  ]
}

const activationGradient = (
  backend: TensorflowBackend,
  operation: string,
  inputs: tf.TensorInfo[],
): tf.Tensor =>
  backend.executeMultipleOutputs(
    operation,
    [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }],
    inputs,
    1,
  )[0]!

let isRegistered = false

/** Registers the kernels, and the gradients that call them. May be called again. */
export function registerTensorflowKernels(): void {
  if (isRegistered) return
  isRegistered = true
  registerHostKernels()
  for (const [kernelName, run] of Object.entries(KERNELS))
    tf.registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, backend, attrs }) =>
        tf.tidy(() => run(backend as TensorflowBackend, inputs, (attrs?.epsilon as number) ?? 0)),
    })
  tf.registerGradient({
    kernelName: TRAIN_BATCH_NORM,
    inputsToSave: ['x', 'scale'],
    outputsToSave: [false, false, false, true, true, true],
    gradFunc: (dys, [x, scale, r1, r2, r3], attrs) => {
      const inputs = { dy: [dys].flat()[0]!, x, scale, r1, r2, r3 } as tf.NamedTensorMap
      const [dx, dScale, dOffset] = tf.engine().runKernel(TRAIN_BATCH_NORM_GRAD, inputs, attrs) as tf.Tensor[]
      return { x: () => dx!, scale: () => dScale!, offset: () => dOffset! }
    },
  })
  for (const kernelName of ['Relu', 'Relu6']) callGradientKernel(kernelName)
}

/** In the place of tfjs' gradient, where TensorFlow computes. */
function callGradientKernel(kernelName: string): void {
  const { gradFunc, ...config } = tf.getGradient(kernelName)
  tf.registerGradient({
    ...config,
    gradFunc: (dy, saved, attrs) => {
      if (tf.getBackend() !== 'tensorflow') return gradFunc(dy, saved, attrs)
      const inputs = { dy: dy as tf.Tensor, x: saved[0]! }
      return { x: () => tf.engine().runKernel(`${kernelName}Grad`, inputs) as tf.Tensor }
    },
  })
}

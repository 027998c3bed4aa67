/** What tfjs-node cannot compute, plain JavaScript does: kernels that it lacks, and those that TensorFlow refuses for some of
 *  their arguments (padding in numbers, channels first, comparison of strings). No backbone needs them. */
import * as tf from '@tensorflow/tfjs-core'
import { evaluate } from '../../../converters/record/host.ts'

/** Kernels of tfjs-node that refuse what tfjs allows. */
const REFUSING = [
  'AvgPool',
  'AvgPool3D',
  'AvgPoolGrad',
  'Conv2DBackpropFilter',
  'Conv2DBackpropInput',
  'Diag',
  'FusedConv2D',
  'Greater',
  'GreaterEqual',
  'LeakyRelu',
  'Less',
  'LessEqual',
  'MaxPool',
  'MaxPool3D',
  'MaxPoolGrad',
  'ScatterNd',
  'Step',
] as const

/** Registers them for the backend `tensorflow`. Once is enough. */
export function registerHostKernels(): void {
  const own = new Set(tf.getKernelsForBackend('tensorflow').map(({ kernelName }) => kernelName))
  for (const { kernelName } of tf.getKernelsForBackend('cpu'))
    if (!own.has(kernelName))
      tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc: onHost(kernelName) })
  for (const kernelName of REFUSING) {
    const { kernelFunc, ...config } = tf.getKernel(kernelName, 'tensorflow')
    const instead = onHost(kernelName)
    tf.unregisterKernel(kernelName, 'tensorflow')
    tf.registerKernel({ ...config, kernelFunc: (call) => tryBoth(kernelFunc, instead, call) })
  }
}

function tryBoth(
  native: tf.KernelFunc,
  instead: tf.KernelFunc,
  call: Parameters<tf.KernelFunc>[0],
): ReturnType<tf.KernelFunc> {
  try {
    // What it made until then is given back.
    return tf.tidy(() => native(call) as tf.Tensor)
  } catch {
    return instead(call)
  }
}

/** On copies, by tfjs' cpu backend. */
const onHost =
  (kernelName: string): tf.KernelFunc =>
  ({ inputs, attrs, backend }) => {
    const own = backend as tf.KernelBackend
    const outputs = evaluate(kernelName, inputs, attrs, (id) => own.readSync(id), kernelName)
    const infos = [outputs].flat().map(({ values, shape, dtype }) => ({
      dataId: own.write(values, shape, dtype),
      shape,
      dtype,
    }))
    return Array.isArray(outputs) ? infos : infos[0]!
  }

/** Evaluates a kernel whose inputs are all known, on tfjs's cpu backend: shape arithmetic of GraphModels, states that
 *  begin with zeros, strings. It works on copies, so that no tensor of the model moves. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { RoentgenError } from '../../errors.ts'

/** A tensor with its values; strings are bytes of UTF-8, as tfjs keeps them. */
export interface HostTensor {
  values: tf.BackendValues
  shape: number[]
  dtype: tf.DataType
}

/** Always this one, so that what is evaluated does not depend on the backend that happens to be set. */
const HOST = 'cpu'

/** @param read  the values of an input
 *  @param place  what errors name
 *  @returns the output, or the list of outputs where the kernel gives a list
 *  @throws ROE_OP_UNSUPPORTED where tfjs's cpu backend does not have the kernel */
export function evaluate(
  name: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: object | undefined,
  read: (id: tf.DataId) => tf.BackendValues,
  place: string,
): HostTensor | HostTensor[] {
  const kernel = tf.getKernel(name, HOST)
  if (kernel === undefined || kernel === null) {
    const detail = "tfjs's cpu backend cannot evaluate it"
    throw new RoentgenError('ROE_OP_UNSUPPORTED', { where: place, kernel: name, detail })
  }
  const backend = tf.engine().findBackend(HOST)
  const copies: tf.TensorInfo[] = []
  const copy = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => {
    const made = { dataId: backend.write(read(dataId), shape, dtype), shape, dtype }
    copies.push(made)
    return made
  }
  try {
    const outputs = kernel.kernelFunc({
      inputs: copied(inputs, copy),
      attrs: attrs as tf.NamedAttrMap,
      backend,
    })
    const results = [outputs].flat().map((info) => take(backend, info))
    return Array.isArray(outputs) ? results : results[0]!
  } finally {
    for (const { dataId } of copies) backend.disposeData(dataId)
  }
}

/** tfjs gives lists of inputs (Concat), names (Add), and names of lists (RaggedGather). */
function copied(
  inputs: tf.NamedTensorInfoMap,
  copy: (tensor: tf.TensorInfo) => tf.TensorInfo,
): tf.NamedTensorInfoMap {
  const each = (tensor: unknown): unknown => {
    if (Array.isArray(tensor)) return tensor.map(each)
    return tensor === undefined || tensor === null ? tensor : copy(tensor as tf.TensorInfo)
  }
  if (Array.isArray(inputs)) return inputs.map(each) as unknown as tf.NamedTensorInfoMap
  const entries = Object.entries(inputs).map(([key, tensor]) => [key, each(tensor)])
  return Object.fromEntries(entries) as tf.NamedTensorInfoMap
}

/** Reads an output and frees it; its values are copied where they are those of an input. */
function take(backend: tf.KernelBackend, { dataId, shape, dtype }: tf.TensorInfo): HostTensor {
  const values = backend.readSync(dataId)
  backend.disposeData(dataId)
  return { values, shape: [...shape], dtype }
}

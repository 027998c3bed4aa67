/** A tfjs backend that computes nothing: each kernel call is written into a recording by the kernel's row.
 *  Weights stay on the backend where they are; they are read, never moved. */
import * as tf from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../errors.ts'
import { KERNELS } from './kernels/index.ts'
import type { HostValues, Recording } from './recording.ts'

export const RECORDER = 'roentgen-recorder'

/** A tensor that exists only while something is recorded; `values` are there where tfjs itself wrote them. */
interface Entry {
  values: tf.BackendValues | undefined
  references: number
}

export class RecordingBackend extends tf.KernelBackend {
  recording: Recording | undefined
  readonly #entries = new Map<tf.DataId, Entry>()

  /** A tensor that stands for a value of the graph. */
  placeholder(shape: number[], dtype: tf.DataType): tf.TensorInfo {
    const dataId = {}
    this.#entries.set(dataId, { values: undefined, references: 1 })
    return { dataId, shape, dtype }
  }

  /** Values of a tensor that does not depend on the model's input, from here or from the backend that holds it.
   *  @throws ROE_VALUE_UNKNOWN */
  host(dataId: tf.DataId): HostValues {
    const entry = this.#entries.get(dataId)
    if (entry === undefined) return tf.engine().readSync(dataId) as HostValues
    if (entry.values !== undefined) return entry.values as HostValues
    const where = this.recording?.place ?? 'the model'
    throw new RoentgenError('ROE_VALUE_UNKNOWN', { where, operation: 'dataSync' })
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    return this.host(dataId)
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return this.host(dataId)
  }

  override write(values: tf.BackendValues, _shape: number[], _dtype: tf.DataType): tf.DataId {
    const dataId = {}
    this.#entries.set(dataId, { values, references: 1 })
    return dataId
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    _shape: number[],
    _dtype: tf.DataType,
    references: number,
  ): void {
    this.#entries.set(dataId, { values, references })
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    const entry = this.#entries.get(dataId)
    if (entry === undefined) return true
    entry.references--
    if (!force && entry.references > 0) return false
    return this.#entries.delete(dataId)
  }

  override incRef(dataId: tf.DataId): void {
    const entry = this.#entries.get(dataId)
    if (entry !== undefined) entry.references++
  }

  override refCount(dataId: tf.DataId): number {
    return this.#entries.get(dataId)?.references ?? 0
  }

  override numDataIds(): number {
    return this.#entries.size
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  override timerAvailable(): boolean {
    return false
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }
}

type AnyLowering = (call: { tensors: tf.NamedTensorInfoMap; attrs: object; to: Recording }) => string

/** Every kernel name that tfjs-core exports: `tf.Relu` is 'Relu'. */
const kernelNames = (): string[] =>
  Object.entries(tf)
    .filter(([key, value]) => typeof value === 'string' && value === key && /^_?[A-Z]/.test(key))
    .map(([key]) => key)

function kernelFunc(name: string, lower: AnyLowering | undefined): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { recording } = backend as RecordingBackend
    const where = recording?.place ?? 'the model'
    if (recording === undefined || lower === undefined)
      throw new RoentgenError('ROE_OP_UNSUPPORTED', { where, kernel: name })
    const value = lower({ tensors: inputs, attrs: attrs ?? {}, to: recording })
    const { shape, dtype } = recording.infoOf(value)
    const info = (backend as RecordingBackend).placeholder(shape, dtype)
    recording.bind(info.dataId, value)
    return info
  }
}

let instance: RecordingBackend | undefined

/** The one recording backend, registered with tfjs when it is first asked for. */
export function recordingBackend(): RecordingBackend {
  if (instance !== undefined) return instance
  const made = new RecordingBackend()
  tf.registerBackend(RECORDER, () => made, 0)
  for (const kernelName of kernelNames()) {
    const lower = (KERNELS as unknown as Record<string, AnyLowering>)[kernelName]
    tf.registerKernel({ kernelName, backendName: RECORDER, kernelFunc: kernelFunc(kernelName, lower) })
  }
  instance = made
  return made
}

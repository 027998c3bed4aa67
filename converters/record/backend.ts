/** A tfjs backend that computes nothing of the model: each kernel call is written into a recording by the kernel's row.
 *  A call whose inputs are all known on the host (shapes, weights) is evaluated there instead.
 *  Weights stay on the backend where they are; they are read, never moved. */
import * as tf from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../errors.ts'
import { evaluate, type HostTensor } from './host.ts'
import { KERNELS, type KernelRow } from './kernels/index.ts'
import type { HostValues, Recording } from './recording.ts'

export const RECORDER = 'roentgen-recorder'

/** A tensor that exists only while something is recorded; `values` are there where tfjs itself wrote them, or where they
 *  were evaluated on the host. */
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

  /** A tensor whose values are known. */
  known(tensor: HostTensor): tf.TensorInfo {
    const { values, shape, dtype } = tensor
    return { dataId: this.write(values, shape, dtype), shape, dtype }
  }

  /** Whether a tensor does not depend on the model's input. */
  isKnown(dataId: tf.DataId): boolean {
    const entry = this.#entries.get(dataId)
    return entry === undefined || entry.values !== undefined
  }

  /** Values of a tensor that does not depend on the model's input, from here or from the backend that holds it.
   *  @throws ROE_VALUE_UNKNOWN */
  host(dataId: tf.DataId): HostValues {
    const entry = this.#entries.get(dataId)
    if (entry === undefined) return tf.engine().readSync(dataId) as HostValues
    if (entry.values !== undefined) return entry.values as HostValues
    const where = this.recording?.place ?? 'the model'
    const value = this.recording?.valueOf(dataId)
    const operation = value === undefined ? 'dataSync' : `dataSync of '${value}'`
    throw new RoentgenError('ROE_VALUE_UNKNOWN', { where, operation })
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

/** Every kernel name that tfjs-core exports: `tf.Relu` is 'Relu'. */
const kernelNames = (): string[] =>
  Object.entries(tf)
    .filter(([key, value]) => typeof value === 'string' && value === key && /^_?[A-Z]/.test(key))
    .map(([key]) => key)

/** What a lowering of any kernel looks like from outside. */
type AnyLowering = (call: {
  tensors: tf.NamedTensorInfoMap
  attrs: object
  to: Recording
}) => string | readonly string[]

type Params = { inputs: tf.NamedTensorInfoMap; attrs?: object | undefined }

/** Kernels that give their input in another shape: a weight stays the weight, with its name and its values. */
const RESHAPES: ReadonlySet<string> = new Set(['ExpandDims', 'Identity', 'Reshape'])

function kernelFunc(name: string, row: KernelRow | undefined): tf.KernelFunc {
  return ({ inputs, attrs, backend: anyBackend }) => {
    const backend = anyBackend as RecordingBackend
    const { recording } = backend
    const refuse = (detail?: string): never => {
      const where = recording?.place ?? 'the model'
      throw new RoentgenError('ROE_OP_UNSUPPORTED', {
        where,
        kernel: name,
        ...(detail !== undefined && { detail }),
      })
    }
    if (recording === undefined || row === undefined) return refuse()
    if (row.kind === 'refused') return refuse(row.reason)
    const call = { inputs, attrs: attrs as object | undefined }
    const isKnown = tensorsOf(inputs).every(({ dataId }) => backend.isKnown(dataId))
    if (isKnown && !RESHAPES.has(name)) return onHost(name, call, backend, recording)
    if (row.kind === 'host') return refuse(row.reason)
    return lowered(row.lower as unknown as AnyLowering, call, backend, recording)
  }
}

/** Some kernels take lists among their named inputs, and leave optional ones undefined. */
const tensorsOf = (inputs: tf.NamedTensorInfoMap): tf.TensorInfo[] =>
  Object.values(inputs)
    .flat()
    .filter((tensor) => tensor !== undefined)

function onHost(
  name: string,
  { inputs, attrs }: Params,
  backend: RecordingBackend,
  { place }: Recording,
): tf.TensorInfo | tf.TensorInfo[] {
  const results = evaluate(name, inputs, attrs, (id) => backend.host(id), place)
  return Array.isArray(results)
    ? results.map((result) => backend.known(result))
    : backend.known(results as HostTensor)
}

function lowered(
  lower: AnyLowering,
  { inputs, attrs }: Params,
  backend: RecordingBackend,
  recording: Recording,
): tf.TensorInfo | tf.TensorInfo[] {
  const written = lower({ tensors: inputs, attrs: attrs ?? {}, to: recording })
  const infos = [written].flat().map((value) => {
    const { shape, dtype } = recording.infoOf(value)
    requireSize(shape, recording.place)
    const values = recording.draft.constants.get(value)?.data as HostValues | undefined
    const info =
      values === undefined ? backend.placeholder(shape, dtype) : backend.known({ values, shape, dtype })
    recording.bind(info.dataId, value)
    return info
  })
  return typeof written === 'string' ? infos[0]! : infos
}

/** Values of one tensor: 4 GB of floats, which neither tfjs nor a machine of today holds several of. */
const MOST_VALUES = 2 ** 30

/** @throws ROE_MODEL_FORMAT with the layer's name */
function requireSize(shape: readonly number[], place: string): void {
  if (shape.reduce((product, size) => product * size, 1) <= MOST_VALUES) return
  const where = place === 'the model' ? place : `layer '${place}'`
  throw new RoentgenError('ROE_MODEL_FORMAT', { where, problem: `its result [${shape}] is too large` })
}

let instance: RecordingBackend | undefined

/** The one recording backend, registered with tfjs when it is first asked for. */
export function recordingBackend(): RecordingBackend {
  if (instance !== undefined) return instance
  const made = new RecordingBackend()
  tf.registerBackend(RECORDER, () => made, 0)
  for (const kernelName of kernelNames()) {
    const row = (KERNELS as Record<string, KernelRow>)[kernelName]
    tf.registerKernel({ kernelName, backendName: RECORDER, kernelFunc: kernelFunc(kernelName, row) })
  }
  instance = made
  return made
}

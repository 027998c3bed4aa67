/** A tensor with a name, as files of weights hold it. Types only. */

export interface NamedTensor {
  /** Row-major. */
  shape: readonly number[]
  data: Float32Array | Int32Array
}

/** Keyed as `layer/weight`, e.g. `conv1/kernel`, without Keras' `:0`. */
export type NamedTensors = ReadonlyMap<string, NamedTensor>

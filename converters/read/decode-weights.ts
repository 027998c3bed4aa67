/** Bytes of a tfjs weight group → values. tfjs-core's own decoder makes tensors, and so needs a backend and its
 *  memory; this one gives arrays. Strings, booleans and complex numbers are no weights of a network, and refused. */
import type { NamedTensor } from '../tensor.ts'

interface Quantization {
  dtype: 'uint8' | 'uint16' | 'float16'
  /** Value = stored · scale + min (uint8 and uint16). */
  scale?: number | undefined
  min?: number | undefined
}

export interface WeightSpec {
  name: string
  shape: readonly number[]
  dtype: 'float32' | 'int32'
  quantization?: Quantization | undefined
  /** `optimizer` marks what training left behind. */
  group?: string | undefined
}

const ELEMENT_BYTES = { float32: 4, int32: 4, uint8: 1, uint16: 2, float16: 2 } as const

/** Bytes that a weight takes in its group. */
export const byteSize = ({ shape, dtype, quantization }: WeightSpec): number =>
  elements(shape) * ELEMENT_BYTES[quantization?.dtype ?? dtype]

/** Values of one weight.
 *  @param bytes  exactly `byteSize(spec)` bytes, little-endian, row-major
 *  @source tfjs-core `io.decodeWeights` */
export function decodeWeight(spec: WeightSpec, bytes: Uint8Array): NamedTensor {
  const { shape, dtype, quantization } = spec
  // A copy where the bytes do not begin at a multiple of the element's size.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const of = [aligned.buffer as ArrayBuffer, aligned.byteOffset, elements(shape)] as const
  if (quantization === undefined)
    return { shape, data: dtype === 'int32' ? new Int32Array(...of) : new Float32Array(...of) }
  if (quantization.dtype === 'float16')
    return { shape, data: new Float32Array(new Uint16Array(...of)).map((bits) => halfToNumber(bits)) }
  const stored = quantization.dtype === 'uint8' ? new Uint8Array(...of) : new Uint16Array(...of)
  const { scale = 1, min = 0 } = quantization
  // Copied, then mapped: `from` with a function takes ten times as long.
  return {
    shape,
    data:
      dtype === 'int32'
        ? new Int32Array(stored).map((v) => Math.round(v * scale + min))
        : new Float32Array(stored).map((v) => v * scale + min),
  }
}

/** The number that 16 bits of IEEE 754 binary16 stand for (Node 20 has no Float16Array). */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

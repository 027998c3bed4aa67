/** Numbers of half precision (IEEE 754 binary16) as the 16 bits that files hold, until every Node has `Float16Array`.
 *  Our own: a third of the time that the ponyfill takes, and what does not fit is counted on the way. */

/** The largest number of half precision. */
export const LARGEST_HALF = 65504

export interface Halves {
  /** Bits; finite numbers beyond the range are ±65504. */
  data: Uint16Array
  /** How many were beyond it. */
  clipped: number
}

/** Rounds to the nearest, of two as near to the even one; infinities and NaN stay what they are. */
export function toHalves(values: Float32Array): Halves {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length)
  const data = new Uint16Array(values.length)
  let clipped = 0
  for (let i = 0; i < bits.length; i++) {
    const size = bits[i]! & 0x7fffffff
    const isBeyond = size >= ROUNDS_TO_INFINITY && size < INFINITY
    if (isBeyond) clipped++
    data[i] = ((bits[i]! >>> 16) & 0x8000) | (isBeyond ? 0x7bff : halfOf(size))
  }
  return { data, clipped }
}

/** As bits of float32: infinity; 65520, half way from the largest half to the next; the least normal half, 2^-14. */
const INFINITY = 0x7f800000
const ROUNDS_TO_INFINITY = 0x477ff000
const LEAST_NORMAL = 0x38800000
/** Exponents are counted from 127 in float32, from 15 here. */
const EXPONENT_SHIFT = (127 - 15) << 23

/** @param size  bits of a float32 without its sign */
function halfOf(size: number): number {
  if (size >= INFINITY) return size > INFINITY ? 0x7e00 : 0x7c00
  // Half a unit, less one bit where the last bit is even: a carry goes into the exponent, as it should.
  if (size >= LEAST_NORMAL) return (size - EXPONENT_SHIFT + 0xfff + ((size >>> 13) & 1)) >>> 13
  const shift = 126 - (size >>> 23)
  if (shift > 24) return 0
  const mantissa = (size & 0x7fffff) | 0x800000
  return (mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift
}

/** The number that these bits are. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const [exponent, mantissa] = [(bits >>> 10) & 0x1f, bits & 0x3ff]
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25))
}

/** Weights and pixels by formula, the same as in test/fixtures/models/make_keras.py. */

/** `count` numbers in [0, 1): MurmurHash3's finalizer of the index. */
function units(count: number, salt: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let bits = (i + salt * 1000003) >>> 0
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b) >>> 0
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35) >>> 0
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32
  })
}

/** Values of one weight by its name (`kernel`, `gamma`, …) and its place among all weights, from 1. */
export function formula(name: string, shape: readonly number[], salt: number): Float32Array {
  const u = units(
    shape.reduce((a, b) => a * b, 1),
    salt,
  )
  if (name === 'kernel' || name === 'depthwise_kernel') {
    const fanIn = (name === 'kernel' ? shape.slice(0, -1) : shape.slice(0, 2)).reduce((a, b) => a * b, 1)
    return Float32Array.from(u, (v) => (2 * v - 1) * Math.sqrt(6 / fanIn))
  }
  if (name === 'gamma' || name === 'moving_variance') return Float32Array.from(u, (v) => 0.5 + v)
  return Float32Array.from(u, (v) => (v - 0.5) / 5)
}

/** Pixels in -1..1. */
export const pixels = (count: number): Float32Array => Float32Array.from(units(count, 7), (v) => 2 * v - 1)

/** Largest absolute difference; NaN where lengths differ, so that no comparison passes. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] as number))), 0)
    : Number.NaN

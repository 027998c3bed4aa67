/** Weights and pixels by formula, the same as in test/fixtures/models/formula.py. */

/** `count` numbers, of [0, 1) each: MurmurHash3's finalizer of the index. Loops, since networks have millions of them.
 *  @param map  what each becomes */
function units(count: number, salt: number, map: (unit: number) => number): Float32Array {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let bits = (i + salt * 1000003) | 0
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
    values[i] = map(((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32)
  }
  return values
}

/** Values of one weight by its name (`kernel`, `gamma`, …) and its place among all weights, from 1.
 *  @param gain  variance of a kernel's output for inputs of variance 1 */
export function formula(name: string, shape: readonly number[], salt: number, gain = 2): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1)
  if (name.endsWith('kernel')) {
    const inputs = name === 'depthwise_kernel' ? shape.slice(0, 2) : shape.slice(0, -1)
    const limit = Math.sqrt((3 * gain) / inputs.reduce((a, b) => a * b, 1))
    return units(count, salt, (v) => (2 * v - 1) * limit)
  }
  if (['gamma', 'moving_variance', 'variance'].includes(name)) return units(count, salt, (v) => 0.5 + v)
  return units(count, salt, (v) => (v - 0.5) / 5)
}

/** Pixels in -1..1. */
export const pixels = (count: number): Float32Array => units(count, 7, (v) => 2 * v - 1)

/** Largest absolute difference; NaN where lengths differ, so that no comparison passes. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] as number))), 0)
    : Number.NaN

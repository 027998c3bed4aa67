/** How far two runs of a model may differ: tolerances, differences, and whether one is within the other. */

/** The largest differences of outputs: absolute, and relative to the largest value of the output. */
export interface Difference {
  maxAbs: number
  maxRel: number
}

/** Values of an output. */
interface Values {
  shape: readonly number[]
  data: Float32Array | Float64Array
}

/** Of weights and of the values between the nodes of a file. */
export type Precision = 'fp32' | 'fp16'

export interface Tolerance {
  absolute: number
  relative: number
}

/** How far the outputs of a file may be from tfjs: `absolute` where none exceeds 1 (a probability), else `relative` of the
 *  largest value of the output. Not of each value: one that is near 0 because large ones cancel out is off by as much as
 *  they are. */
export const TOLERANCES: Readonly<Record<Precision, Tolerance>> = {
  // Sums in another order differ by a few units in the last place of what was summed.
  fp32: { absolute: 1e-5, relative: 1e-4 },
  // Each weight is rounded by up to 2^-12 of itself, and each value again: a hundred such roundings, all in one direction,
  // are 2.4 %. The worst of the real models measured, PoseNet on noise, has 1.9 %; a probability moves by half of that.
  fp16: { absolute: 1e-2, relative: 2.5e-2 },
}

/** The absolute difference that is allowed beside outputs as large as those of `found`. */
export const toleranceOf = ({ maxAbs, maxRel }: Difference, { absolute, relative }: Tolerance): number => {
  const largest = maxRel > 0 ? maxAbs / maxRel : 0
  return largest > 1 ? relative * largest : absolute
}

/** A NaN is never within a tolerance. */
export const isWithin = (found: Difference, tolerance: Tolerance = TOLERANCES.fp32): boolean =>
  found.maxAbs <= toleranceOf(found, tolerance)

/** The largest differences of pairs of outputs; NaN where one is missing, has another shape or holds a NaN. */
export function difference(pairs: readonly (readonly [Values, Values | undefined])[]): Difference {
  let [maxAbs, largest] = [0, 0]
  for (const [expected, actual] of pairs) {
    if (actual === undefined || String(expected.shape) !== String(actual.shape)) return NO_PARITY
    // NaN beside NaN proves nothing, and is no parity.
    if (expected.data.some(Number.isNaN) || actual.data.some(Number.isNaN)) return NO_PARITY
    for (const [i, value] of expected.data.entries()) {
      const other = actual.data[i]!
      if (value !== other) maxAbs = Math.max(maxAbs, Math.abs(value - other))
      largest = Math.max(largest, Math.abs(value))
    }
  }
  return { maxAbs, maxRel: largest === 0 ? 0 : maxAbs / largest }
}

const NO_PARITY = { maxAbs: Number.NaN, maxRel: Number.NaN }

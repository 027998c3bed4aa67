/** Student's t distribution, which is what few processes leave of certainty. Degrees of freedom need not be whole. */
import { strict as assert } from 'node:assert'

/** Probability of |T| >= |t|.
 *  @param freedom  degrees of freedom, above 0   @returns 0..1, to about 1e-12
 *  @source Abramowitz & Stegun 26.7.1 with 26.5.8 (the incomplete beta function as a continued fraction) */
export function tailOfT(t: number, freedom: number): number {
  assert(freedom > 0, 'degrees of freedom are above 0')
  if (!Number.isFinite(t)) return Number.isNaN(t) ? Number.NaN : 0
  const x = freedom / (freedom + t * t)
  return incompleteBeta(x, freedom / 2, 0.5)
}

/** The t that is exceeded, on both sides together, with this probability.
 *  @param tail  0 < tail < 1, 0.05 for a 95 % interval   @returns to about 1e-10 of itself */
export function quantileOfT(tail: number, freedom: number): number {
  assert(tail > 0 && tail < 1, 'a probability lies between 0 and 1')
  let [low, high] = [0, 1]
  while (tailOfT(high, freedom) > tail) high *= 2
  while (high - low > 1e-10 * high) {
    const middle = (low + high) / 2
    if (tailOfT(middle, freedom) > tail) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** I_x(a, b), regularized. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // The fraction converges fast on one side of the mean only; the other is its mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return (front * betaFraction(x, a, b)) / a
}

/** The continued fraction, by Lentz' method. */
function betaFraction(x: number, a: number, b: number): number {
  let [c, d] = [1, 1 / (1 - ((a + b) * x) / (a + 1))]
  let fraction = d
  for (let m = 1; m < 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return fraction
}

/** ln of the gamma function, by Stirling's series behind the recurrence. */
function logGamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < 12; at++) shift -= Math.log(at)
  const inverse = 1 / at
  const square = inverse * inverse
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
  return shift + (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series
}

/** Figures as text, one spelling for all reports. An unknown number is a dash, never 0. */
import type { Estimate } from './early-stopping.ts'
import type { Figure } from './statistics.ts'

/** Three digits that count, in plain notation: 0.0123, 1.23, 12.3, 123, 1234. */
export function digits(value: number): string {
  if (value === 0) return '0'
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1
  return value.toFixed(Math.min(20, Math.max(0, 3 - whole)))
}

/** `123 (118 to 128)`; without an interval `123 (one process)`. */
export const figureText = ({ value, low, high }: Figure): string =>
  low === null || high === null
    ? `${digits(value)} (one process)`
    : `${digits(value)} (${digits(low)} to ${digits(high)})`

/** `12.3`, or `n too small (40 of 64)`. */
export const estimateText = (estimate: Estimate): string =>
  estimate.enough ? digits(estimate.ms) : `n too small (${estimate.queries} of ${estimate.needs})`

/** Numbers that a user gives. */
import { RoentgenError } from '../../errors.ts'

/** @throws ROE_OPTION unless `value` is a whole number from `least` to `most` */
export function requireWhole(where: string, value: number, least = 1, most = Infinity): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new RoentgenError('ROE_OPTION', {
    where,
    expected: `a whole number from ${least}${most === Infinity ? '' : ` to ${most}`}`,
    received: String(value),
  })
}

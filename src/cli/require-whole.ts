/** Numbers that a user gives. */
import { RoentgenError } from '../../errors.ts'

/** @throws ROE_OPTION unless `value` is a whole number of at least `least` */
export function requireWhole(where: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RoentgenError('ROE_OPTION', {
    where,
    expected: `a whole number from ${least}`,
    received: String(value),
  })
}

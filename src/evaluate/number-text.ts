/** Numbers as text, the way the compared libraries print them. */

/** `value` with a fixed number of decimals; a half goes to the even digit, as Python prints it (0.125 → 0.12, where
 *  toFixed gives 0.13). One film in eight missed is no rare figure.
 *  @param value  at least 0 */
export function fixed(value: number, digits: number): string {
  const up = value.toFixed(digits)
  // Exact: a decimal half has a finite binary form only as an odd multiple of 2^-(digits + 1).
  const isHalf = Math.abs((value * 2 ** (digits + 1)) % 2) === 1
  return isHalf && Number(up.at(-1)) % 2 === 1 ? (value - 10 ** -(digits + 1)).toFixed(digits) : up
}

/** A count with its noun, `1 film`, `2 films`, `2 classes`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/** Width in code points, which is what Python's padding counts. */
export const width = (text: string): number => [...text].length

export const padStart = (text: string, to: number): string => ' '.repeat(Math.max(0, to - width(text))) + text
export const padEnd = (text: string, to: number): string => text + ' '.repeat(Math.max(0, to - width(text)))

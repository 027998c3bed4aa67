/** Numbers in tables of scores. */

/** The shortest decimal number that reads back as the same float32: 0.1 for what a double calls 0.10000000149.
 *  @param value  a float32 */
export function shortest(value: number): number {
  // Nine significant digits tell any two float32 apart.
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

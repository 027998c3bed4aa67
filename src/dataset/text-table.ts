/** Tables for a terminal. */

/** The first column stands to the left, the others to the right; two spaces between. @returns lines, each ended */
export function textTable(rows: readonly (readonly (string | number)[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)))
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}

/** What the `split` column of labelled films says. */

/** Value → number of its films, sorted by name; films without a value are not counted. */
export function splitsOf(films: readonly { split: string | null }[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { split } of films) if (split !== null) counts.set(split, (counts.get(split) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Seeded noise for made-up machines: what differs between processes, and between queries of one. */
import { seededRandom } from '../../random.ts'

/** Normally distributed numbers of mean 0 and deviation 1, by Box and Muller. */
export function seededNormal(seed: number): () => number {
  const random = seededRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Latencies of a process: a level of its own, and queries around it.
 *  @param between, within  deviations, as shares of the level */
export function madeLatencies(
  normal: () => number,
  { ms, queries, between, within }: { ms: number; queries: number; between: number; within: number },
): number[] {
  const level = ms * Math.exp(between * normal())
  return Array.from({ length: queries }, () => level * Math.exp(within * normal()))
}

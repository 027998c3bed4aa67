/** A small seeded generator, so that a split, an order or a made-up film can be drawn again on any machine. A leaf.
 *  Not for secrets. Math.random is never used: it cannot be seeded. */

/** Mulberry32: 32 bits of state, period 2^32, equal on every machine (integer arithmetic only).
 *  @param seed  an integer; its lowest 32 bits count
 *  @returns a function that gives the next number in [0, 1), a multiple of 2^-32
 *  @source Tommy Ettinger's mulberry32, public domain */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A shuffled copy (Fisher and Yates, from the end); takes `items.length - 1` numbers from `random`. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const copy = [...items]
  for (let last = copy.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1))
    const item = copy[last] as Item
    copy[last] = copy[chosen] as Item
    copy[chosen] = item
  }
  return copy
}

/** A seed for one part of a run: FNV-1a over its name, begun with the run's seed.
 *  @param seed  an integer   @returns an unsigned 32-bit integer, never 0 (tfjs takes some falsy seeds for none) */
export function deriveSeed(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed | 0, 0x9e3779b1)) >>> 0
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  // One round of mixing (the finalizer of MurmurHash3), since names that differ in the last letter hash alike.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
  hash = (hash ^ (hash >>> 13)) >>> 0
  return hash === 0 ? 1 : hash
}

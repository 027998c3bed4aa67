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

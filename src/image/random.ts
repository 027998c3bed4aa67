/** A small seeded source of numbers for made-up films: the same seed gives the same film everywhere. */

/** SplitMix32. @param seed  any integer   @returns a function that gives the next number in [0, 1) */
export function splitMix(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

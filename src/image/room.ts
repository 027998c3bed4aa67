/** Room for the pixels that are decoded at a time in this process: ordinary films go side by side, and large ones wait for
 *  each other, so that many decoders take no more memory than few. */

/** Pixels (width x height) of the films that are decoded at a time; a larger film has the room to itself. */
const MOST_PIXELS = 2 ** 24
/** Films that are decoded at a time; koffi takes 256 calls. */
const MOST_FILMS = 64

let taken = 0
let films = 0
const waiting: { pixels: number; go: () => void }[] = []

/** Decodes a film when there is room for it; films that wait keep their order.
 *  @param pixels  width x height, as its header says */
export async function inRoom<T>(pixels: number, decode: () => Promise<T>): Promise<T> {
  const isFree = waiting.length === 0 && fits(pixels)
  if (isFree) take(pixels)
  else await new Promise<void>((go) => waiting.push({ pixels, go }))
  try {
    return await decode()
  } finally {
    taken -= pixels
    films -= 1
    letIn()
  }
}

const fits = (pixels: number): boolean => films === 0 || (films < MOST_FILMS && taken + pixels <= MOST_PIXELS)

function take(pixels: number): void {
  taken += pixels
  films += 1
}

function letIn(): void {
  for (let first = waiting[0]; first !== undefined && fits(first.pixels); first = waiting[0]) {
    take(first.pixels)
    waiting.shift()
    first.go()
  }
}

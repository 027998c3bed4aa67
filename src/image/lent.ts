/** Memory that is lent for a moment and used again: bytes of files, decoded pixels. Films that each bring their
 *  own have the collector of garbage at work all the time (`node --cpu-prof`). What is not given back is
 *  collected like anything else. */

/** Most bytes that wait to be lent again. */
const MOST_KEPT = 2 ** 26
const LEAST_LENT = 2 ** 12

const kept = new Map<number, ArrayBuffer[]>()
let keptBytes = 0
const lent = new WeakSet<ArrayBufferLike>()

/** @returns bytes that hold anything: what they are lent for writes all of them */
export function lend(size: number): Uint8Array {
  const room = roomFor(size)
  const again = kept.get(room)?.pop()
  if (again !== undefined) keptBytes -= room
  // Not cleared, and of no pool.
  const buffer = again ?? (Buffer.allocUnsafeSlow(room).buffer as ArrayBuffer)
  lent.add(buffer)
  return new Uint8Array(buffer, 0, size)
}

/** Takes back what was lent, or any part of it; nobody may look at it any more. Other bytes are left alone. */
export function giveBack({ buffer }: Uint8Array | Uint16Array): void {
  if (!lent.delete(buffer) || keptBytes + buffer.byteLength > MOST_KEPT) return
  keptBytes += buffer.byteLength
  const same = kept.get(buffer.byteLength)
  if (same === undefined) kept.set(buffer.byteLength, [buffer as ArrayBuffer])
  else same.push(buffer as ArrayBuffer)
}

/** Four sizes between a power of two and the next, so that few sizes serve all films and little is wasted. */
function roomFor(size: number): number {
  if (size <= LEAST_LENT) return LEAST_LENT
  const step = 2 ** (Math.floor(Math.log2(size)) - 2)
  return Math.ceil(size / step) * step
}

/** How far V8 lets the heap of a process grow before it clears old objects away. Left to itself it goes by what it sees of a
 *  program, and that is wrong for both kinds of process of a long run. What is set counts from the call on.
 *  @source `node --v8-options`, --heap-growing-percent */
import { setFlagsFromString } from 'node:v8'

const growBy = (percent: number): void => setFlagsFromString(`--heap-growing-percent=${percent}`)

/** For one that holds next to nothing for hours (the conductor): half as much again as what lived the last time, some
 *  milliseconds every few thousand films. V8's own choice grows with the number of films. */
export const keepHeapLean = (): void => growBy(50)

/** For one whose memory is pixels and weights, not objects (a worker): five times the few megabytes that lived. V8's own choice
 *  goes through them every hundred films, for some hundredths of all its time (`node --trace-gc`). */
export const letHeapGrow = (): void => growBy(400)

/** The heap of a process that runs for hours and holds next to nothing. Left to itself, V8 lets its old objects grow to several
 *  times what lives before it clears them away, and the more films there are, the further it gets. */
import { setFlagsFromString } from 'node:v8'

/** From now on old objects are cleared away when the heap is half as large again as what lived the last time: some
 *  milliseconds a time, every few thousand films.
 *  @source `node --v8-options`, --heap-growing-percent */
export const keepHeapLean = (): void => setFlagsFromString('--heap-growing-percent=50')

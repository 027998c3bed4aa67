/** The thread in which HDF5 files are read: damaged ones can make the C library loop for ever or ask for gigabytes. */
import { parentPort } from 'node:worker_threads'
import { problemOf } from '../../errors.ts'
import { DamagedFile } from './damage.ts'
import { type Hdf5Reader, withHdf5 } from './hdf5.ts'
import { READINGS, type Reading } from './hdf5-readings.ts'

/** What is read, and the most that the library's memory may grow to. */
export interface ReadRequest {
  path: string
  reading: Reading
  /** Bytes. */
  mostMemory: number
}

/** `broke` is the name of the error that came out of the compiled code, which may have left anything behind. */
export type ReadAnswer =
  | { is: 'read'; value: unknown }
  | { is: 'failed'; problem: string; isDamage: boolean; broke: string }

interface Memory {
  buffer: ArrayBuffer
  grow: (pages: number) => number
}
const memory = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } }).WebAssembly
  .Memory.prototype
const { grow } = memory
const PAGE = 65_536
let mostMemory = 0

// A refused growth is a failed malloc to the library, and so an error that it reports.
memory.grow = function limited(this: Memory, pages: number): number {
  if (this.buffer.byteLength + pages * PAGE > mostMemory) throw new RangeError('memory limit')
  return grow.call(this, pages)
}

parentPort?.on('message', async (request: ReadRequest) => {
  mostMemory = request.mostMemory
  const answer = await answerTo(request)
  parentPort?.postMessage(answer, buffersOf(answer.is === 'read' ? answer.value : undefined))
})

const answerTo = ({ path, reading }: ReadRequest): Promise<ReadAnswer> =>
  withHdf5<unknown>(path, READINGS[reading] as (reader: Hdf5Reader) => unknown).then(
    (value) => ({ is: 'read', value }),
    (error: unknown) => {
      const { cause } = error as Error
      const broke = cause instanceof Error ? cause.name : ''
      return { is: 'failed', problem: problemOf(error), isDamage: error instanceof DamagedFile, broke }
    },
  )

/** The memory of all arrays, which changes hands instead of being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  const collect = (part: unknown): void => {
    if (ArrayBuffer.isView(part)) buffers.add(part.buffer as ArrayBuffer)
    else if (typeof part === 'object' && part !== null) Object.values(part).forEach(collect)
  }
  collect(value)
  return [...buffers]
}

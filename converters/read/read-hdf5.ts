/** HDF5 files from outside: read in a thread that is ended when it takes too long or wants too much. */
import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { problemOf } from '../../errors.ts'
import { builtFile } from '../apart.ts'
import { DamagedFile } from './damage.ts'
import type { READINGS, Reading } from './hdf5-readings.ts'
import type { ReadAnswer, ReadRequest } from './hdf5-worker.ts'

const ENTRY = builtFile('hdf5-worker', import.meta.url, 2)

/** Far more than a whole file takes: 20 s, and a second for each 5 MB. */
const LONGEST_MS = { plus: 20_000, perByte: 1000 / 5e6 }
/** The library holds one array at a time. */
const MOST_MEMORY = { plus: 256 << 20, times: 2 }
/** Errors after which a library is not to be trusted. */
const BROKEN = ['RuntimeError', 'RangeError', 'time', 'exit']

/** Kept for the next file; it does not keep the process alive. */
let idle: Worker | undefined

/** Reads a file, whatever is in it.
 *  @param longestMs  after which the file is called damaged [20 s, and a second for each 5 MB]
 *  @throws Error whose message is one line that says what is wrong with the file */
export async function readHdf5<R extends Reading>(
  path: string,
  reading: R,
  longestMs?: number,
): Promise<ReturnType<(typeof READINGS)[R]>> {
  const { size } = await stat(path)
  const worker = idle ?? new Worker(ENTRY, { resourceLimits: { maxOldGenerationSizeMb: 1024 }, execArgv: [] })
  idle = undefined
  worker.ref()
  const mostMemory = MOST_MEMORY.plus + MOST_MEMORY.times * size
  const answer = await ask(
    worker,
    { path, reading, mostMemory },
    longestMs ?? LONGEST_MS.plus + size * LONGEST_MS.perByte,
  )
  worker.unref()
  const isBroken = answer.is === 'failed' && BROKEN.includes(answer.broke)
  if (isBroken || idle !== undefined) await worker.terminate()
  else idle = worker
  if (answer.is === 'failed') {
    const Kind = answer.isDamage ? DamagedFile : Error
    throw new Kind(answer.problem, { cause: { name: answer.broke } })
  }
  return answer.value as ReturnType<(typeof READINGS)[R]>
}

/** Asks, and waits for an answer, the end of the thread, or the end of patience. */
function ask(worker: Worker, request: ReadRequest, longestMs: number): Promise<ReadAnswer> {
  return new Promise((resolve) => {
    const fail = (problem: string, broke: string): void =>
      end({ is: 'failed', problem, isDamage: true, broke })
    const onError = (error: unknown): void =>
      fail(`it is damaged: the HDF5 library ended (${problemOf(error)})`, 'exit')
    const onExit = (): void => fail('it is damaged: the HDF5 library ended without an answer', 'exit')
    const end = (answer: ReadAnswer): void => {
      clearTimeout(timer)
      worker.off('message', end).off('error', onError).off('exit', onExit)
      resolve(answer)
    }
    const seconds = Math.ceil(longestMs / 1000)
    const late = (): void => fail(`it is damaged: reading it takes longer than ${seconds} s`, 'time')
    const timer = setTimeout(late, longestMs)
    worker.on('message', end).on('error', onError).on('exit', onExit)
    worker.postMessage(request)
  })
}

/** The HDF5 library (h5wasm, compiled C) kept quiet: what it prints is caught. It reads files straight from the disk. An
 *  instance in which the C code aborted (some damaged files do that) ends with its thread: see read-hdf5.ts. */

export type Hdf5 = typeof import('h5wasm/node')

export interface Library {
  hdf5: Hdf5
  /** Runs one reading, and catches what the library says meanwhile. It must be synchronous. */
  listen: <T>(read: () => T) => { result?: T; error?: unknown; said: string }
}

/** Most of what the library says that is kept: one failure takes about 6 kB. */
const MOST_SAID = 64 * 1024
const STDERR = 2

let current: Promise<Library> | undefined

/** The library, loaded once in a thread. */
export function hdf5Library(): Promise<Library> {
  current ??= load()
  return current
}

async function load(): Promise<Library> {
  let said: string | undefined
  const hear = (text: string): void => {
    if (said !== undefined && said.length < MOST_SAID) said += text
  }
  const hdf5 = await importListening((print) => (...words) => {
    if (said === undefined) print(...words)
    else hear(`${words.join(' ')}\n`)
  })
  const { FS } = await hdf5.ready
  const fs = FS as unknown as { write: (...args: unknown[]) => number }
  const write = fs.write
  fs.write = (stream, buffer, offset, length, ...rest) => {
    if ((stream as { fd: number }).fd !== STDERR) return write(stream, buffer, offset, length, ...rest)
    const bytes = (buffer as Uint8Array).subarray(offset as number, (offset as number) + (length as number))
    hear(Buffer.from(bytes).toString('latin1'))
    return length as number
  }
  return {
    hdf5,
    listen(read) {
      said = ''
      try {
        return { result: read(), said }
      } catch (error) {
        return { error, said }
      } finally {
        said = undefined
      }
    },
  }
}

type Print = (...words: unknown[]) => void

/** Imports the library; it keeps the `console.error` that it finds while it loads. */
async function importListening(wrap: (print: Print) => Print): Promise<Hdf5> {
  const print = console.error
  console.error = wrap(print)
  try {
    const hdf5 = await import('h5wasm/node')
    await hdf5.ready
    return hdf5
  } finally {
    console.error = print
  }
}

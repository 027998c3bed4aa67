/** Opens one HDF5 file with h5wasm, which reads straight from the disk.
 *  The C library inside prints its errors; here they become the reason of an error. (Its other way, throwing from
 *  inside C, leaks a file descriptor each time.) A reading that fails returns garbage unless one looks: we look. */
import { problemOf } from '../../errors.ts'

type Hdf5 = typeof import('h5wasm/node')
export type Group = InstanceType<Hdf5['Group']>

/** Most of what the library says that is kept: the deepest reason of one failure takes about 6 kB to reach. */
const MOST_WORDS = 64 * 1024
const STDERR = 2

interface Opened {
  hdf5: Hdf5
  words: { text: string }
}

let opened: Promise<Opened> | undefined

/** What one reading finds: groups and datasets that must be there. */
export interface Hdf5Reader {
  root: Group
  /** A group below another. @throws Error where there is none */
  group: (parent: Group, name: string) => Group
  /** Shape and values of a dataset. @throws Error where there is none, or it does not hold numbers of 32 or 64 bits */
  values: (parent: Group, name: string) => { shape: number[]; data: Float32Array | Int32Array }
  /** A list of strings; [] where there is none. Keras cuts lists over 64 kB into `name0`, `name1`, … */
  strings: (group: Group, attribute: string) => string[]
}

/** Runs `read` on an open file and closes it, whatever happens.
 *  @throws Error whose message is one line that says what is wrong with the file */
export async function withHdf5<T>(path: string, read: (reader: Hdf5Reader) => T): Promise<T> {
  opened ??= load()
  const { hdf5, words } = await opened
  words.text = ''
  const file = new hdf5.File(path, 'r')
  try {
    if (file.file_id < 0n) throw new Error('it cannot be opened')
    const result = read(readerOf(hdf5, file))
    if (words.text !== '') throw new Error('it is damaged')
    return result
  } catch (error) {
    const reason = deepest(words.text)
    throw new Error(reason === undefined ? problemOf(error) : `HDF5: ${reason}`, { cause: error })
  } finally {
    if (file.file_id >= 0n) file.close()
    words.text = ''
  }
}

/** Loads the library once and listens to its standard error. */
async function load(): Promise<Opened> {
  const hdf5 = await import('h5wasm/node')
  const { FS } = await hdf5.ready
  const words = { text: '' }
  const fs = FS as unknown as { write: (...args: unknown[]) => number }
  const write = fs.write
  fs.write = (stream, buffer, offset, length, ...rest) => {
    if ((stream as { fd: number }).fd !== STDERR) return write(stream, buffer, offset, length, ...rest)
    const bytes = (buffer as Uint8Array).subarray(offset as number, (offset as number) + (length as number))
    if (words.text.length < MOST_WORDS) words.text += Buffer.from(bytes).toString('latin1')
    return length as number
  }
  return { hdf5, words }
}

function readerOf(hdf5: Hdf5, root: Group): Hdf5Reader {
  return {
    root,
    group(parent, name) {
      const found = parent.get(name)
      if (!(found instanceof hdf5.Group)) throw new Error(`group '${name}' is missing or damaged`)
      return found
    },
    values(parent, name) {
      const found = parent.get(name)
      if (!(found instanceof hdf5.Dataset)) throw new Error(`dataset '${name}' is missing or damaged`)
      const { shape, dtype } = found
      const value = found.value
      const data = numbersOf(typeof value === 'number' ? [value] : value)
      if (shape === null || data === undefined)
        throw new Error(`dataset '${name}' has element type ${JSON.stringify(dtype)}, which is not read`)
      return { shape, data }
    },
    strings(group, attribute) {
      const { [attribute]: whole, ...others } = group.attrs
      if (whole !== undefined) return listOf(whole.json_value)
      const list: string[] = []
      for (let i = 0, part = others[`${attribute}0`]; part !== undefined; part = others[`${attribute}${++i}`])
        list.push(...listOf(part.json_value))
      return list
    },
  }
}

function listOf(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((v) => typeof v === 'string'))
    throw new Error('a list of names is damaged')
  return value
}

function numbersOf(value: unknown): Float32Array | Int32Array | undefined {
  if (value instanceof Float32Array || value instanceof Int32Array) return value
  if (value instanceof Float64Array) return Float32Array.from(value)
  return Array.isArray(value) && value.every((v) => typeof v === 'number')
    ? Float32Array.from(value)
    : undefined
}

/** The last line of the first stack that HDF5 printed is where it really failed. */
function deepest(text: string): string | undefined {
  const first = text.split('HDF5-DIAG:', 2)[1] ?? ''
  return [...first.matchAll(/#\d+:.*?\(\): (.*)/g)].at(-1)?.[1]
}

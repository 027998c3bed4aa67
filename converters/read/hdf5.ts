/** Reads one HDF5 file: groups, lists of names, arrays of numbers. The library prints its errors and goes on with
 *  garbage; here whatever it says is the reason of an error. */
import { stat } from 'node:fs/promises'
import { problemOf } from '../../errors.ts'
import { DamagedFile, damagedHdf5 } from './damage.ts'
import { type Hdf5, hdf5Library } from './hdf5-library.ts'

export type Group = InstanceType<Hdf5['Group']>
type Attribute = Group['attrs'][string]
type Metadata = Attribute['metadata']

/** Deflate shrinks by at most this factor (zlib, technical details). */
const MOST_DEFLATED = 1032

/** What one reading finds. */
export interface Hdf5Reader {
  root: Group
  /** A group below another. @throws Error where there is none */
  group: (parent: Group, name: string) => Group
  /** Shape and values of a dataset. @throws Error where there is none, or it does not hold numbers of 32 or 64 bits */
  values: (parent: Group, name: string) => { shape: number[]; data: Float32Array | Int32Array }
  /** A list of strings; [] where there is none. Keras cuts lists over 64 kB into `name0`, `name1`, … */
  strings: (group: Group, attribute: string) => string[]
  /** A text; undefined where there is none. */
  text: (group: Group, attribute: string) => string | undefined
}

/** Runs `read` on an open file and closes it, whatever happens.
 *  @throws Error whose message is one line that says what is wrong with the file */
export async function withHdf5<T>(path: string, read: (reader: Hdf5Reader) => T): Promise<T> {
  const { hdf5, listen } = await hdf5Library()
  const { size } = await stat(path)
  // Opening, reading and closing are one synchronous piece: nothing else can use the library in between.
  const seen = { at: '' }
  const { result, error, said } = listen(() => {
    const file = new hdf5.File(path, 'r')
    if (file.file_id < 0n) throw new Error('it cannot be opened')
    try {
      return { value: read(readerOf(hdf5, file, size, seen)) }
    } finally {
      file.close()
    }
  })
  if (result !== undefined && said === '') return result.value
  const reason = deepest(said)
  if (reason !== undefined) throw damagedHdf5(reason, seen.at, error)
  if (error instanceof DamagedFile || (error instanceof Error && error.name === 'Error')) throw error
  // What came out of the compiled code.
  throw damagedHdf5(problemOf(error ?? 'it gives no reason'), seen.at, error)
}

function readerOf(hdf5: Hdf5, root: Group, fileSize: number, seen: { at: string }): Hdf5Reader {
  // A damaged length must not become an allocation.
  const bounded = (name: string, { size, total_size }: Metadata, most: number): void => {
    if (!(size * total_size <= most))
      throw new DamagedFile(`'${name}' claims more bytes than the file can hold`)
  }
  const checkedValue = (attribute: Attribute): unknown => {
    bounded(attribute.name, attribute.metadata, fileSize)
    return attribute.json_value
  }
  const listOf = (attribute: Attribute): string[] => {
    const value = checkedValue(attribute)
    if (!Array.isArray(value) || !value.every((v) => typeof v === 'string'))
      throw new DamagedFile(`the list '${attribute.name}' is damaged`)
    return value
  }
  return {
    root,
    group(parent, name) {
      seen.at = name
      const found = parent.get(name)
      if (!(found instanceof hdf5.Group)) throw new DamagedFile(`group '${name}' is missing or damaged`)
      return found
    },
    values(parent, name) {
      seen.at = name
      const found = parent.get(name)
      if (!(found instanceof hdf5.Dataset)) throw new DamagedFile(`dataset '${name}' is missing or damaged`)
      const { shape, dtype } = found
      bounded(name, found.metadata, fileSize * (found.filters.length > 0 ? MOST_DEFLATED : 1))
      const value = found.value
      const data = numbersOf(typeof value === 'number' || typeof value === 'bigint' ? [Number(value)] : value)
      if (shape === null || data === undefined)
        throw new Error(`dataset '${name}' has element type ${JSON.stringify(dtype)}, which is not read`)
      return { shape, data }
    },
    strings(group, attribute) {
      seen.at = attribute
      const { [attribute]: whole, ...others } = group.attrs
      if (whole !== undefined) return listOf(whole)
      const list: string[] = []
      for (let i = 0, part = others[`${attribute}0`]; part !== undefined; part = others[`${attribute}${++i}`])
        list.push(...listOf(part))
      return list
    },
    text(group, attribute) {
      seen.at = attribute
      const found = group.attrs[attribute]
      const value = found === undefined ? undefined : checkedValue(found)
      return typeof value === 'string' ? value : undefined
    },
  }
}

function numbersOf(value: unknown): Float32Array | Int32Array | undefined {
  if (value instanceof Float32Array || value instanceof Int32Array) return value
  if (value instanceof Float64Array) return Float32Array.from(value)
  if (value instanceof BigInt64Array) return Int32Array.from(value, Number)
  return Array.isArray(value) && value.every((v) => typeof v === 'number')
    ? Float32Array.from(value)
    : undefined
}

/** The last line of the first stack that HDF5 printed is where it really failed. */
function deepest(said: string): string | undefined {
  const first = said.split('HDF5-DIAG:', 2)[1] ?? ''
  return [...first.matchAll(/#\d+:.*?\(\): (.*)/g)].at(-1)?.[1]
}

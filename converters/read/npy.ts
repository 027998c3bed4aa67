/** NumPy's `.npy`: one array of numbers in a file. Fortran's order, big-endian numbers and records are refused.
 *  @source numpy.lib.format, versions 1 to 3 */
import type { RecordInput } from '../record/record.ts'

type Dtype = RecordInput['dtype']

const MAGIC = '\x93NUMPY'

/** NumPy's name of a type, and how its numbers lie in the file; `|` and `<` before it are left out. */
const READERS: Readonly<Record<string, { bytes: number; read: (view: DataView, at: number) => number }>> = {
  f4: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  i4: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  i8: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
}

/** Where each type may be taken for which input: numbers for numbers, whole ones for whole ones. */
const FITS: Readonly<Record<Dtype, readonly string[]>> = {
  float32: ['f4', 'f8'],
  int32: ['i4', 'i8', 'u1'],
  uint8: ['u1'],
}

/** The values as an input of type `dtype` takes them.
 *  @throws Error of one line */
export function readNpy(
  bytes: Uint8Array,
  dtype: Dtype,
): { shape: number[]; data: Float32Array | Int32Array | Uint8Array } {
  const { type, shape, start } = npyHeader(bytes)
  if (!FITS[dtype].includes(type))
    throw new Error(`it holds ${type}, a model's ${dtype} is ${FITS[dtype].join(' or ')}`)
  const { bytes: size, read } = READERS[type]!
  const length = shape.reduce((product, dim) => product * dim, 1)
  if (bytes.length !== start + length * size)
    throw new Error(`it should have ${start + length * size} bytes for [${shape}], it has ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = new ARRAYS[dtype](length)
  for (let i = 0; i < length; i++) data[i] = read(view, start + i * size)
  return { shape, data }
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array }

/** What a file says of its array, and where the numbers start.
 *  @param bytes  its beginning   @throws Error of one line */
export function npyHeader(bytes: Uint8Array): { type: string; shape: number[]; start: number } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < 12 || file.toString('latin1', 0, 6) !== MAGIC) throw new Error('it is no .npy file')
  const [begin, length] = file[6] === 1 ? [10, file.readUInt16LE(8)] : [12, file.readUInt32LE(8)]
  const header = file.toString('latin1', begin, begin + length)
  const type = /'descr': '[<|](\w+)'/.exec(header)?.[1]
  const dims = /'shape': \(([\d, ]*)\)/.exec(header)?.[1]
  if (type === undefined || dims === undefined || !header.includes("'fortran_order': False"))
    throw new Error(`its header is not read: ${header.trim().slice(0, 100)}`)
  const shape = dims.split(',').flatMap((dim) => (dim.trim() === '' ? [] : [Number(dim)]))
  return { type, shape, start: begin + length }
}

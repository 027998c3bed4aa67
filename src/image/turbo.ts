/** libjpeg-turbo, called where it lies: the library inside the npm package @julusian/jpeg-turbo. That package's own
 *  binding is not used, since it decodes with the fast, inexact transform (up to 20 grey levels from every other
 *  decoder). Both packages are optional: what cannot be loaded is told, and sharp decodes instead. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { problemOf } from '../../errors.ts'

/** TurboJPEG's handle; it holds one film at a time. */
export type Handle = { readonly __handle: unique symbol }

/** The functions of turbojpeg.h that are used; those that return a number give 0 for done without a warning. */
export interface TurboJpeg {
  open: () => Handle | null
  close: (handle: Handle) => void
  set: (handle: Handle, parameter: number, value: number) => number
  get: (handle: Handle, parameter: number) => number
  readHeader: (handle: Handle, jpeg: Uint8Array, sizeBytes: number) => number
  planeWidth: (plane: number, width: number, subsampling: number) => number
  planeHeight: (plane: number, height: number, subsampling: number) => number
  /** On a thread of the pool. */
  aside: TurboDecoding
  /** On this thread. */
  here: TurboDecoding
}

/** What takes long. */
export interface TurboDecoding {
  /** @param out  width * height * channels bytes */
  decode: (handle: Handle, jpeg: Uint8Array, out: Uint8Array, format: number) => Promise<number>
  /** The planes Y, Cb and Cr one behind the other. */
  decodePlanes: (handle: Handle, jpeg: Uint8Array, out: Uint8Array) => Promise<number>
}

/** Numbers of turbojpeg.h. */
export const PARAMETER = {
  subsampling: 4,
  width: 5,
  height: 6,
  precision: 7,
  colourSpace: 8,
  scanLimit: 13,
  isArithmetic: 14,
  isLossless: 15,
} as const
export const COLOUR_SPACE = { ycbcr: 1, grey: 2 } as const
export const PIXEL_FORMAT = { rgb: 0, grey: 6 } as const
const FOR_DECODING = 1

let loaded: Promise<TurboJpeg | string> | undefined

/** The library, loaded once. @returns why it is not there, where it is not */
export function loadTurbo(): Promise<TurboJpeg | string> {
  loaded ??= load().catch(problemOf)
  return loaded
}

async function load(): Promise<TurboJpeg> {
  const koffi = await import('koffi')
  const library = koffi.load(libraryPath())
  const bytes = koffi.pointer('uint8_t')
  const handle = koffi.pointer('void')
  const decode = library.func('tj3Decompress8', 'int', [handle, bytes, 'size_t', bytes, 'int', 'int'])
  const decodePlanes = library.func('tj3DecompressToYUV8', 'int', [handle, bytes, 'size_t', bytes, 'int'])
  const aside = { decode: promisify(decode.async), decodePlanes: promisify(decodePlanes.async) }
  const open = library.func('tj3Init', handle, ['int'])
  return {
    open: () => open(FOR_DECODING),
    close: library.func('tj3Destroy', 'void', [handle]),
    set: library.func('tj3Set', 'int', [handle, 'int', 'int']),
    get: library.func('tj3Get', 'int', [handle, 'int']),
    readHeader: library.func('tj3DecompressHeader', 'int', [handle, bytes, 'size_t']),
    planeWidth: library.func('tj3YUVPlaneWidth', 'int', ['int', 'int', 'int']),
    planeHeight: library.func('tj3YUVPlaneHeight', 'int', ['int', 'int', 'int']),
    aside: {
      decode: (at, jpeg, out, format) =>
        finish(aside.decode(at, jpeg, jpeg.length, out, 0, format), jpeg, out),
      decodePlanes: (at, jpeg, out) => finish(aside.decodePlanes(at, jpeg, jpeg.length, out, 1), jpeg, out),
    },
    here: {
      decode: async (at, jpeg, out, format) => decode(at, jpeg, jpeg.length, out, 0, format),
      decodePlanes: async (at, jpeg, out) => decodePlanes(at, jpeg, jpeg.length, out, 1),
    },
  }
}

/** What the library works on off this thread, so that it stays where it is until the library is done. */
const inUse = new Set<readonly Uint8Array[]>()

/** @returns the call's status; -1 where koffi did not start it, since it runs at most 256 at a time (sharp has a queue) */
async function finish(call: Promise<number>, ...buffers: Uint8Array[]): Promise<number> {
  inUse.add(buffers)
  try {
    return await call
  } catch {
    return -1
  } finally {
    inUse.delete(buffers)
  }
}

/** Where the library of this platform lies. @throws Error where the package is not installed, or has none */
export function libraryPath(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('@julusian/jpeg-turbo/package.json'))
  const platform = `${process.platform}-${process.arch}`
  // Of the two C libraries of Linux only glibc tells its version.
  const libc = process.platform === 'linux' && !hasGlibc() ? '-musl' : ''
  const path = join(folder, 'prebuilds', `jpeg-turbo-${platform}${libc}`, 'libturbojpeg.so.0')
  if (!existsSync(path)) throw new Error(`@julusian/jpeg-turbo has no library for ${platform}${libc}`)
  return path
}

function hasGlibc(): boolean {
  Object.assign(process.report, { excludeNetwork: true }) // it would look up the names of open connections
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime !== undefined
}

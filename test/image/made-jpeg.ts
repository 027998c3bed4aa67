/** JPEGs of every kind, by the encoder of libjpeg-turbo: sharp writes few of them. */
import { libraryPath, PARAMETER } from '../../src/image/turbo.ts'

/** Besides those of PARAMETER, from turbojpeg.h. */
const ENCODING = { noReallocation: 2, quality: 3, isProgressive: 12, restartBlocks: 18 } as const
const NUMBERS = { ...PARAMETER, ...ENCODING }
const FOR_ENCODING = 0

export type Settings = Partial<Record<keyof typeof NUMBERS, number>>

/** @param pixels  RGB, interleaved */
export async function makeJpeg(
  pixels: Uint8Array,
  width: number,
  height: number,
  settings: Settings,
): Promise<Buffer> {
  const koffi = await import('koffi')
  const library = koffi.load(libraryPath())
  const set = library.func('int tj3Set(void*, int, int)')
  const encode = library.func(
    'int tj3Compress8(void*, const uint8_t*, int, int, int, int, _Inout_ uint8_t**, _Inout_ size_t*)',
  )
  const handle = library.func('void* tj3Init(int)')(FOR_ENCODING)
  const out = Buffer.alloc(4096 + width * height * 8)
  const size = [out.length]
  try {
    for (const [name, value] of Object.entries({ noReallocation: 1, ...settings }))
      set(handle, NUMBERS[name as keyof typeof NUMBERS], value)
    if (encode(handle, pixels, width, 0, height, 0, [out], size) !== 0)
      throw new Error(library.func('const char* tj3GetErrorStr(void*)')(handle))
  } finally {
    library.func('void tj3Destroy(void*)')(handle)
  }
  return out.subarray(0, size[0])
}

/** Arrays as NumPy writes them; what is not read is refused in words. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { readNpy } from '../../../converters/read/npy.ts'

const fixture = (name: string): Promise<Uint8Array> =>
  readFile(new URL(`../../fixtures/converters/npy_${name}.npy`, import.meta.url))

test.each([
  ['float32', 'float32', Float32Array],
  ['float64', 'float32', Float32Array],
  ['int32', 'int32', Int32Array],
  ['int64', 'int32', Int32Array],
  ['uint8', 'int32', Int32Array],
  ['uint8', 'uint8', Uint8Array],
] as const)('%s for an input of %s', async (name, dtype, type) => {
  expect(readNpy(await fixture(name), dtype)).toEqual({ shape: [2, 3], data: type.of(0, 1, 2, 3, 4, 5) })
})

describe('is refused:', () => {
  test.each([
    ['float16', 'float32', "it holds f2, a model's float32 is f4 or f8"],
    ['float32', 'uint8', "it holds f4, a model's uint8 is u1"],
    ['fortran', 'float32', 'its header is not read: '],
    ['big_endian', 'float32', 'its header is not read: '],
  ] as const)('%s for an input of %s', async (name, dtype, words) => {
    const bytes = await fixture(name)
    expect(() => readNpy(bytes, dtype)).toThrow(words)
  })

  test('a file that was cut, anywhere, and one that is none', async () => {
    const bytes = await fixture('float32')
    for (let length = 0; length < bytes.length; length++)
      expect(() => readNpy(bytes.subarray(0, length), 'float32'), `${length} bytes`).toThrow()
    expect(() => readNpy(Buffer.from('no array, but text that is long enough'), 'float32')).toThrow('no .npy')
  })
})

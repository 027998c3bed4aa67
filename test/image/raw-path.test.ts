import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileOf, pathOfBytes, printed } from '../../src/image/raw-path.ts'

const bytesOf = (path: string) => Buffer.from(fileOf(path))

describe('paths of any bytes', () => {
  const CASES: [name: string, bytes: Buffer, shown: string][] = [
    ['ASCII', Buffer.from('films/a.png'), 'films/a.png'],
    ['letters, and those beyond 16 bits', Buffer.from('Röntgen/🩻.png'), 'Röntgen/🩻.png'],
    ['a byte order mark', Buffer.from('\ufeffa.png'), '\ufeffa.png'],
    ['Latin-1', Buffer.from('Röntgen.png', 'latin1'), 'R\\xF6ntgen.png'],
    ['a letter that is cut off', Buffer.from('🩻').subarray(0, 3), '\\xF0\\x9F\\xA9'],
    ['a surrogate written as UTF-8', Buffer.from([0xed, 0xb3, 0xb6]), '\\xED\\xB3\\xB6'],
    ['what only looks like an escape', Buffer.from('R\\xF6ntgen.png'), 'R\\x5CxF6ntgen.png'],
    ['another backslash', Buffer.from('a\\b.png'), 'a\\b.png'],
  ]
  for (const [name, bytes, shown] of CASES)
    it(`${name}: nothing is lost, and it is printed as ${shown}`, () => {
      expect(bytesOf(pathOfBytes(bytes))).toEqual(bytes)
      expect(printed(pathOfBytes(bytes))).toBe(shown)
    })

  it('UTF-8 stays what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(pathOfBytes(Buffer.from(text))).toBe(text)
        expect(fileOf(text)).toBe(text)
      }),
    )
  })

  const anyBytes = fc
    .array(fc.oneof(fc.nat(255), fc.constantFrom(0x5c, 0x78, 0x46, 0x36, 0xc3, 0xb6, 0xf6, 0xed, 0xb3)), {
      maxLength: 12,
    })
    .map((bytes) => Buffer.from(bytes))

  it('different bytes are different text and different print, and the text gives the bytes back', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        expect(bytesOf(pathOfBytes(a))).toEqual(a)
        const same = a.equals(b)
        expect(pathOfBytes(a) === pathOfBytes(b)).toBe(same)
        expect(printed(pathOfBytes(a)) === printed(pathOfBytes(b))).toBe(same)
        expect(Buffer.from(printed(pathOfBytes(a))).toString()).toBe(printed(pathOfBytes(a)))
      }),
    )
  })
})

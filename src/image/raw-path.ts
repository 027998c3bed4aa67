/** Paths as text, whatever their bytes. File names on Linux are bytes; those that are no UTF-8 would be lost, or two of
 *  them become one, if they were read as UTF-8. A byte that belongs to no letter stands here as a lone surrogate, U+DC80
 *  to U+DCFF, as in Python's surrogateescape (PEP 383): the text says all of the bytes, and ordinary paths are as ever. */

const LONE = /[\udc80-\udcff]/u
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a path's bytes; `fileOf` is the inverse. */
export function pathOfBytes(bytes: Uint8Array): string {
  return decoded(bytes) ?? letters(bytes).join('')
}

/** What a path is opened by: the path itself, or its bytes where they are no UTF-8. */
export function fileOf(path: string): string | Buffer {
  if (!LONE.test(path)) return path
  return Buffer.concat(
    Array.from(path, (letter) =>
      LONE.test(letter) ? Buffer.from([letter.charCodeAt(0) & 0xff]) : Buffer.from(letter),
    ),
  )
}

/** A path as it is printed: bytes that are no UTF-8 as `\xE9`. A backslash that would read as such an escape is one
 *  itself (`\x5C`), so that two files never have one name. */
export const printed = (path: string): string =>
  path
    .replace(/\\(?=x[0-9A-F]{2})/g, escaped('\\'))
    .replace(new RegExp(LONE, 'gu'), (letter) => escaped(String.fromCharCode(letter.charCodeAt(0) & 0xff)))

const escaped = (byte: string): string =>
  `\\x${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

function decoded(bytes: Uint8Array): string | null {
  try {
    return STRICT.decode(bytes)
  } catch {
    return null
  }
}

function letters(bytes: Uint8Array): string[] {
  const all: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    const letter = at + size <= bytes.length ? decoded(bytes.subarray(at, at + size)) : null
    all.push(letter ?? String.fromCharCode(0xdc00 | first))
    at += letter === null ? 1 : size
  }
  return all
}

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keyPrint, namingOf, PATH_AS, readKey } from '../../../src/data/inputs/names.ts'
import { folderOf, messageOf } from '../files.ts'

describe('names of films', () => {
  it('no two films have one name, and only as-given tells where they lie', () => {
    const key = Buffer.from('a key of sixteen')
    const films = ['a/1.png', 'a/2.png', 'b/1.png', 'b/\udcf6.png', 'b/\\xF6.png'].map((relative) => ({
      path: `/secret/${relative}`,
      real: `/secret/${relative}`,
      relative,
      problem: null,
    }))
    for (const as of PATH_AS) {
      const nameOf = namingOf(as, { key, isRooted: true })
      const names = films.map(nameOf)
      expect(new Set(names).size).toBe(films.length)
      expect(names.some((name) => name.includes('secret'))).toBe(as === 'as-given')
      // UTF-8 takes nothing from them.
      for (const name of names) expect(Buffer.from(name).toString()).toBe(name)
    }
  })
})

describe('the key', () => {
  it('is what the file holds, or the environment, without the last line break', async () => {
    const folder = folderOf({ key: '0123456789abcdef\n', crlf: '0123456789abcdef\r\n' })
    const key = Buffer.from('0123456789abcdef')
    expect(await readKey(join(folder, 'key'), {})).toEqual(key)
    expect(await readKey(join(folder, 'crlf'), { ROENTGEN_PATH_KEY: 'another key, not taken' })).toEqual(key)
    expect(await readKey(undefined, { ROENTGEN_PATH_KEY: '0123456789abcdef' })).toEqual(key)
    expect(await readKey(undefined, {})).toBeNull()
  })

  it('bytes that are no text are kept', async () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i))
    expect(await readKey(join(folderOf({ key: bytes }), 'key'), {})).toEqual(bytes)
  })

  it('is refused when it is short or not there', async () => {
    const folder = folderOf({ key: '0123456789\n' })
    expect(await messageOf(readKey(join(folder, 'key'), {}))).toMatch(
      /^ROE_OPTION: --path-key: .*received 10 bytes/,
    )
    expect(await messageOf(readKey(join(folder, 'none'), {}))).toMatch(/which cannot be read \(ENOENT/)
    expect(await messageOf(readKey(undefined, { ROENTGEN_PATH_KEY: '' }))).toMatch(
      /^ROE_OPTION: ROENTGEN_PATH_KEY: /,
    )
  })

  it('is told from another by a print that is not the key', () => {
    const [a, b] = ['0123456789abcdef', '0123456789abcdeg'].map((text) => keyPrint(Buffer.from(text)))
    expect(a).toMatch(/^[0-9a-f]{16}$/)
    expect(b).not.toBe(a)
    expect(keyPrint(null)).toBeNull()
  })
})

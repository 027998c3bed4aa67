import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { takeFiles } from '../../src/native/archive.ts'
import type { Take } from '../../src/native/part.ts'
import { removeFolder, temporaryFolder } from '../infer/films.ts'
import { type Entries, tgzOf, wheelOf } from './made.ts'

const folder = temporaryFolder()
afterAll(() => removeFolder(folder))

let count = 0
/** @returns where it was unpacked */
async function take(
  name: string,
  bytes: Uint8Array,
  takes: readonly Take[],
  caps?: { bytes: number; entries: number },
): Promise<string> {
  const place = join(folder, `${count++}`)
  mkdirSync(join(place, 'out'), { recursive: true })
  writeFileSync(join(place, name), bytes)
  await takeFiles(join(place, name), takes, join(place, 'out'), caps)
  return join(place, 'out')
}

const ALL: readonly Take[] = [{ from: /^(.+)$/, to: '$1' }]
const wheel = (entries: Entries): [string, Uint8Array] => ['a.whl', wheelOf(entries)]

describe('takeFiles', () => {
  it('takes what is listed, to where it is said, and programs stay programs', async () => {
    const [name, bytes] = wheel({
      'a/lib/x.so': 'x',
      'a/bin/run': { content: 'r', mode: 0o100755 },
      'a/y.py': 'y',
    })
    const out = await take(name, bytes, [{ from: /^a\/(?:lib|bin)\/(.+)$/, to: 'lib/$1' }])
    expect(readFileSync(join(out, 'lib/x.so'), 'utf8')).toBe('x')
    expect(statSync(join(out, 'lib/run')).mode & 0o111).not.toBe(0)
    expect(statSync(join(out, 'lib/x.so')).mode & 0o111).toBe(0)
    expect(() => statSync(join(out, 'a'))).toThrow()
  })

  it('takes files of npm packages', async () => {
    const out = await take('a.tgz', tgzOf({ 'package/a.js': 'a', 'package/b.js': '' }), [
      { from: /^package\/(.+)$/, to: 'dist/$1' },
    ])
    expect(readFileSync(join(out, 'dist/a.js'), 'utf8')).toBe('a')
    expect(readFileSync(join(out, 'dist/b.js'), 'utf8')).toBe('')
  })

  const CAPS = { bytes: 10, entries: 2 }
  const FAULTS: [what: string, name: string, bytes: Uint8Array, message: RegExp, takes?: readonly Take[]][] = [
    ['a name with ..', ...wheel({ 'a/../../x': 'x' }), /invalid relative path/],
    ['an absolute name', ...wheel({ '/x': 'x' }), /absolute path/],
    ['a link, taken or not', ...wheel({ x: { content: '/', mode: 0o120777 } }), /'x' is a link/, []],
    ['more than the cap', ...wheel({ x: 'x'.repeat(11) }), /would unpack to more than 10 bytes/],
    ['more files than the cap', ...wheel({ a: '', b: '', c: '' }), /more than 2 files/],
    ['two files of one target', ...wheel({ 'a/x': '1', 'b/x': '2' }), /'b\/x' is in it twice/, [
      { from: /^\w\/(x)$/, to: '$1' },
    ]],
    ['a target outside', ...wheel({ x: 'x' }), /'..\/x' leads out of the folder/, [{ from: /^(x)$/, to: '../$1' }]],
    ['nothing that is listed', ...wheel({ x: 'x' }), /it has no file like \^y\$/, [{ from: /^y$/, to: 'y' }]],
    ['no zip', 'a.whl', Buffer.from('no zip at all'), /central directory/],
    ['a link in a tgz', 'a.tgz', tgzOf({ x: '' }, '2'), /'x' is no plain file/],
    ['a name with .. in a tgz', 'a.tgz', tgzOf({ '../x': '' }), /'..\/x' leads out of the folder/],
    ['no tar', 'a.tgz', Buffer.from('no tar at all'), /incorrect header check/],
    ['more files than the cap in a tgz', 'a.tgz', tgzOf({ a: '', b: '', c: '' }), /more than 2 files/],
  ] // biome-ignore format: rows
  for (const [what, name, bytes, message, takes = ALL] of FAULTS)
    it(`refuses ${what}`, async () => {
      await expect(take(name, bytes, takes, CAPS)).rejects.toThrow(message)
    })

  it('refuses a tgz that is cut short inside', async () => {
    const whole = tgzOf({ x: 'x'.repeat(600) })
    const { gunzipSync, gzipSync } = await import('node:zlib')
    const cut = gzipSync(gunzipSync(whole).subarray(0, 1024))
    await expect(take('a.tgz', cut, ALL)).rejects.toThrow("'x' is cut short")
  })
})

/** A set as a folder: whole or not there, links that lead to the films, names that are unused, no id of a patient. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLabelled } from '../../src/data/manifest.ts'
import { fileNaming, isUid, patientNaming } from '../../src/dataset/names.ts'
import { type SetFilm, writeSet } from '../../src/dataset/write.ts'
import { folderOf, messageOf } from '../data/files.ts'

const film = (from: string, label: string, name = 'a.png'): SetFilm => ({
  from,
  folders: [label],
  name,
  label,
  patient: null,
})

describe('a set', () => {
  for (const copy of [true, false]) {
    it(`of ${copy ? 'copies' : 'links'} has every film under a name of its own, and its manifest finds them`, async () => {
      const root = folderOf({ 'x/a.png': 'one', 'y/A.png': 'two', 'z/a.png': 'three' })
      const out = join(root, 'sets', 'first')
      const films = [
        film(join(root, 'x/a.png'), 'covid'),
        film(join(root, 'y/A.png'), 'covid', 'A.png'),
        film(join(root, 'z/a.png'), 'normal'),
      ]
      expect(await writeSet(out, films, { copy, also: { 'more.txt': 'more' } })).toBe(3)
      const { films: read } = await readLabelled(join(out, 'manifest.csv'))
      expect(read.map(({ path, label }) => [path, label, readFileSync(path, 'utf8')])).toEqual([
        [join(out, 'covid/a.png'), 'covid', 'one'],
        [join(out, 'covid/A-2.png'), 'covid', 'two'],
        [join(out, 'normal/a.png'), 'normal', 'three'],
      ])
      const link = join(out, 'covid/a.png')
      expect(lstatSync(link).isSymbolicLink()).toBe(!copy)
      if (!copy) expect(isAbsolute(readlinkSync(link))).toBe(false)
      expect(readdirSync(join(root, 'sets'))).toEqual(['first'])
      expect(readdirSync(out).sort()).toEqual(['covid', 'manifest.csv', 'more.txt', 'normal'])
    })
  }

  it('is not there when it could not be made whole', async () => {
    const root = folderOf({ 'x/a.png': 'one' })
    const out = join(root, 'out')
    const films = [film(join(root, 'x/a.png'), 'covid'), film(join(root, 'gone.png'), 'normal')]
    expect(await messageOf(writeSet(out, films, { copy: true }), root)).toMatch(
      /^ROE_WRITE: FOLDER\/out: ENOENT/,
    )
    expect(existsSync(out)).toBe(false)
    expect(readdirSync(root)).toEqual(['x'])
  })

  it('never writes over a folder that holds something', async () => {
    const root = folderOf({ 'out/mine.txt': 'mine', 'x/a.png': 'one' })
    const said = await messageOf(
      writeSet(join(root, 'out'), [film(join(root, 'x/a.png'), 'covid')], { copy: true }),
      root,
    )
    expect(said).toBe(
      'ROE_OPTION: -o: expected a folder that is not there yet, or is empty, received FOLDER/out, which is neither; see --help',
    )
    expect(readdirSync(join(root, 'out'))).toEqual(['mine.txt'])
  })

  for (const label of ['a/b', '..', '', 'a\\b'])
    it(`refuses the label '${label}', which no folder can be called`, async () => {
      const root = folderOf({ 'x/a.png': 'one' })
      const said = await messageOf(
        writeSet(join(root, 'out'), [film(join(root, 'x/a.png'), label)], { copy: true }),
      )
      expect(said).toContain(`ROE_MANIFEST: label '${label}': a folder cannot be called so; rename the label`)
    })
})

describe('names', () => {
  it('number patients without a key, and tell with one who is the same in two sets', () => {
    const numbered = patientNaming(null)
    expect(['MRN 17', 'MRN 9', null, 'MRN 17'].map(numbered)).toEqual(['p1', 'p2', null, 'p1'])
    const [key, other] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
    const [first, second] = [patientNaming(key), patientNaming(key)]
    second('MRN 9')
    expect(first('MRN 17')).toMatch(/^[0-9a-f]{32}$/)
    expect(second('MRN 17')).toBe(first('MRN 17'))
    expect(patientNaming(other)('MRN 17')).not.toBe(first('MRN 17'))
  })

  it('of files are kept or hashed, with their extension', () => {
    expect(fileNaming(false, null)('films/Doe^John.PNG')).toBe('Doe^John.PNG')
    expect(fileNaming(true, Buffer.alloc(16, 1))('films/Doe^John.PNG')).toMatch(/^[0-9a-f]{32}\.png$/)
  })

  const UIDS: [name: string, is: boolean][] = [
    ['1.2.840.113619.2.55.3.604688119.971.1.dcm', true],
    ['CR.1.2.840.10008.5.1.4.png', true],
    ['series_1.2.840.10008.5.1.4.png', true],
    ['1-s2.0-S0140673620303706-fx1_lrg.jpg', false],
    ['nejmoa2001191_f3-PA.jpeg', false],
    ['auntminnie-a-2020_01_28_23_51_6665_2020_01_28_Vietnam_coronavirus.jpeg', false],
  ]
  for (const [name, is] of UIDS) it(`${name} is ${is ? 'a' : 'no'} UID`, () => expect(isUid(name)).toBe(is))
})

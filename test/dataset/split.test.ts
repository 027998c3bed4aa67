/** Parts of a set: shares kept for each label, no patient and no copy in two parts, what was drawn is what is written. */
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLabelled, readManifest } from '../../src/data/manifest.ts'
import {
  drawParts,
  type Parted,
  partCounts,
  writeParts,
  writePartsManifest,
} from '../../src/dataset/split.ts'
import { folderOf, messageOf } from '../data/files.ts'
import { asPng, COPYINGS, madeFilm } from '../data/made-films.ts'
import { hasShared, shared } from '../shared.ts'

/** 12 films of each class; the first four `a` are of one patient, and `b0`, `b1` are copies. */
async function films(): Promise<string> {
  const files: Record<string, Uint8Array | string> = {}
  const rows = ['path,label,patient']
  for (const label of ['a', 'b'])
    for (let number = 0; number < 12; number++) {
      const name = `${label}${number}.png`
      const isCopy = name === 'b1.png'
      const grey = madeFilm(label === 'a' ? number : 100 + (isCopy ? 0 : number))
      files[name] = await (isCopy ? COPYINGS['half the size']! : asPng)(grey)
      rows.push(`${name},${label},${label === 'a' && number < 4 ? 'Doe^Jane' : ''}`)
    }
  return folderOf({ ...files, 'films.csv': `${rows.join('\n')}\n` })
}

const partOf = ({ films: all }: Parted, name: string) =>
  all.find(({ path }) => path.endsWith(`/${name}`))?.split

describe('parts of a set', () => {
  it('keep the shares of each label, one patient in one part, and copies together', async () => {
    const set = await readLabelled(join(await films(), 'films.csv'))
    for (const seed of [1, 2, 3]) {
      const parted = await drawParts(set, { test: 0.25, val: 0.25 }, seed)
      expect(partCounts(parted)).toEqual([
        ['train', [expect.any(Number), expect.any(Number)]],
        ['val', [expect.any(Number), expect.any(Number)]],
        ['test', [expect.any(Number), expect.any(Number)]],
      ])
      for (const [part, counts] of partCounts(parted))
        for (const count of counts)
          expect(Math.abs(count - (part === 'train' ? 6 : 3))).toBeLessThanOrEqual(2)
      expect(parted.films).toHaveLength(24)
      expect(new Set(['a0.png', 'a1.png', 'a2.png', 'a3.png'].map((name) => partOf(parted, name))).size).toBe(
        1,
      )
      expect(parted.copies).toBe(1)
      expect(partOf(parted, 'b0.png')).toBe(partOf(parted, 'b1.png'))
    }
  })

  it('become folders that train and evaluate read, and a manifest with the split, where no patient has a name', async () => {
    const root = await films()
    const parted = await drawParts(await readLabelled(join(root, 'films.csv')), { test: 0.25, val: 0 }, 1)
    await writeParts(join(root, 'parts'), parted, { copy: false, hashNames: false, key: null })
    expect(readdirSync(join(root, 'parts')).sort()).toEqual([
      'manifest.csv',
      'test',
      'test.csv',
      'train',
      'train.csv',
    ])
    const { films: test } = await readLabelled(join(root, 'parts', 'test'))
    expect(test.length).toBe(parted.films.filter(({ split }) => split === 'test').length)
    expect(lstatSync(test[0]!.path).isSymbolicLink()).toBe(true)
    const { films: named } = await readManifest(join(root, 'parts', 'test.csv'))
    expect(named.map(({ path }) => path)).toEqual(test.map(({ path }) => path))
    expect(new Set(named.map(({ split }) => split))).toEqual(new Set(['test']))
    const { films: all } = await readManifest(join(root, 'parts', 'manifest.csv'))
    for (const { path, split } of all) expect(path).toContain(`/parts/${split}/`)
    expect(new Set(all.map(({ patient }) => patient))).toEqual(new Set([null, 'p1']))
  })

  it('become a manifest alone, which names the films where they are', async () => {
    const root = await films()
    const parted = await drawParts(await readLabelled(join(root, 'films.csv')), { test: 0.25, val: 0 }, 1)
    const file = join(root, 'lists', 'parts.csv')
    await writePartsManifest(file, parted, { key: null })
    const { films: all } = await readManifest(file)
    expect(all.map(({ path, label, split }) => [path, label, split])).toEqual(
      parted.films.map(({ path, label, split }) => [path, label, split]),
    )
  })

  it('have no film that cannot be read; it is told', async () => {
    const root = folderOf({
      'a/1.png': await asPng(madeFilm(1)),
      'a/2.png': await asPng(madeFilm(2)),
      'a/3.png': 'no film',
      'b/1.png': await asPng(madeFilm(3)),
      'b/2.png': await asPng(madeFilm(4)),
    })
    const parted = await drawParts(await readLabelled(root), { test: 0.5, val: 0 }, 1)
    expect(parted.films).toHaveLength(4)
    expect(parted.failures.map(({ path, error }) => [path, error.code])).toEqual([
      [join(root, 'a/3.png'), 'ROE_FILM_FORMAT'],
    ])
  })

  it('are not drawn where no film of a class can be read', async () => {
    const root = folderOf({ 'a/1.png': await asPng(madeFilm(1)), 'b/1.png': 'no film' })
    const said = await messageOf(readLabelled(root).then((set) => drawParts(set, { test: 0.5, val: 0 }, 1)))
    expect(said).toBe("ROE_SPLIT: b: no film of class 'b' can be read; add films, or choose another share")
  })

  it.skipIf(!hasShared)('on real films leave the known copies of seed003 together', async () => {
    const parted = await drawParts(await readLabelled(shared('seed003/train')), { test: 0.2, val: 0 }, 42)
    expect(parted.copies).toBeGreaterThanOrEqual(2)
    for (const [one, other] of [
      ['Viral Pneumonia/019.jpeg', 'Viral Pneumonia/020.jpeg'],
      ['Normal/019.jpeg', 'Normal/020.jpeg'],
    ] as const)
      expect(partOf(parted, one)).toBe(partOf(parted, other))
    expect(partCounts(parted)[1]).toEqual(['test', [22, 14, 14]])
  })
})

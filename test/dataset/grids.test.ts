/** Pictures of a set: the films that the seed draws, before and after, in the changes of S2.4. */
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readLabelled } from '../../src/data/manifest.ts'
import { GRIDS, type GridName, gridOf } from '../../src/dataset/grids.ts'
import { folderOf } from '../data/files.ts'
import { asPng, madeFilm } from '../data/made-films.ts'

/** A square film with a bar, one that is not square, and what is no film, in each class. */
async function films(): Promise<string> {
  const bar = Uint8Array.from({ length: 300 * 300 }, (_, at) => (at % 300 < 40 ? 0 : 90 + (at % 101)))
  const barred = await sharp(bar, { raw: { width: 300, height: 300, channels: 1 } })
    .png()
    .toBuffer()
  const files: Record<string, Uint8Array | string> = {}
  for (const label of ['a', 'b'])
    Object.assign(files, {
      [`${label}/barred.png`]: barred,
      [`${label}/tall.png`]: await asPng(madeFilm(1)),
      [`${label}/text.png`]: 'no film',
    })
  return folderOf(files)
}

const OPTIONS = { rule: 'hansen', seed: 1 } as const

const grid = async (folder: string, name: GridName, more: { perClass?: number; seed?: number } = {}) =>
  (await gridOf(await readLabelled(folder), name, { ...OPTIONS, ...more })).svg
const captions = (svg: string) => [...svg.matchAll(/font-size="10"[^>]*>([^<]+)</g)].map(([, words]) => words)
const ratios = (svg: string) =>
  [...svg.matchAll(/<image x="[^"]+" y="[^"]+" width="([\d.]+)" height="([\d.]+)"/g)]
    .map(([, width, height]) => (Number(width) / Number(height)).toFixed(2))
    .sort()

describe('grids', () => {
  it('samples: films as they are, an empty place for what is none', async () => {
    const svg = await grid(await films(), 'samples')
    expect(ratios(svg)).toEqual(['0.80', '0.80', '1.00', '1.00'])
    expect(captions(svg)).toEqual(['cannot be read', 'cannot be read'])
  })

  it('bars: before and after, rejected where the rule rejects', async () => {
    const folder = await films()
    const svg = await grid(folder, 'bars')
    for (const heading of ['a, before', 'a, after', 'b, before', 'b, after'])
      expect(svg).toContain(`>${heading}<`)
    expect(captions(svg).filter((words) => words === 'not square: rejected')).toHaveLength(2)
    const robust = await gridOf(await readLabelled(folder), 'bars', { ...OPTIONS, rule: 'robust' })
    expect(ratios(robust.svg)).toContain('0.87')
  })

  it('augmentations: the ten pictures of S2.4 of one film a class, all of its size', async () => {
    const folder = folderOf({ 'a/1.png': await asPng(madeFilm(1)), 'b/1.png': await asPng(madeFilm(2)) })
    const svg = await grid(folder, 'augmentations')
    expect(captions(svg).slice(0, 10)).toEqual([
      'as it is',
      'contrast × 2',
      'saturation × 3',
      'flipped left-right',
      'flipped up-down',
      'flipped both ways',
      'turned by 45°',
      'turned by 135°',
      'turned by 225°',
      'turned by 315°',
    ])
    expect(new Set(ratios(svg))).toEqual(new Set(['0.80']))
    const pictures = [...svg.matchAll(/base64,([^"]+)/g)].map(([, bytes]) => bytes)
    // A grey film has no saturation; every other change shows.
    expect(new Set(pictures.slice(0, 10)).size).toBe(9)
  })

  it('show the same films for the same seed', async () => {
    const files = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => asPng(madeFilm(seed))))
    const folder = folderOf(
      Object.fromEntries(
        files.flatMap((bytes, i) => [
          [`a/${i}.png`, bytes],
          [`b/${i}.png`, bytes],
        ]),
      ),
    )
    const first = await grid(folder, 'samples', { perClass: 2 })
    expect(await grid(folder, 'samples', { perClass: 2 })).toBe(first)
    const others = await Promise.all([2, 3, 4].map((seed) => grid(folder, 'samples', { perClass: 2, seed })))
    expect(others.some((svg) => svg !== first)).toBe(true)
  })

  it('each say what they show', () => {
    for (const { describe: words } of Object.values(GRIDS))
      expect(words).toMatch(/^(a film|films) of each class/)
  })
})

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLabelledFolder } from '../../src/data/folder.ts'
import type { LabelledSet } from '../../src/data/labelled.ts'
import { encodePng } from '../../src/image/encode.ts'
import { digestOf, type Prepared, prepare } from '../../src/train/prepare.ts'
import { preprocessingOf } from '../../src/train/recipes.ts'
import { phantomFolder } from './films.ts'

const FILM = { bars: 'none', how: 'stretch', width: 64, height: 64, kernel: 'cv2-linear' } as const
const ACCORDING_TO = preprocessingOf(FILM)
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-prepare-'))
  await phantomFolder(folder, { classes: ['normal', 'opacity'], count: 8 })
  // Copies of one film: films 20 to 22 of the class are film 0.
  for (const copy of [20, 21, 22])
    copyFileSync(join(folder, 'normal', 'film00.png'), join(folder, 'normal', `film${copy}.png`))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const nameOf = (path: string): string => join(basename(dirname(path)), basename(path))
const sidesOf = ({ films }: Prepared) => films.map(({ path, split }) => [nameOf(path), split])
const withFilms = (set: LabelledSet, paths: readonly string[]): LabelledSet => ({
  ...set,
  films: [
    ...set.films,
    ...paths.map((path) => ({ path, label: basename(dirname(path)), patient: null, split: null })),
  ],
})

describe('the two sides of a training', () => {
  it('hold a fifth of each class to validate, whatever the order of the films', async () => {
    const set = await readLabelledFolder(folder)
    const one = await prepare(set, { validation: 0.2, seed: 1 }, ACCORDING_TO)
    const two = await prepare(
      { ...set, films: set.films.toReversed() },
      { validation: 0.2, seed: 1 },
      ACCORDING_TO,
    )
    expect(two).toEqual(one)
    expect(digestOf(two.films)).toBe(digestOf(one.films))
    expect(one.films).toHaveLength(19)
    const held = one.films.filter(({ split }) => split === 'validation')
    expect(new Set(held.map(({ label }) => label))).toEqual(new Set(['normal', 'opacity']))
    expect(held.length).toBeGreaterThanOrEqual(3)
    expect(held.length).toBeLessThanOrEqual(6)
  })

  it('differ by seed, and have all copies of one film on one of them', async () => {
    const set = await readLabelledFolder(folder)
    const draws = new Set<string>()
    const sidesOfCopies = new Set<string>()
    for (let seed = 0; seed < 12; seed++) {
      const prepared = await prepare(set, { validation: 0.2, seed }, ACCORDING_TO)
      expect(prepared.duplicates).toBe(6)
      const copies = prepared.films.filter(({ path }) => /normal.film(00|2\d)/.test(path))
      expect(copies).toHaveLength(4)
      const sides = new Set(copies.map(({ split }) => split))
      expect(sides.size).toBe(1)
      for (const side of sides) sidesOfCopies.add(side)
      draws.add(JSON.stringify(sidesOf(prepared)))
    }
    expect(draws.size).toBeGreaterThan(6)
    expect(sidesOfCopies).toContain('train')
  })

  it('are without the films that cannot be read or preprocessed, which are named with their reasons', async () => {
    const text = join(folder, 'opacity', 'text.png')
    const black = join(folder, 'normal', 'black.png')
    writeFileSync(text, 'no picture')
    const pixels = new Uint8Array(64 * 64)
    writeFileSync(black, await encodePng({ width: 64, height: 64, channels: 1, pixels }))
    const set = await readLabelledFolder(folder)
    const gone = join(folder, 'opacity', 'gone.png')
    const hansen = preprocessingOf({ ...FILM, bars: 'hansen' })
    const prepared = await prepare(withFilms(set, [gone]), { validation: 0.2, seed: 1 }, hansen)
    rmSync(text)
    rmSync(black)
    expect(prepared.failures.map(({ path, error }) => [nameOf(path), error.code])).toEqual([
      ['opacity/text.png', 'ROE_FILM_FORMAT'],
      ['opacity/gone.png', 'ROE_FILM_MISSING'],
      ['normal/black.png', 'ROE_BARS_ALL_BLACK'],
    ])
    expect(prepared.films).toHaveLength(19)
    expect(prepared.films.map(({ path }) => path)).not.toContain(black)
  })

  it('cannot be drawn where a class has no film left, or one', async () => {
    const set = await readLabelledFolder(folder)
    const lost = { ...set, labels: [...set.labels, 'zebra'] }
    const text = join(folder, 'zebra', 'text.png')
    const options = { validation: 0.2, seed: 1 }
    await expect(prepare(withFilms(lost, [text]), options, ACCORDING_TO)).rejects.toThrow(
      "ROE_SPLIT: zebra: no film of class 'zebra' can be used",
    )
    const few = { ...set, films: set.films.filter(({ path }) => !/opacity.film0[1-7]/.test(path)) }
    await expect(prepare(few, options, ACCORDING_TO)).rejects.toThrow(
      "ROE_SPLIT: opacity: class 'opacity' has one film only",
    )
  })
})

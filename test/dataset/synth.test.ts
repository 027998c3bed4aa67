/** Made-up sets: the manifest says where the opacities are, and the same seed gives the same bytes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readTable } from '../../src/data/csv.ts'
import { PHANTOM_POSITIVE, phantomOf, writePhantoms } from '../../src/dataset/synth.ts'
import { decodeFilm } from '../../src/image/decode.ts'
import { folderOf } from '../data/files.ts'

const SET = { seed: 7, part: 'train', size: 48, conspicuity: 1 }

const rowsOf = async (folder: string) =>
  (
    await readTable(join(folder, 'manifest.csv'), ['path', 'label', 'patient', 'opacities'], ({ cell }) => ({
      path: cell('path'),
      label: cell('label'),
      opacities: cell('opacities'),
    }))
  ).rows

it('has films of both classes, with circles on those with opacities, inside the film', async () => {
  const out = join(folderOf({}), 'set')
  expect(await writePhantoms(out, SET, 5)).toBe(10)
  const rows = await rowsOf(out)
  expect(rows.map(({ label }) => label)).toEqual([...Array(5).fill('normal'), ...Array(5).fill('opacity')])
  for (const [index, { path, label, opacities }] of rows.entries()) {
    expect(await decodeFilm(join(out, path))).toMatchObject({ width: 48, height: 48, channels: 1, bits: 8 })
    const circles = opacities === '' ? [] : opacities.split('; ').map((text) => text.split(' ').map(Number))
    expect(circles.length > 0).toBe(label === PHANTOM_POSITIVE)
    if (label !== PHANTOM_POSITIVE) continue
    const made = phantomOf(SET, 'opacity', index - 5).opacities
    expect(circles).toEqual(
      made.map(({ x, y, radius }) => [x, y, radius].map((value) => Number(value.toFixed(1)))),
    )
    for (const [x, y] of circles) for (const at of [x, y]) expect(at! > 0 && at! < 48).toBe(true)
  }
})

it('gives the same bytes for the same seed, others for another part', async () => {
  const root = folderOf({})
  for (const [name, set] of [
    ['a', SET],
    ['b', SET],
    ['c', { ...SET, part: 'test' }],
  ] as const)
    await writePhantoms(join(root, name), set, 2)
  const bytes = (name: string) => readFileSync(join(root, name, 'opacity', 'film0001.jpg'), 'hex')
  expect(bytes('a')).toBe(bytes('b'))
  expect(bytes('c')).not.toBe(bytes('a'))
  expect(readFileSync(join(root, 'a', 'manifest.csv'))).toEqual(readFileSync(join(root, 'b', 'manifest.csv')))
})

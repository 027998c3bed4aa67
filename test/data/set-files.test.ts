/** What `roentgen dataset` writes beside the films of a set is passed over by whoever names the folder, and nothing else is. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openInputs } from '../../src/data/inputs/inputs.ts'
import { readLabelled } from '../../src/data/manifest.ts'
import { isSetFile } from '../../src/data/set-files.ts'
import { drawParts, writeParts, writePartsManifest } from '../../src/dataset/split.ts'
import { writePhantoms } from '../../src/dataset/synth.ts'
import { folderOf } from './files.ts'

const SET = { seed: 1, part: 'train', size: 16, conspicuity: 1 }

async function listed(folder: string) {
  const inputs = await openInputs([folder])
  const names: string[] = []
  for await (const { name } of inputs.films()) names.push(name.slice(folder.length + 1))
  return { names, notes: inputs.notes() }
}

it('of a set that was made, and of one that was divided, the films are listed', async () => {
  const place = folderOf({})
  const made = join(place, 'made')
  await writePhantoms(made, SET, 3)
  const films = ['normal', 'opacity'].flatMap((label) =>
    ['0000.png', '0001.jpg', '0002.png'].map((name) => `${label}/film${name}`),
  )
  const passedOver = (files: string) => [`passed over: ${files} of roentgen dataset, which are no films`]
  expect(await listed(made)).toEqual({ names: films, notes: passedOver('1 file') })

  const parted = await drawParts(await readLabelled(made), { test: 0.34, val: 0 }, 1)
  const naming = { hashNames: false, key: null }
  await writeParts(join(place, 'parts'), parted, { ...naming, copy: true })
  const { names, notes } = await listed(join(place, 'parts'))
  expect([names.length, notes]).toEqual([6, passedOver('3 files')])

  await writePartsManifest(join(made, 'any name.csv'), parted, naming)
  expect(await listed(made)).toEqual({ names: films, notes: passedOver('2 files') })
})

describe('a file of a set', () => {
  const FILES: [name: string, content: string, is: boolean][] = [
    ['manifest.csv', 'path,label,patient\n', true],
    ['a.CSV', 'path,label,patient,split\r\n', true],
    ['left-out.csv', 'file,label,reason,detail\n', true],
    ['dataset.json', '{\n  "version": 1,\n  "set": "ryan"', true],
    ['scores.csv', 'path,status,label\n', false],
    ['patients.csv', 'path,label,patients\n', false],
    ['other.csv', 'file,label,reason,detail\n', false],
    ['dataset.json', '{"films": 3}', false],
    ['manifest.csv', '', false],
    ['film.png', 'path,label,patient\n', false],
  ]
  it.each(FILES)('%s that begins with %j: %s', async (name, content, is) => {
    expect(await isSetFile(join(folderOf({ [name]: content }), name))).toBe(is)
  })

  it('is none where nothing can be read; named by itself it is taken as what was named', async () => {
    const folder = folderOf({ 'manifest.csv/x': '', 'set.csv': 'path,label,patient\n' })
    expect(await isSetFile(join(folder, 'manifest.csv'))).toBe(false)
    expect(await isSetFile(join(folder, 'gone.csv'))).toBe(false)
    const inputs = await openInputs([join(folder, 'set.csv')])
    expect((await inputs.count())?.films).toBe(1)
  })
})

import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listFilms, readLabelledFolder } from '../../src/data/folder.ts'
import { readLabelled } from '../../src/data/manifest.ts'
import { hasShared, shared } from '../shared.ts'
import { folderOf, messageOf } from './files.ts'

describe('listFilms', () => {
  test('lists every file that is not hidden, by code unit of the relative path', async () => {
    const names = [
      'b.png',
      'a/z.jpg',
      'a.png',
      'B.png',
      'a/ä.jpg',
      'notes.txt',
      'a/b/c',
      'Viral Pneumonia/1.jpeg',
    ]
    const hidden = ['.hidden.png', '.folder/a.png', 'a/.DS_Store']
    const folder = folderOf(Object.fromEntries([...names, ...hidden].map((name) => [name, ''])))
    expect((await listFilms(folder)).map((path) => path.slice(folder.length + 1))).toEqual([
      'B.png',
      'Viral Pneumonia/1.jpeg',
      'a.png',
      'a/b/c',
      'a/z.jpg',
      'a/ä.jpg',
      'b.png',
      'notes.txt',
    ])
  })

  test('lists links and sockets, whatever they lead to, but does not walk into linked folders', async () => {
    const folder = folderOf({ 'film.png': '', 'below/other.png': '' })
    symlinkSync('film.png', join(folder, 'link-to-film'))
    symlinkSync('below', join(folder, 'link-to-folder'))
    symlinkSync('link-to-itself', join(folder, 'link-to-itself'))
    symlinkSync('nowhere', join(folder, 'link-to-nothing'))
    const server = createServer().listen(join(folder, 'socket'))
    await once(server, 'listening')
    expect((await listFilms(folder)).map((path) => path.slice(folder.length + 1))).toEqual([
      'below/other.png',
      'film.png',
      'link-to-film',
      'link-to-folder',
      'link-to-itself',
      'link-to-nothing',
      'socket',
    ])
    server.close()
  })

  test('keeps the folder as the user wrote it', async () => {
    const folder = folderOf({ 'x/film.png': '' })
    expect(await listFilms(`${folder}/x/../x//`)).toEqual([`${folder}/x/../x/film.png`])
  })

  test('a file alone is the whole list', async () => {
    const folder = folderOf({ 'film.png': '' })
    expect(await listFilms(`${folder}/film.png`)).toEqual([`${folder}/film.png`])
  })

  test('a missing folder, a folder of hidden files and an empty one are errors', async () => {
    const folder = folderOf({ 'hidden/.a': '' })
    mkdirSync(join(folder, 'empty'))
    expect(await messageOf(listFilms(`${folder}/none`), folder)).toBe(
      'ROE_NOT_FOUND: FOLDER/none: there is no such file or folder; check the path',
    )
    for (const name of ['hidden', 'empty']) {
      expect(await messageOf(listFilms(`${folder}/${name}`), folder)).toBe(
        `ROE_NO_FILMS: FOLDER/${name}: there are no films in it; name a folder with films`,
      )
    }
  })
})

describe('readLabelledFolder', () => {
  test('labels films by the folder directly below, and lists what lies beside', async () => {
    const folder = folderOf({
      'Viral Pneumonia/01.jpeg': '',
      'Covid/deep/01.jpeg': '',
      'Covid/01.jpeg': '',
      'metadata.csv': '',
    })
    mkdirSync(join(folder, 'Normal'))
    const film = (path: string, label: string) => ({
      path: `${folder}/${path}`,
      label,
      patient: null,
      split: null,
    })
    expect(await readLabelledFolder(folder)).toEqual({
      films: [
        film('Covid/01.jpeg', 'Covid'),
        film('Covid/deep/01.jpeg', 'Covid'),
        film('Viral Pneumonia/01.jpeg', 'Viral Pneumonia'),
      ],
      labels: ['Covid', 'Viral Pneumonia'],
      beside: [`${folder}/metadata.csv`],
      notes: [
        `${folder}: no films in Normal, which therefore is no class`,
        `${folder}: 1 file beside the class folders has no label`,
      ],
    })
  })

  test('names the manifest beside the class folders, which may know patients', async () => {
    const folder = folderOf({ 'a/1.png': '', 'b/1.png': '', 'manifest.csv': '', 'notes.txt': '' })
    const { notes } = await readLabelledFolder(folder)
    expect(notes).toEqual([
      `${folder}: 2 files beside the class folders have no label; name ${folder}/manifest.csv instead for what it says of patients`,
    ])
  })

  test('folders that are named after parts of a set are no classes', async () => {
    const folder = folderOf({ 'test/Covid/1.png': '', 'train/Covid/1.png': '' })
    await expect(readLabelledFolder(folder)).rejects.toThrow(
      `ROE_PARTS_NOT_CLASSES: ${folder}: its folders test, train are parts of a data set, not classes; name one of them, e.g. its train folder`,
    )
  })

  test('fewer than two classes, no film, no folder: each has its code', async () => {
    const folder = folderOf({ 'one/Covid/1.png': '', 'flat/1.png': '' })
    mkdirSync(join(folder, 'empty/Covid'), { recursive: true })
    const remedy = 'put the films of each class into a folder named after it'
    for (const [name, message] of [
      [
        'one',
        `ROE_NO_CLASSES: FOLDER/one: a labelled folder needs at least two class folders, found 1; ${remedy}`,
      ],
      [
        'flat',
        `ROE_NO_CLASSES: FOLDER/flat: a labelled folder needs at least two class folders, found 0; ${remedy}`,
      ],
      ['empty', 'ROE_NO_FILMS: FOLDER/empty: there are no films in it; name a folder with films'],
      ['none', 'ROE_NOT_FOUND: FOLDER/none: there is no such folder; check the path'],
      ['flat/1.png', 'ROE_NOT_FOUND: FOLDER/flat/1.png: there is no such folder; check the path'],
    ] as const)
      expect(await messageOf(readLabelledFolder(`${folder}/${name}`), folder)).toBe(message)
  })
})

describe.skipIf(!hasShared)('the shared films', () => {
  test.each([
    ['seed003/train', { Covid: 111, Normal: 70, 'Viral Pneumonia': 70 }],
    ['seed003/test', { Covid: 26, Normal: 20, 'Viral Pneumonia': 20 }],
    ['seed000', { covid: 101, normal: 102, pneumonia: 102 }],
  ])('%s has its classes and counts', async (path, counts) => {
    const { films, labels, notes } = await readLabelled(shared(path))
    expect(
      Object.fromEntries(labels.map((label) => [label, films.filter((f) => f.label === label).length])),
    ).toEqual(counts)
    expect(new Set(films.map((film) => film.path)).size).toBe(films.length)
    expect(notes).toEqual([])
  })
})

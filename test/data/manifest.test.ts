import { describe, expect, test } from 'vitest'
import { readLabelled, readLabels, readManifest } from '../../src/data/manifest.ts'
import { hasShared, shared } from '../shared.ts'
import { folderOf, messageOf } from './files.ts'

const MANIFEST = `path,label,patient,note,split
films/1.png,covid,p1,"fever, 37",train
/abs/../2.png,normal,,,test
../3.png,normal,p2,,
`

test('a manifest gives films relative to its own folder', async () => {
  const folder = folderOf({ 'lists/all.csv': MANIFEST })
  expect(await readLabelled(`${folder}/lists/all.csv`)).toEqual({
    films: [
      { path: `${folder}/lists/films/1.png`, label: 'covid', patient: 'p1', split: 'train' },
      { path: '/2.png', label: 'normal', patient: null, split: 'test' },
      { path: `${folder}/3.png`, label: 'normal', patient: 'p2', split: null },
    ],
    labels: ['covid', 'normal'],
    beside: [],
    notes: [],
  })
})

test('labels keep their paths as written, and one label is enough', async () => {
  const folder = folderOf({ 'l.csv': "path,label\n'-1.png,normal\nx/2.png,normal\n" })
  expect(await readLabels(`${folder}/l.csv`)).toEqual({
    films: [
      { path: '-1.png', label: 'normal', patient: null, split: null },
      { path: 'x/2.png', label: 'normal', patient: null, split: null },
    ],
    labels: ['normal'],
    notes: [],
  })
})

const hint = 'see "manifest" in the README'
const BROKEN: [name: string, content: string, message: string][] = [
  [
    'no label',
    'path,label\n1,a\n2,\n',
    `ROE_MANIFEST: FOLDER/m.csv, line 3: the label is empty; fill it in or drop the row; ${hint}`,
  ],
  [
    'no path',
    'path,label\n,a\n',
    `ROE_MANIFEST: FOLDER/m.csv, line 2: the path is empty; fill it in or drop the row; ${hint}`,
  ],
  [
    'a space',
    'path,label\n1,a \n',
    `ROE_MANIFEST: FOLDER/m.csv, line 2: the label 'a ' begins or ends with a space; take the space off; ${hint}`,
  ],
  [
    'the same film by two names',
    'path,label\n1,a\n\n./x/../1,b\n',
    `ROE_MANIFEST: FOLDER/m.csv, line 4: the film FOLDER/1 is already on line 2; keep one of the two; ${hint}`,
  ],
  [
    'one label',
    'path,label\n1,a\n2,a\n',
    `ROE_MANIFEST: FOLDER/m.csv: all its films have the label 'a'; name films of at least two labels; ${hint}`,
  ],
  [
    'no rows',
    'path,label\n',
    'ROE_NO_FILMS: FOLDER/m.csv: there are no films in it; name a folder with films',
  ],
]
test.each(BROKEN)('a manifest with %s is refused in words', async (_, content, message) => {
  const folder = folderOf({ 'm.csv': content })
  expect(await messageOf(readManifest(`${folder}/m.csv`), folder)).toBe(message)
})

test('what is neither a folder nor a CSV, and what is not there, is refused in words', async () => {
  const folder = folderOf({ 'film.png': '' })
  expect(await messageOf(readLabelled(`${folder}/film.png`), folder)).toBe(
    `ROE_MANIFEST: FOLDER/film.png: labelled films come as a folder of class folders or as a .csv file, and this is neither; ${hint}`,
  )
  expect(await messageOf(readLabelled(`${folder}/none`), folder)).toBe(
    'ROE_NOT_FOUND: FOLDER/none: there is no such file or folder; check the path',
  )
})

describe.skipIf(!hasShared)('the shared tables', () => {
  test.each([
    ['figure1/metadata.csv', "it needs the columns 'path', 'label' (in small letters); it has patientid,"],
    [
      'covid-chestxray-metadata/metadata.csv',
      "it needs the columns 'path', 'label' (in small letters); it has patientid,",
    ],
    ['MANIFEST.csv', "it needs the column 'label' (in small letters); it has path,"],
  ])('%s is no manifest, and the message says why', async (path, problem) => {
    expect(await messageOf(readManifest(shared(path)))).toContain(problem)
  })
})

test('a patient column under another name is told, since it would be missed without a word', async () => {
  const folder = folderOf({
    'm.csv': 'path,label,patient_id,Split,site\na.png,x,p1,test,s\nb.png,y,p2,test,s\n',
  })
  const { notes, films } = await readManifest(`${folder}/m.csv`)
  expect(films[0]).toMatchObject({ patient: null, split: null })
  expect(notes).toEqual([
    `${folder}/m.csv: not read: patient_id, Split; the columns that are read are called path, label, patient, split`,
  ])
})

/** Published sets from metadata and folders: the filters as written, the traps of the real files, every film accounted for. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { readTable } from '../../src/data/csv.ts'
import { readLabelled } from '../../src/data/manifest.ts'
import { type BuildOptions, buildSet } from '../../src/dataset/build.ts'
import { SETS, type SetName } from '../../src/dataset/sets.ts'
import { encodePng } from '../../src/image/encode.ts'
import { folderOf, messageOf } from '../data/files.ts'
import { hasShared, shared } from '../shared.ts'

const PNG = await encodePng({ width: 2, height: 2, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4) })

const HEADER = 'patientid,finding,view,modality,filename,clinical_notes,'
/** What a real metadata.csv holds, at its worst; ° stands in Latin-1. */
const ROWS: readonly [row: string, reason: string | null][] = [
  ['2,COVID-19,PA,X-ray,plain.jpeg,"38°, dry ""cough"", well",', null],
  ['2,COVID-19,PA,X-ray,twice.jpeg,,', null],
  ['2,COVID-19,PA,X-ray,twice.jpeg,,', 'named on an earlier row'],
  ['311a,Pneumonia/Viral/COVID-19,PA,X-ray,doubled.jpeg,,', null],
  ['4,COVID-19,PA,X-ray,converted.tiff,,', null],
  ['12,COVID-19,PA,X-ray,converted.jpeg,,', 'named on an earlier row'],
  ['5,"COVID-19, ARDS",PA,X-ray,ards.jpeg,,', 'another finding'],
  ['6,todo,PA,X-ray,todo.jpeg,,', 'another finding'],
  ['7,COVID-19,AP Supine,X-ray,supine.jpeg,,', 'another view'],
  ['8,COVID-19,Axial,CT,slice.jpeg,,', 'another view'],
  ['9,COVID-19,PA,X-ray,gone.jpeg,,', 'no such file'],
  ['10,COVID-19,PA,X-ray,both.jpeg,,', 'several files have this name'],
  ['11,COVID-19,PA,X-ray,text.jpeg,,', 'cannot be read'],
]

function collection(): string {
  const films = ['plain.jpeg', 'twice.jpeg', 'doubled.jpeg.jpg', 'converted.png', 'ards.jpeg', 'supine.jpeg']
  return folderOf({
    'metadata.csv': Buffer.from(`${[HEADER, ...ROWS.map(([row]) => row)].join('\n')}\n`, 'latin1'),
    ...Object.fromEntries(films.map((name) => [`images/${name}`, PNG])),
    'images/slice.jpeg': PNG,
    'images/todo.jpeg': PNG,
    'images/a/both.jpeg': PNG,
    'images/b/both.jpeg': PNG,
    'images/text.jpeg': 'no film',
    'images/stranger.jpeg': PNG,
    ...Object.fromEntries(
      ['IM-0033-0001-0001', 'IM-0033-0001-0002', 'NORMAL2-IM-0315-0001', 'x1', 'x2', 'x3'].map((name) => [
        `normal/${name}.jpeg`,
        PNG,
      ]),
    ),
    'normal/person7_bacteria_21.jpeg': PNG,
    'pneumonia/person7_bacteria_21.jpeg': PNG,
    'pneumonia/person7_virus_9.jpeg': PNG,
    'pneumonia/IM-0001-0001.jpeg': PNG,
  })
}

const optionsFor = (root: string, set: SetName, more: Partial<BuildOptions> = {}): BuildOptions => ({
  set,
  metadata: join(root, 'metadata.csv'),
  films: join(root, 'images'),
  folders: { normal: join(root, 'normal'), pneumonia: join(root, 'pneumonia') },
  normalInfo: undefined,
  counts: {},
  seed: 1,
  copy: true,
  hashNames: false,
  key: null,
  ...more,
})

const leftOut = async (out: string) =>
  (
    await readTable(join(out, 'left-out.csv'), ['file', 'label', 'reason', 'detail'], ({ cell }) => ({
      file: basename(cell('file')),
      label: cell('label'),
      reason: cell('reason'),
      detail: cell('detail'),
    }))
  ).rows

describe('a set of covid-chestxray', () => {
  it('has each row as a film or as one that was left out, with the reason', async () => {
    const root = collection()
    const out = join(root, 'set')
    const built = await buildSet(out, optionsFor(root, 'rosebrock'))
    const { films } = await readLabelled(join(out, 'manifest.csv'))
    const covid = films.filter(({ label }) => label === 'covid')
    expect(covid.map(({ path, patient }) => [basename(path), patient])).toEqual([
      ['converted.png', 'p1'],
      ['doubled.jpeg.jpg', 'p2'],
      ['plain.jpeg', 'p3'],
      ['twice.jpeg', 'p3'],
    ])
    const rows = (await leftOut(out)).filter(({ label }) => label === 'covid')
    const expected = ROWS.filter(([, reason]) => reason !== null).map(([row, reason]) => {
      const [file] = /\w+\.jpeg/.exec(row)!
      return [file, reason]
    })
    expect(rows.map(({ file, reason }) => [file, reason]).sort()).toEqual(expected.sort())
    expect(rows.find(({ file }) => file === 'ards.jpeg')?.detail).toBe('COVID-19, ARDS')
    expect(built.classes[0]).toMatchObject({ films: 4, looked: ROWS.length, patients: 3, published: 25 })
    expect(built.notes.join('\n').replaceAll(root, 'ROOT')).toContain(
      'ROOT/images: 1 of 12 files are named on no row of ROOT/metadata.csv',
    )
    expect(built.notes.join('\n')).toContain('was read as Latin-1')
  })

  it('takes as many normal films as of the first class, none whose name says pneumonia, and knows its patients', async () => {
    const root = collection()
    const out = join(root, 'set')
    const built = await buildSet(out, optionsFor(root, 'rosebrock', { counts: { normal: 6 } }))
    expect(built.classes[1]).toMatchObject({ films: 6, looked: 7, patients: 2 })
    expect((await leftOut(out)).filter(({ label }) => label === 'normal')).toEqual([
      {
        file: 'person7_bacteria_21.jpeg',
        label: 'normal',
        reason: 'its name says another class',
        detail: 'pneumonia',
      },
    ])
    const { films } = await readLabelled(join(out, 'manifest.csv'))
    const patients = films.filter(({ path }) => /IM-/.test(path)).map(({ patient }) => patient)
    expect(patients).toEqual(['p4', 'p4', 'p5'])
    const few = await buildSet(join(root, 'few'), optionsFor(root, 'rosebrock'))
    expect(few.classes.map(({ films: count }) => count)).toEqual([4, 4])
  })

  it('draws the same films for the same seed, others for another', async () => {
    const root = collection()
    const drawn = async (name: string, seed: number) => {
      await buildSet(
        join(root, name),
        optionsFor(root, 'rosebrock', { seed, counts: { covid: 4, normal: 3 } }),
      )
      return readdirSync(join(root, name, 'normal'))
        .sort()
        .join()
    }
    expect(await drawn('a', 1)).toBe(await drawn('b', 1))
    const others = await Promise.all([2, 3, 4, 5].map((seed) => drawn(`c${seed}`, seed)))
    expect(new Set(others).size).toBeGreaterThan(1)
    expect(readFileSync(join(root, 'a/manifest.csv'))).toEqual(readFileSync(join(root, 'b/manifest.csv')))
  })

  it('with a key has neither ids of patients nor file names', async () => {
    const root = collection()
    const out = join(root, 'set')
    await buildSet(out, optionsFor(root, 'rosebrock', { hashNames: true, key: Buffer.alloc(16, 7) }))
    const { films } = await readLabelled(join(out, 'manifest.csv'))
    for (const { path, patient } of films) {
      expect(basename(path)).toMatch(/^[0-9a-f]{32}\.(png|jpe?g)$/)
      if (patient !== null) expect(patient).toMatch(/^[0-9a-f]{32}$/)
    }
    const written = ['manifest.csv', 'left-out.csv', 'dataset.json']
      .map((name) => readFileSync(join(out, name), 'utf8'))
      .join()
    expect(written).not.toMatch(/plain|twice|311a|person7|IM-0/)
  })

  it("takes RSNA's normal films in the order of its table", async () => {
    const root = collection()
    const table = [
      'patientId,class',
      'x3,Normal',
      'x1,Lung Opacity',
      'x2,Normal',
      'x2,Normal',
      'x9,Normal',
      'x1,Normal',
    ]
    const info = join(folderOf({ 'info.csv': `${table.join('\n')}\n` }), 'info.csv')
    const out = join(root, 'set')
    const built = await buildSet(out, optionsFor(root, 'hansen', { normalInfo: info, counts: { normal: 2 } }))
    expect(readdirSync(join(out, 'normal')).sort()).toEqual(['x2.jpeg', 'x3.jpeg'])
    expect(built.classes[1]!.leftOut).toEqual({
      'another class': 1,
      'named on an earlier row': 1,
      'no such file': 1,
      'not drawn': 1,
    })
  })

  const OTHERS: [what: string, columns: string, option: 'metadata' | 'normalInfo', told: RegExp][] = [
    [
      "RSNA's classes as metadata",
      'patientId,class',
      'metadata',
      /^ROE_OPTION: --metadata: expected covid-chestxray's metadata.csv \(filename, finding, view, modality\), received \S+, which is RSNA's stage_2_detailed_class_info.csv, for --normal-info; /,
    ],
    [
      "RSNA's boxes",
      'patientId,x,y,width,height,Target',
      'normalInfo',
      /^ROE_OPTION: --normal-info: expected RSNA's stage_2_detailed_class_info.csv .*, which is RSNA's stage_2_train_labels.csv, of no use here; /,
    ],
    [
      'metadata as classes',
      HEADER,
      'normalInfo',
      /, which is covid-chestxray's metadata.csv, for --metadata; /,
    ],
    [
      'a manifest',
      'path,label,patient',
      'metadata',
      /, which is a manifest of labelled films, for train --data; /,
    ],
    ['something else', 'a,b', 'metadata', /^ROE_MANIFEST: .*it needs the columns 'filename', 'finding'/],
  ]
  it.each(OTHERS)('knows %s, and says where it is wanted', async (_, columns, option, told) => {
    const root = collection()
    const table = join(folderOf({ 't.csv': `${columns}\n` }), 't.csv')
    const given = optionsFor(root, 'hansen', { [option]: table, counts: { covid: 1, normal: 1 } })
    expect(await messageOf(buildSet(join(root, 'set'), given))).toMatch(told)
    expect(readdirSync(root)).not.toContain('set')
  })

  it('says in one line which folder or film is missing', async () => {
    const root = collection()
    const without = { ...optionsFor(root, 'ryan'), folders: { normal: join(root, 'normal') } }
    expect(await messageOf(buildSet(join(root, 'set'), without))).toBe(
      'ROE_OPTION: --pneumonia: expected the folder of films of class pneumonia, which the set ryan has, received none; see --help',
    )
    const none = optionsFor(root, 'ryan', { films: join(root, 'normal') })
    expect(await messageOf(buildSet(join(root, 'set'), none))).toMatch(
      /^ROE_NO_FILMS: class covid: of \d+ looked at, \d+ [a-z ,0-9]*no such file[a-z ,0-9]*: there are no films in it; /,
    )
    expect(readdirSync(root)).not.toContain('set')
  })
})

test.each(Object.entries(SETS))('%s cites its line and has a class that others may count', (_, set) => {
  expect(set.source).toMatch(/^S[0-4]\.1$/)
  expect(set.classes[0].count).not.toBe('as the first')
  expect('rows' in set.classes[0].from).toBe(true)
})

describe.skipIf(!hasShared)('on the team’s films (../shared/data)', () => {
  const real = (set: SetName, films: string, normal: string): BuildOptions => ({
    ...optionsFor('', set),
    metadata: shared('covid-chestxray-metadata/metadata.csv'),
    films: shared(films),
    folders: { normal: shared(normal), pneumonia: shared('seed000/pneumonia') },
    copy: false,
  })

  it('finds the films of post 002 behind their two extensions, and accounts for all 751 rows', async () => {
    const out = join(folderOf({}), 'set')
    const { classes } = await buildSet(
      out,
      real('hansen', 'seed002/covid_adjusted', 'seed002/normal_dataset'),
    )
    const [covid, normal] = classes
    expect(covid!.looked).toBe(751)
    expect(covid!.films + Object.values(covid!.leftOut).reduce((sum, count) => sum + count, 0)).toBe(751)
    expect(covid!.films).toBeGreaterThan(80)
    expect(normal!.films).toBe(61)
    const { films } = await readLabelled(join(out, 'manifest.csv'))
    expect(films.filter(({ path }) => path.endsWith('.jpeg.jpg')).length).toBeGreaterThan(30)
  })

  it('does not take the 18 films of post 004 that are called pneumonia for normal ones', async () => {
    const { classes } = await buildSet(
      join(folderOf({}), 'set'),
      real('rosebrock', 'seed004/covid', 'seed004/normal'),
    )
    expect(classes[1]).toMatchObject({ films: 7, leftOut: { 'its name says another class': 18 } })
  })
})

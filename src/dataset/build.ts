/** Builds a published set from what its authors started from: covid-chestxray's metadata.csv with its films, and folders of
 *  other films. Every film that was looked at is in the set, or in left-out.csv with the reason. */

import { problemOf, RoentgenError } from '../../errors.ts'
import { deriveSeed, seededRandom, shuffled } from '../../random.ts'
import { csvRow } from '../data/csv.ts'
import { LEFT_OUT_COLUMNS, SET_FACTS } from '../data/set-files.ts'
import { lookAtFilm, readFilmBytes } from '../image/decode.ts'
import { giveBack } from '../image/lent.ts'
import {
  type Candidate,
  type Candidates,
  fromClassInfo,
  fromFolder,
  fromMetadata,
  type LeftOut,
  type Reason,
} from './candidates.ts'
import { fileNaming, isUid, patientNaming } from './names.ts'
import { type ClassSource, type FolderName, publishedSet, type SetName } from './sets.ts'
import { requireFree, type SetFilm, writeSet } from './write.ts'

export interface BuildOptions {
  set: SetName
  /** covid-chestxray's metadata.csv, and the folder with its films. */
  metadata: string
  films: string
  /** Folders of films of one class. */
  folders: Readonly<Partial<Record<FolderName, string>>>
  /** RSNA's CSV that says which films of the folder of normals are normal, and in which order; else they come by name. */
  normalInfo: string | undefined
  /** Label → how many, in the place of what the text takes. */
  counts: Readonly<Record<string, number>>
  seed: number
  copy: boolean
  /** Files are called by keyed hashes. */
  hashNames: boolean
  key: Buffer | null
}

/** One class of a set as it was built. */
export interface BuiltClass {
  label: string
  films: number
  published: number
  /** Rows or files that were looked at. */
  looked: number
  leftOut: Partial<Record<Reason, number>>
  /** Patients among the films; null where none is known. */
  patients: number | null
}

export interface Built {
  version: 1
  set: SetName
  source: string
  seed: number
  linked: boolean
  classes: BuiltClass[]
  /** What the user should know, one sentence each. */
  notes: string[]
}

/** Builds a set into a folder: class folders, `manifest.csv`, `left-out.csv`, `dataset.json`.
 *  @throws ROE_OPTION for a folder that is taken or an option that misses; ROE_NO_FILMS where a class would have none;
 *    what reading tables and folders throws; ROE_WRITE */
export async function buildSet(out: string, options: BuildOptions): Promise<Built> {
  await requireFree(out)
  const { source, classes } = publishedSet(options.set)
  const drawn: Drawn[] = []
  for (const row of classes) drawn.push(await drawClass(row, options, drawn[0]?.films.length))
  const built: Built = {
    version: 1,
    set: options.set,
    source,
    seed: options.seed,
    linked: !options.copy,
    classes: drawn.map(builtClass),
    notes: notesOn(drawn, options),
  }
  const nameOf = fileNaming(options.hashNames, options.key)
  await writeSet(out, filmsOf(drawn, nameOf, options.key), {
    copy: options.copy,
    also: {
      'left-out.csv': leftOutTable(drawn, nameOf),
      [SET_FACTS]: `${JSON.stringify(built, null, 2)}\n`,
    },
  })
  return built
}

interface Drawn {
  row: ClassSource
  /** Sorted by path. */
  films: Candidate[]
  leftOut: LeftOut[]
  looked: number
  notes: string[]
}

/** @param first  films of the first class, where there is one already */
async function drawClass(row: ClassSource, options: BuildOptions, first: number | undefined): Promise<Drawn> {
  const { films, leftOut, looked, notes } = await candidatesOf(row, options)
  const wanted =
    options.counts[row.label] ??
    (row.count === 'all' ? films.length : row.count === 'as the first' ? (first ?? films.length) : row.count)
  const order =
    row.draw === 'first' ? films : shuffled(films, seededRandom(deriveSeed(options.seed, row.label)))
  const taken: Candidate[] = []
  for (const film of order) {
    const problem = taken.length < wanted ? await problemWith(film.path) : null
    if (problem !== null) leftOut.push({ file: film.path, reason: 'cannot be read', detail: problem })
    else if (taken.length < wanted) taken.push(film)
    else leftOut.push({ file: film.path, reason: 'not drawn', detail: '' })
  }
  if (taken.length === 0) {
    const reasons = Object.entries(tallyOf(leftOut)).map(([reason, films]) => `${films} ${reason}`)
    const where = `class ${row.label}: ${[`of ${looked} looked at`, ...reasons].join(', ')}`
    throw new RoentgenError('ROE_NO_FILMS', { where })
  }
  taken.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { row, films: taken, leftOut, looked, notes }
}

function candidatesOf({ from, label }: ClassSource, options: BuildOptions): Promise<Candidates> {
  if ('rows' in from) return fromMetadata(options.metadata, options.films, from.rows)
  const folder = options.folders[from.folder]
  if (folder === undefined) {
    const expected = `the folder of films of class ${label}, which the set ${options.set} has`
    throw new RoentgenError('ROE_OPTION', { where: `--${from.folder}`, expected, received: 'none' })
  }
  return from.folder === 'normal' && options.normalInfo !== undefined
    ? fromClassInfo(options.normalInfo, folder, 'Normal')
    : fromFolder(folder, label)
}

/** Why a file is no film by its first bytes; null where it is one. Nothing is decoded. */
async function problemWith(path: string): Promise<string | null> {
  try {
    giveBack(await readFilmBytes(path, await lookAtFilm(path)))
    return null
  } catch (error) {
    return error instanceof RoentgenError ? error.reason : problemOf(error)
  }
}

function tallyOf(leftOut: readonly LeftOut[]): BuiltClass['leftOut'] {
  const tally: BuiltClass['leftOut'] = {}
  for (const { reason } of leftOut) tally[reason] = (tally[reason] ?? 0) + 1
  return tally
}

const builtClass = ({ row, films, leftOut, looked }: Drawn): BuiltClass => {
  const known = films.flatMap(({ patient }) => (patient === null ? [] : [patient]))
  return {
    label: row.label,
    films: films.length,
    published: row.published,
    looked,
    leftOut: tallyOf(leftOut),
    patients: known.length === 0 ? null : new Set(known).size,
  }
}

function notesOn(drawn: readonly Drawn[], { hashNames }: BuildOptions): string[] {
  const uids = drawn.flatMap(({ films }) => films).filter(({ path }) => isUid(path)).length
  const without = drawn.filter(({ films }) => films.some(({ patient }) => patient === null))
  return [
    ...drawn.flatMap(({ notes }) => notes),
    ...(without.length === 0
      ? []
      : [
          `patients are not known of all films of ${without.map(({ row }) => row.label).join(', ')}: each of these counts as a patient of its own`,
        ]),
    ...(uids === 0 || hashNames
      ? []
      : [`${uids} films are called by DICOM UIDs; --path-as hash gives them other names`]),
  ]
}

/** Patients are named by class and source id, since two sources may number alike. */
function* filmsOf(
  drawn: readonly Drawn[],
  nameOf: (path: string) => string,
  key: Buffer | null,
): Generator<SetFilm> {
  const patientOf = patientNaming(key)
  for (const { row, films } of drawn)
    for (const { path, patient } of films)
      yield {
        from: path,
        folders: [row.label],
        name: nameOf(path),
        label: row.label,
        patient: patientOf(patient === null ? null : `${row.label} ${patient}`),
      }
}

const leftOutTable = (drawn: readonly Drawn[], nameOf: (path: string) => string): string =>
  [
    csvRow(LEFT_OUT_COLUMNS),
    ...drawn.flatMap(({ row, leftOut }) =>
      leftOut.map(({ file, reason, detail }) => csvRow([nameOf(file), row.label, reason, detail])),
    ),
  ].join('')

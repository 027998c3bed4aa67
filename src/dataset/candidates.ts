/** The films that a class of a published set may be drawn from, and what was left out with its reason: rows of
 *  covid-chestxray's metadata.csv with their files, or the files of a folder. No film is decoded here. */
import { basename } from 'node:path'
import { listFilms } from '../data/folder.ts'
import { type FilesByName, filesByName } from './files-by-name.ts'
import type { RowFilter } from './sets.ts'
import { readSource } from './source-tables.ts'

export interface Candidate {
  path: string
  /** As the source calls the patient; null where it does not. */
  patient: string | null
}

/** Why a film is not in the set. */
export type Reason =
  | 'another finding'
  | 'another modality'
  | 'another view'
  | 'another class'
  | 'named on an earlier row'
  | 'no such file'
  | 'several files have this name'
  | 'its name says another class'
  | 'cannot be read'
  | 'not drawn'

export interface LeftOut {
  /** As the source names it. */
  file: string
  reason: Reason
  /** What the source says instead; empty where nothing is to be added. */
  detail: string
}

export interface Candidates {
  /** In the order of the source: rows, or sorted paths. */
  films: Candidate[]
  leftOut: LeftOut[]
  /** How many rows or files there were. */
  looked: number
  notes: string[]
}

/** Films of the rows that a filter takes.
 *  @param folder  where the films are, at any depth; a file may have one more extension than the metadata says
 *    (`a.jpeg.jpg`), or another one
 *  @throws ROE_NOT_FOUND, ROE_MANIFEST of the table, ROE_OPTION for another one, ROE_NO_FILMS of the folder */
export async function fromMetadata(table: string, folder: string, filter: RowFilter): Promise<Candidates> {
  const { rows, notes } = await readSource('metadata', table, ({ cell }) => ({
    file: cell('filename').trim(),
    finding: cell('finding').trim(),
    view: cell('view').trim(),
    modality: cell('modality').trim(),
    patient: cell('patientid').trim() || null,
  }))
  const paths = await listFilms(folder)
  const files = filesByName(
    paths,
    rows.map(({ file }) => file),
  )
  const named = new Set(rows.flatMap(({ file }) => files.find(file))).size
  if (named < paths.length)
    notes.push(`${folder}: ${paths.length - named} of ${paths.length} files are named on no row of ${table}`)
  const seen = new Set<string>()
  const found: Candidates = { films: [], leftOut: [], looked: rows.length, notes: [...notes] }
  for (const { file, patient, ...says } of rows) {
    const other = FILTERS.find(([key, , fits]) => !fits(says[key], filter[key]))
    if (other === undefined) take(found, seen, { file, patient }, files)
    else found.leftOut.push({ file, reason: other[1], detail: says[other[0]] })
  }
  return found
}

/** A film that a table names, where there is one file of it and no earlier row took it. */
function take(
  { films, leftOut }: Candidates,
  seen: Set<string>,
  { file, patient }: { file: string; patient: string | null },
  files: FilesByName,
): void {
  const paths = files.find(file)
  // Two rows may name one file: `a.png` and `a.jpg`, where the folder has `a.jpeg` only.
  if ([file, ...paths].some((name) => seen.has(name)))
    leftOut.push({ file, reason: 'named on an earlier row', detail: '' })
  else if (paths.length === 0) leftOut.push({ file, reason: 'no such file', detail: '' })
  else if (paths.length > 1)
    leftOut.push({ file, reason: 'several files have this name', detail: `${paths.length} files` })
  else {
    films.push({ path: paths[0]!, patient })
    seen.add(paths[0]!)
  }
  seen.add(file)
}

const equal = (cell: string, wanted: string | undefined): boolean => wanted === undefined || cell === wanted

/** What is looked at, in this order; the first that does not fit is the reason. */
const FILTERS: readonly [
  key: keyof RowFilter,
  reason: Reason,
  fits: (cell: string, wanted: string | undefined) => boolean,
][] = [
  ['finding', 'another finding', (cell, wanted) => equal(cell.split('/').at(-1)!.trim(), wanted)],
  ['modality', 'another modality', equal],
  ['view', 'another view', equal],
]

/** Names that the sets of chest films give their files, what they say of the class, and of whom they are.
 *  @source the file names of Kermany et al. (doi:10.17632/rscbjbr9sj.2), which Kaggle's pneumonia set kept */
const FILE_NAMES: readonly { says: RegExp; label: string }[] = [
  { says: /^(person\d+)_(bacteria|virus)_/, label: 'pneumonia' },
  { says: /^((?:NORMAL2-)?IM-\d+)-/, label: 'normal' },
]

/** Films of a folder of one class. Those whose own name says another one are left out. */
export async function fromFolder(folder: string, label: string): Promise<Candidates> {
  const paths = await listFilms(folder)
  const found: Candidates = { films: [], leftOut: [], looked: paths.length, notes: [] }
  for (const path of paths) {
    const [match, row] =
      FILE_NAMES.map((rule) => [rule.says.exec(basename(path)), rule] as const).find(([one]) => one) ?? []
    if (row !== undefined && row.label !== label)
      found.leftOut.push({ file: basename(path), reason: 'its name says another class', detail: row.label })
    else found.films.push({ path, patient: match?.[1] ?? null })
  }
  return found
}

/** Films of a folder that RSNA's `stage_2_detailed_class_info.csv` (`patientId`, `class`) calls by a class, in its order.
 *  @throws what fromMetadata throws */
export async function fromClassInfo(table: string, folder: string, wanted: string): Promise<Candidates> {
  const { rows, notes } = await readSource('normalInfo', table, ({ cell }) => ({
    file: cell('patientId').trim(),
    class: cell('class').trim(),
  }))
  const files = filesByName(
    await listFilms(folder),
    rows.map(({ file }) => file),
  )
  const seen = new Set<string>()
  const found: Candidates = { films: [], leftOut: [], looked: rows.length, notes: [...notes] }
  for (const { file, class: says } of rows) {
    if (says.toLowerCase() === wanted.toLowerCase()) take(found, seen, { file, patient: file }, files)
    else found.leftOut.push({ file, reason: 'another class', detail: says })
  }
  return found
}

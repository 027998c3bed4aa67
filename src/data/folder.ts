/** Films of folders as arrays, for training and evaluation: every file that is not hidden, whatever its name says, in the
 *  order of the walk (inputs/walk.ts). Scoring streams them instead (inputs/inputs.ts). */
import { readdir, stat } from 'node:fs/promises'
import { problemOf, RoentgenError } from '../../errors.ts'
import { below, walk } from './inputs/walk.ts'
import { type LabelledFilm, type LabelledSet, labelsOf } from './labelled.ts'

/** Lists the films of a folder and of the folders below it.
 *
 *  Files and folders whose name begins with a dot are left out. Everything else that is not a folder is listed,
 *  broken links, pipes and links to folders too: links to files are followed when they are read, links to folders
 *  are not walked into (they can loop), and whatever cannot be read then fails with its own reason instead of
 *  vanishing here. Holds the paths and nothing else.
 *  @param folder  a folder, or one file, which then is the whole list
 *  @returns `folder/relative/path`, sorted by the relative path
 *  @throws ROE_NOT_FOUND, ROE_NO_FILMS; ROE_FILM_UNREADABLE for a folder that cannot be opened */
export async function listFilms(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => null)
  if (found === null) throw new RoentgenError('ROE_NOT_FOUND', { where: folder, kind: 'file or folder' })
  if (!found.isDirectory()) return [folder]
  const relativePaths = await filesBelow(folder)
  if (relativePaths.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: folder })
  return relativePaths.map((path) => below(folder, path))
}

/** Reads a folder of class folders: the label is the name of the folder directly below `folder`, films may lie deeper.
 *  Patients are unknown (null). Class folders without a film are named in the notes and are no class.
 *  @throws ROE_NOT_FOUND, ROE_NO_FILMS, ROE_NO_CLASSES, ROE_PARTS_NOT_CLASSES */
export async function readLabelledFolder(folder: string): Promise<LabelledSet> {
  const found = await stat(folder).catch(() => null)
  if (!found?.isDirectory()) throw new RoentgenError('ROE_NOT_FOUND', { where: folder, kind: 'folder' })
  const relativePaths = await filesBelow(folder)
  if (relativePaths.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: folder })

  const films: LabelledFilm[] = []
  const beside: string[] = []
  for (const relative of relativePaths) {
    const slash = relative.indexOf('/')
    const path = below(folder, relative)
    if (slash === -1) beside.push(path)
    else films.push({ path, label: relative.slice(0, slash), patient: null, split: null })
  }
  const labels = labelsOf(films)
  if (labels.length > 0 && labels.every((label) => PART_NAMES.has(label.toLowerCase())))
    throw new RoentgenError('ROE_PARTS_NOT_CLASSES', { where: folder, labels })
  if (labels.length < 2) throw new RoentgenError('ROE_NO_CLASSES', { where: folder, found: labels.length })
  return { films, labels, beside, notes: await notesOn(folder, labels, beside) }
}

/** Folder names that say which part of a data set it is, not what the films show. */
const PART_NAMES = new Set(['train', 'training', 'test', 'testing', 'val', 'valid', 'validation'])

async function notesOn(folder: string, labels: readonly string[], beside: string[]): Promise<string[]> {
  const notes: string[] = []
  const empty = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !labels.includes(entry.name))
    .map(({ name }) => name)
    .sort()
  if (empty.length > 0) notes.push(`${folder}: no films in ${empty.join(', ')}, which therefore is no class`)
  if (beside.length > 0)
    notes.push(
      `${folder}: ${beside.length === 1 ? '1 file beside the class folders has' : `${beside.length} files beside the class folders have`} no label${manifestOf(folder, beside)}`,
    )
  return notes
}

/** Where the set of `roentgen dataset` is named by its folder, its labels are read and its patients are not. */
const manifestOf = (folder: string, beside: readonly string[]): string => {
  const manifest = below(folder, 'manifest.csv')
  return beside.includes(manifest) ? `; name ${manifest} instead for what it says of patients` : ''
}

/** Paths of all files below `folder`, relative to it. */
async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = []
  try {
    for await (const { path, problem } of walk(folder)) {
      if (problem !== null) throw unreadable(below(folder, path), problem)
      files.push(path)
    }
  } catch (error) {
    throw error instanceof RoentgenError ? error : unreadable(folder, error)
  }
  return files
}

const unreadable = (where: string, cause: unknown): RoentgenError =>
  new RoentgenError('ROE_FILM_UNREADABLE', { where, problem: problemOf(cause) }, { cause })

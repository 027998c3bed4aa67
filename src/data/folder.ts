/** Films in folders: every file that is not hidden is an input, whatever its name says.
 *  The order is by code unit of the relative path, so it depends on neither locale nor file system. */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { problemOf, RoentgenError } from '../../errors.ts'
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
  const relativePaths = await walk(folder)
  if (relativePaths.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: folder })
  return relativePaths.map((path) => join(folder, path))
}

/** Reads a folder of class folders: the label is the name of the folder directly below `folder`, films may lie deeper.
 *  Patients are unknown (null). Class folders without a film are named in the notes and are no class.
 *  @throws ROE_NOT_FOUND, ROE_NO_FILMS, ROE_NO_CLASSES, ROE_PARTS_NOT_CLASSES */
export async function readLabelledFolder(folder: string): Promise<LabelledSet> {
  const found = await stat(folder).catch(() => null)
  if (!found?.isDirectory()) throw new RoentgenError('ROE_NOT_FOUND', { where: folder, kind: 'folder' })
  const relativePaths = await walk(folder)
  if (relativePaths.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: folder })

  const films: LabelledFilm[] = []
  const beside: string[] = []
  for (const relative of relativePaths) {
    const slash = relative.indexOf('/')
    const path = join(folder, relative)
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
  const empty = (await entriesOf(folder))
    .filter((entry) => entry.isDirectory() && !labels.includes(entry.name))
    .map(({ name }) => name)
    .sort()
  if (empty.length > 0) notes.push(`${folder}: no films in ${empty.join(', ')}, which therefore is no class`)
  if (beside.length > 0)
    notes.push(`${folder}: ${beside.length} files lie beside the class folders and have no label`)
  return notes
}

/** Paths of all inputs below `folder`, relative to it, with `/`, sorted. */
async function walk(folder: string): Promise<string[]> {
  const files: string[] = []
  const folders = ['']
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    for (const entry of await entriesOf(join(folder, below)))
      (entry.isDirectory() ? folders : files).push(join(below, entry.name))
  }
  return files.sort()
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter(({ name }) => !name.startsWith('.'))
  } catch (error) {
    throw new RoentgenError(
      'ROE_FILM_UNREADABLE',
      { where: folder, problem: problemOf(error) },
      { cause: error },
    )
  }
}

// Not node:path's join: that would rewrite what the user wrote (`./films`, `link/../films`).
const join = (folder: string, below: string): string =>
  folder === '' || below === '' ? folder + below : `${folder.replace(/\/+$/, '')}/${below}`

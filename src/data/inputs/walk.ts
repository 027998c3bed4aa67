/** The one walk through folders: every file in the order of a plain sort of all paths, without holding them. Held are
 *  the names of one folder for each level, since a folder must be read whole to be in order. */
import type { Dirent } from 'node:fs'
import { opendir, readdir, stat } from 'node:fs/promises'
import { fileOf, pathOfBytes } from '../../image/raw-path.ts'

export interface WalkOptions {
  /** Also files and folders whose names begin with a dot. */
  hidden?: boolean
  /** Also through links to folders. */
  follow?: boolean
  /** Whether anything below a folder is of interest, by its path relative to the root; every folder unless given. */
  enter?: (relative: string) => boolean
}

export interface Found {
  /** Relative to the root, with `/`. */
  path: string
  /** Why this folder could not be walked into; null for whatever is no folder. */
  problem: unknown
}

/** Names of one folder that are still to come, the next one last; folders end in `/`. */
interface Level {
  path: string
  names: string[]
  identity: string
}

/** Walks through a folder, depth first, in the order of the code units of the whole relative path.
 *
 *  Everything that is not a folder is found, whatever its name: broken links, pipes, links to folders (they are walked into
 *  with `follow` only). A folder below that cannot be opened, or that is one of those it lies in (a loop of links), is found
 *  itself, with the problem: nothing below it is lost in silence.
 *  @throws the system's error when the root itself cannot be opened */
export async function* walk(root: string, options: WalkOptions = {}): AsyncGenerator<Found> {
  const { enter = () => true } = options
  const levels = [await open(root, '', options, [])]
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names.pop()
    if (name === undefined) levels.pop()
    else if (!name.endsWith('/')) yield { path: below(level.path, name), problem: null }
    else {
      const path = below(level.path, name.slice(0, -1))
      if (!enter(path)) continue
      try {
        levels.push(await open(root, path, options, levels))
      } catch (problem) {
        yield { path, problem }
      }
    }
  }
}

/** `folder/below`, as the user wrote the folder: not node:path's join, which would rewrite `./films`, `link/../films`. */
export const below = (folder: string, name: string): string =>
  folder === '' || name === '' ? folder + name : `${folder.replace(/\/+$/, '')}/${name}`

async function open(
  root: string,
  path: string,
  options: WalkOptions,
  above: readonly Level[],
): Promise<Level> {
  const folder = below(root, path)
  const identity = options.follow ? await identityOf(folder) : ''
  if (options.follow && above.some((level) => level.identity === identity))
    throw new Error('its links form a loop')
  const names = await namesIn(folder, options)
  // With a slash behind folders the order within each folder gives the order of whole paths: `a.png` < `a/b` < `a0`.
  return { path, names: names.sort().reverse(), identity }
}

async function identityOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(fileOf(folder), { bigint: true })
  return `${dev}:${ino}`
}

/** So many entries at a time: those of a folder of 100,000 weigh many times as much as their names. */
const ENTRIES_AT_ONCE = 1024

async function namesIn(folder: string, options: WalkOptions): Promise<string[]> {
  const file = fileOf(folder)
  if (typeof file === 'string') {
    const entries = await opendir(file, { bufferSize: ENTRIES_AT_ONCE })
    const names = await namesOf(entries, (name) => name, folder, options)
    // Read as bytes only where it must be: a name that is no UTF-8 shows as U+FFFD.
    if (!names.some((name) => name.includes('\ufffd'))) return names
  }
  const entries = await readdir(Buffer.from(file), { withFileTypes: true, encoding: 'buffer' })
  return namesOf(entries, pathOfBytes, folder, options)
}

type Entry<Name> = { name: Name } & Pick<Dirent, 'isDirectory' | 'isSymbolicLink'>

async function namesOf<Name>(
  entries: AsyncIterable<Entry<Name>> | Iterable<Entry<Name>>,
  textOf: (name: Name) => string,
  folder: string,
  { hidden = false, follow = false }: WalkOptions,
): Promise<string[]> {
  const names: string[] = []
  for await (const entry of entries) {
    const name = textOf(entry.name)
    if (name.startsWith('.') && !hidden) continue
    const isFolder =
      entry.isDirectory() || (follow && entry.isSymbolicLink() && (await leadsToFolder(below(folder, name))))
    names.push(isFolder ? `${name}/` : name)
  }
  return names
}

const leadsToFolder = (path: string): Promise<boolean> =>
  stat(fileOf(path)).then(
    (stats) => stats.isDirectory(),
    () => false,
  )

/** The files of a model, wherever they lie: in a folder, or in a zip. Names inside are not trusted: nothing outside is
 *  read, and no link is followed. Whoever reads says what the errors are of: these are plain ones, of one line. */
import { lstat, readdir, readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'

export interface Files {
  /** Files at the top, sorted. */
  names: readonly string[]
  /** Bytes of a file; undefined where there is none. @throws Error for a link and whatever is no file */
  size: (name: string) => Promise<number | undefined>
  /** @throws Error where there is none, or it cannot be read */
  read: (name: string) => Promise<Uint8Array>
  /** Runs `use` with a path of the disk; what was unpacked for it is taken away afterwards. */
  withPath: <T>(name: string, use: (path: string) => Promise<T>) => Promise<T>
}

/** Whether a name leads out of where it stands. */
export const leadsOut = (name: string): boolean =>
  isAbsolute(name) || /^[a-z][a-z0-9+.-]*:/i.test(name) || name.split(/[\\/]/).includes('..')

/** The files of a folder. */
export async function folderFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { withFileTypes: true })
  return {
    names: entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort(),
    size: (name) => sizeOf(folder, name),
    read: (name) => readFile(join(folder, name)),
    withPath: (name, use) => use(join(folder, name)),
  }
}

async function sizeOf(folder: string, name: string): Promise<number | undefined> {
  const below = dirname(name)
  // A link halfway leads out as well as one at the end.
  if (below !== '.' && below !== '/') await sizeOf(folder, below)
  const entry = await lstat(join(folder, name)).catch(() => undefined)
  if (entry === undefined) return undefined
  if (entry.isSymbolicLink()) throw new Error(`'${name}' is a link; links are not followed`)
  if (entry.isDirectory()) return 0
  if (!entry.isFile()) throw new Error(`'${name}' is not a file`)
  return entry.size
}

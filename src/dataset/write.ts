/** A set of films as a folder: a folder for each class with links or copies, a manifest, and what else is to be known. It is
 *  made beside its name and renamed when whole, into a folder that was not there or was empty. */
import { constants } from 'node:fs'
import { chmod, copyFile, readdir, realpath, rename, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { problemOf, RoentgenError } from '../../errors.ts'
import { makeFolder, WholeFile, withTemporaryFolder, writeWhole } from '../../whole-file.ts'
import { csvRow } from '../data/csv.ts'
import { MANIFEST_COLUMNS } from '../data/set-files.ts'
import { fileOf, pathOfBytes } from '../image/raw-path.ts'

export interface SetFilm {
  /** The path of its file, or its bytes. */
  from: string | Uint8Array
  /** Folders from the set's own down to the film's, the label last: `['train', 'covid']`. */
  folders: readonly string[]
  /** The wanted name of its file; a second film of that name in the folder gets a number. */
  name: string
  label: string
  patient: string | null
  /** Cells of the further columns, in their order. */
  more?: readonly string[]
  /** A further manifest that it stands in, by name. */
  list?: string
}

export interface SetOptions {
  /** Films are copied; else linked, by links that are relative. */
  copy: boolean
  /** Columns of the manifest behind path, label and patient. */
  columns?: readonly string[]
  /** Further files of the set: name → content. */
  also?: Readonly<Record<string, string>>
}

/** The name of the manifest in the set's folder. */
const MANIFEST = 'manifest.csv'

/** Writes a set. Films come in any order and are written in it.
 *  @returns how many films it has
 *  @throws ROE_OPTION where the folder is taken; ROE_MANIFEST for a label that no folder can be called; ROE_WRITE */
export async function writeSet(
  out: string,
  films: Iterable<SetFilm> | AsyncIterable<SetFilm>,
  { copy, columns = [], also = {} }: SetOptions,
): Promise<number> {
  const folder = resolve(out)
  await requireFree(out)
  try {
    await makeFolder(dirname(folder))
    const above = await realpath(dirname(folder))
    const place = { whole: join(above, basename(folder)), copy }
    return await withTemporaryFolder(
      async (temporary) => {
        const count = await fill(temporary, films, columns, place)
        for (const [name, content] of Object.entries(also)) await writeWhole(join(temporary, name), content)
        await chmod(temporary, 0o777 & ~process.umask())
        await rename(temporary, place.whole)
        return count
      },
      join(above, `.${basename(folder)}.`),
    )
  } catch (error) {
    if (error instanceof RoentgenError) throw error
    throw new RoentgenError('ROE_WRITE', { where: out, problem: problemOf(error) }, { cause: error })
  }
}

/** @throws ROE_OPTION where the folder holds something: told before the work, too */
export async function requireFree(out: string): Promise<void> {
  const entries = await readdir(out).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : ['what is no folder'],
  )
  if (entries.length === 0) return
  throw new RoentgenError('ROE_OPTION', {
    where: '-o',
    expected: 'a folder that is not there yet, or is empty',
    received: `${out}, which is neither`,
  })
}

/** Where the set will lie, and how its films get there. */
interface Place {
  whole: string
  copy: boolean
}

async function fill(
  folder: string,
  films: Iterable<SetFilm> | AsyncIterable<SetFilm>,
  columns: readonly string[],
  place: Place,
): Promise<number> {
  const nameIn = unusedNames()
  const manifests = new Manifests(folder, columns)
  let count = 0
  try {
    await manifests.begin(MANIFEST)
    for await (const { from, folders, name, label, patient, more = [], list } of films) {
      folders.forEach(requireFolderName)
      const below = join(...folders)
      const path = join(below, nameIn(below, name))
      await makeFolder(join(folder, below))
      await placeFilm(from, join(folder, path), join(place.whole, below), place.copy)
      const row = csvRow([path.replaceAll('\\', '/'), label, patient, ...more])
      for (const manifest of [MANIFEST, ...(list === undefined ? [] : [list])])
        await (await manifests.begin(manifest)).write(row)
      count++
    }
    await manifests.finish()
  } catch (error) {
    await manifests.abandon()
    throw error
  }
  return count
}

/** The manifests of a set, each begun when its first film comes. */
class Manifests {
  readonly #folder: string
  readonly #columns: readonly string[]
  readonly #files = new Map<string, WholeFile>()

  constructor(folder: string, columns: readonly string[]) {
    this.#folder = folder
    this.#columns = columns
  }

  async begin(name: string): Promise<WholeFile> {
    const begun = this.#files.get(name)
    if (begun !== undefined) return begun
    const file = await WholeFile.create(join(this.#folder, name))
    this.#files.set(name, file)
    await file.write(csvRow([...MANIFEST_COLUMNS, ...this.#columns]))
    return file
  }

  async finish(): Promise<void> {
    for (const file of this.#files.values()) await file.finish()
  }

  async abandon(): Promise<void> {
    for (const file of this.#files.values()) await file.abandon()
  }
}

async function placeFilm(from: SetFilm['from'], to: string, folder: string, copy: boolean): Promise<void> {
  if (typeof from !== 'string') await writeFile(to, from, { flag: 'wx' })
  else if (copy) await copyFile(fileOf(from), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  else {
    const target = pathOfBytes(await realpath(fileOf(from), { encoding: 'buffer' }))
    await symlink(fileOf(relative(folder, target)), to)
  }
}

function requireFolderName(label: string): void {
  if (!/[/\\]|^\./.test(label) && label !== '') return
  const problem = 'a folder cannot be called so; rename the label'
  throw new RoentgenError('ROE_MANIFEST', { where: `label '${label}'`, problem })
}

/** Numbers names that were given before in the same folder, in whatever case: `film.png`, `film-2.png`. */
function unusedNames(): (folder: string, name: string) => string {
  const used = new Set<string>()
  return (folder, name) => {
    const extension = extname(name)
    const stem = name.slice(0, name.length - extension.length)
    let unused = name
    for (let number = 2; used.has(join(folder, unused).toLowerCase()); number++)
      unused = `${stem}-${number}${extension}`
    used.add(join(folder, unused).toLowerCase())
    return unused
  }
}

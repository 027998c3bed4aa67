/** Files that are written beside their name and renamed when whole: a reader never sees a part. A leaf.
 *  `WholeFile` streams; `writeWhole` is for what fits in memory; `withTemporaryFolder` is for files that nobody keeps. */
import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { access, type FileHandle, mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { problemOf, RoentgenError } from './errors.ts'

/** Text is written in pieces of this many characters. */
const PIECE = 1 << 16

// A process that is told to go takes its half-written files, and its temporary folders, along.
const unfinished = new Set<string>()
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true })
})

export class WholeFile {
  /** The final name. */
  readonly path: string
  /** Where it lies until it is finished. */
  readonly temporary: string
  #file: FileHandle | null
  #waiting = ''

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path
    this.temporary = temporary
    this.#file = file
  }

  /** Makes the folder and the temporary file. @throws ROE_WRITE */
  static async create(path: string): Promise<WholeFile> {
    const name = `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`
    const temporary = join(dirname(path), name)
    unfinished.add(temporary)
    try {
      await makeFolder(dirname(path))
      return new WholeFile(path, temporary, await open(temporary, 'wx'))
    } catch (error) {
      unfinished.delete(temporary)
      throw writeError(path, error)
    }
  }

  /** Text is gathered into pieces and written as UTF-8, bytes are written at once.
   *  @throws ROE_WRITE; `abandon` is then what is left to do */
  async write(content: string | Uint8Array): Promise<void> {
    if (typeof content === 'string') {
      this.#waiting += content
      if (this.#waiting.length >= PIECE) await this.#flush()
      return
    }
    await this.#flush()
    await this.#append(content)
  }

  /** Everything is written: from now on the file has its name. @throws ROE_WRITE */
  async finish(): Promise<void> {
    await this.#flush()
    try {
      // Without it a crash of the machine may leave the new name on an empty file.
      await this.#file?.sync()
      await this.#close()
      await rename(this.temporary, this.path)
      unfinished.delete(this.temporary)
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  /** Nothing of it stays. Does nothing to a finished file, and never throws. */
  async abandon(): Promise<void> {
    await this.#close().catch(() => {})
    await rm(this.temporary, { force: true }).catch(() => {})
    unfinished.delete(this.temporary)
  }

  async #flush(): Promise<void> {
    const text = this.#waiting
    this.#waiting = ''
    if (text !== '') await this.#append(text)
  }

  async #append(content: string | Uint8Array): Promise<void> {
    assert(this.#file !== null, 'nothing is written to a closed file')
    try {
      await this.#file.appendFile(content)
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }
}

/** Writes a file so that `path` holds either what it held before or all of `content`; makes its folder.
 *  @throws ROE_WRITE; nothing is left beside it then */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const file = await WholeFile.create(path)
  try {
    await file.write(content)
    await file.finish()
  } catch (error) {
    await file.abandon()
    throw error
  }
}

/** @throws ROE_WRITE where a folder has this name: told before the work, since only the end of it would fail */
export async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory() === true) throw writeError(path, 'it is a folder')
}

/** Takes away what processes that were killed left of these files, half-written beside their names. Nobody else may write
 *  them meanwhile. @throws ROE_WRITE */
export async function removeUnfinished(folder: string, names: readonly string[]): Promise<void> {
  for (const found of await readdir(folder).catch(() => [])) {
    const [, name] = TEMPORARY.exec(found) ?? []
    if (name !== undefined && names.includes(name)) await removeFile(join(folder, found))
  }
}

/** What `WholeFile.create` calls a file meanwhile. */
const TEMPORARY = /^\.(.+)\.[0-9a-f]{12}\.tmp$/

/** Takes a file away, if it is there. @throws ROE_WRITE */
export const removeFile = (path: string): Promise<void> => remove(path, false)

/** Takes a folder away with all that is in it. @throws ROE_WRITE */
export const removeFolder = (path: string): Promise<void> => remove(path, true)

async function remove(path: string, recursive: boolean): Promise<void> {
  try {
    await rm(path, { recursive, force: true })
  } catch (error) {
    throw writeError(path, error)
  }
}

/** Lets `use` have a folder of its own among the system's temporary ones; it is gone afterwards, also where the process is
 *  told to go meanwhile.
 *  @param start  path that its name begins with, where it is to lie elsewhere */
export async function withTemporaryFolder<T>(
  use: (folder: string) => Promise<T>,
  start = join(tmpdir(), 'roentgen-'),
): Promise<T> {
  const folder = await mkdtemp(start)
  unfinished.add(folder)
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    unfinished.delete(folder)
  }
}

/** Makes a folder and those above it. Node's own `recursive` runs for ever below /proc, where nothing can be made. */
export async function makeFolder(folder: string): Promise<void> {
  const failed = await mkdirOnce(folder)
  if (failed === undefined) return
  if (failed.code !== 'ENOENT' || dirname(folder) === folder) throw failed
  if (!(await exists(dirname(folder)))) await makeFolder(dirname(folder))
  // By now the folder above is there, made by us or by somebody else; below /proc that does not help.
  const again = await mkdirOnce(folder)
  if (again !== undefined) throw again
}

/** @returns why there is no such folder now */
const mkdirOnce = (folder: string): Promise<NodeJS.ErrnoException | undefined> =>
  mkdir(folder).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? undefined : error),
  )

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const writeError = (path: string, cause: unknown): RoentgenError =>
  new RoentgenError('ROE_WRITE', { where: path, problem: problemOf(cause) }, { cause })

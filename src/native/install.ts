/** Puts a native part together: brings its archives, takes what it needs, compiles, tries it, and only then puts it in its
 *  place. Whatever fails, the part that was there stays, and nothing of the new one. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { problemOf, RoentgenError } from '../../errors.ts'
import { withLock } from '../../lock.ts'
import { makeFolder, withTemporaryFolder } from '../../whole-file.ts'
import { takeFiles } from './archive.ts'
import { fetchSources, givenSources } from './fetch.ts'
import { homeOf, installedOf, type Native } from './find.ts'
import { MARK, markText, PLATFORM } from './marked.ts'
import type { Part, Source, Variant } from './part.ts'
import { firstTool, runTool, type Tool } from './tools.ts'

export interface InstallOptions {
  /** With the libraries of a GPU. */
  gpu?: boolean
  /** A folder with the archives, or one of them with the others beside it: nothing is downloaded. */
  from?: string
  /** Hears what is done, a line at a time. */
  tell?: (line: string) => void
}

/** @returns where it is, what it said of itself, and whether it was there before
 *  @throws ROE_NATIVE; ROE_RUN_BUSY while another process installs it; ROE_WRITE */
export async function installPart(
  part: Part,
  { gpu = false, from, tell = () => {} }: InstallOptions = {},
): Promise<Native & { says: string; wasThere: boolean }> {
  requirePlatform(part)
  const variant = gpu ? 'gpu' : 'cpu'
  const home = homeOf(part)
  const folder = join(home, gpu ? `${part.version}-gpu` : part.version)
  const native = { version: part.version, folder, by: 'roentgen', variant } as const
  return await withLock(`${home}.lock`, home, async () => {
    const isThere = (await installedOf(part)).some((one) => one.folder === folder)
    const works = isThere ? await part.prove(folder).catch(() => null) : null
    if (works !== null) return { ...native, says: works, wasThere: true }
    const says = await install({ part, variant, folder, from, tell }).catch((error: unknown) => {
      throw error instanceof RoentgenError ? error : unwritten(home, error)
    })
    return { ...native, says, wasThere: false }
  })
}

/** Takes all versions of a part away. @returns the folders that were there */
export async function removePart(part: Part): Promise<string[]> {
  const home = homeOf(part)
  return await withLock(`${home}.lock`, home, async () => {
    const names = await readdir(home).catch(() => [])
    await rm(home, { recursive: true, force: true }).catch((error) => {
      throw unwritten(home, error)
    })
    return names.filter((name) => !name.startsWith('.')).map((name) => join(home, name))
  })
}

interface Work {
  part: Part
  variant: 'cpu' | 'gpu'
  /** Where it is to be. */
  folder: string
  from: string | undefined
  tell: (line: string) => void
}

async function install({ part, variant, folder, from, tell }: Work): Promise<string> {
  const wanted = part[variant]
  if (wanted === undefined) throw failed(part, 'there is none for GPUs', 'leave out --gpu')
  const home = dirname(folder)
  await makeFolder(home)
  await sweep(home)
  await requireRoom(part, wanted, home)
  const compiler = part.compile === null ? null : await requireCompiler(part)
  return await withTemporaryFolder(
    async (place) => {
      const [made, archives] = [join(place, 'made'), join(place, 'archives')]
      for (const one of [made, archives]) await mkdir(one)
      const { sources } = wanted
      const found =
        from === undefined
          ? await fetchSources(part, sources, archives, tell)
          : await givenSources(part, sources, from)
      await unpack(part, found, made, tell)
      await rm(archives, { recursive: true })
      for (const [name, content] of Object.entries(part.files)) await writeFileIn(made, name, content)
      if (compiler !== null) await compile(part, compiler, made, tell)
      await rm(join(made, 'build'), { recursive: true, force: true })
      const proof = await prove(part, made, tell)
      await writeFile(join(made, MARK), markText({ part: part.name, version: part.version, variant, proof }))
      await putInPlace(made, folder, place)
      await removeOlder(part, variant, folder)
      return proof
    },
    join(home, TEMPORARY),
  )
}

/** What names of folders begin with in which a part is made. */
const TEMPORARY = '.making-'

/** What killed installations left; the lock is ours, so nobody is at work there. */
async function sweep(home: string): Promise<void> {
  for (const name of await readdir(home))
    if (name.startsWith(TEMPORARY)) await rm(join(home, name), { recursive: true, force: true })
}

async function requireRoom(part: Part, { room }: Variant, home: string): Promise<void> {
  const { bavail, bsize } = await statfs(home)
  if (bavail * bsize >= room) return
  const problem = `it needs ${sizeText(room)} free in ${home}, and there are ${sizeText(bavail * bsize)}`
  throw failed(part, problem, 'make room, or set ROENTGEN_CACHE to a folder on a larger disk')
}

const sizeText = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

/** As users of make say it; it may have arguments. */
const compilers = (): Tool[] => {
  const own = (process.env.CXX ?? '').split(' ').filter((word) => word !== '')
  return [...(own.length > 0 ? [own as unknown as Tool] : []), ['g++'], ['clang++'], ['c++']]
}

async function requireCompiler(part: Part): Promise<Tool> {
  const compiler = await firstTool(compilers())
  if (compiler !== null) return compiler
  const advice = 'install one, e.g. g++, or name yours in the environment: CXX'
  throw failed(part, 'there is no C++ compiler here', advice)
}

async function unpack(
  part: Part,
  found: ReadonlyMap<Source, string>,
  made: string,
  tell: (line: string) => void,
): Promise<void> {
  for (const [{ file, take }, path] of found) {
    tell(`takes what is needed of ${file}`)
    await takeFiles(path, take, made).catch((error: unknown) => {
      if (isOfSystem(error)) throw error
      throw failed(part, `${file} is not taken: ${problemOf(error)}`, 'nothing of it was used; report it')
    })
  }
}

async function writeFileIn(folder: string, name: string, content: string): Promise<void> {
  await makeFolder(dirname(join(folder, name)))
  await writeFile(join(folder, name), content)
}

async function compile(
  part: Part,
  compiler: Tool,
  made: string,
  tell: (line: string) => void,
): Promise<void> {
  tell(`${compiler.join(' ')} compiles`)
  const { status, stderr } = await runTool(compiler, part.compile?.() ?? [], { cwd: made })
  if (status === 0) return
  const lines = stderr.split('\n')
  const line = lines.find((one) => /error|No space left/.test(one)) ?? lines[0] ?? ''
  const why = line === '' ? 'it was killed' : line.trim()
  throw failed(
    part,
    `${compiler.join(' ')} failed (${why})`,
    'try another compiler: CXX=clang++, or a newer g++',
  )
}

async function prove(part: Part, made: string, tell: (line: string) => void): Promise<string> {
  tell('tries it')
  return await part.prove(made).catch((error: unknown) => {
    throw failed(
      part,
      `it does not work here (${problemOf(error)})`,
      'report it, with the output of roentgen doctor',
    )
  })
}

/** The old one is put aside, not away, until the new one has its name. */
async function putInPlace(made: string, folder: string, place: string): Promise<void> {
  const old = join(place, `old-${basename(folder)}`)
  const wasThere = existsSync(folder)
  if (wasThere) await rename(folder, old)
  await rename(made, folder).catch(async (error: unknown) => {
    if (wasThere) await rename(old, folder)
    throw error
  })
}

/** Only now, when the new one is in its place. */
async function removeOlder(part: Part, variant: Work['variant'], folder: string): Promise<void> {
  for (const one of await installedOf(part))
    if (one.variant === variant && one.folder !== folder)
      await rm(one.folder, { recursive: true, force: true })
}

function requirePlatform(part: Part): void {
  if (part.platforms.includes(PLATFORM)) return
  throw failed(part, `it is made for ${part.platforms.join(', ')}, and this is ${PLATFORM}`, part.elsewhere)
}

/** Whether an error is one of the system's: no space, no permission. */
const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error

function unwritten(where: string, error: unknown): unknown {
  return isOfSystem(error)
    ? new RoentgenError('ROE_WRITE', { where, problem: problemOf(error) }, { cause: error })
    : error
}

const failed = (part: Part, problem: string, advice: string): RoentgenError =>
  new RoentgenError('ROE_NATIVE', { where: `native part ${part.name}`, problem, advice })

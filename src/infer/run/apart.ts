/** No command writes over a file that it reads, nor two things into one file: files are told apart by what they are, links
 *  resolved, not by how they are written. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { RoentgenError } from '../../../errors.ts'
import { ownFiles } from './files.ts'

/** What the user named by one option or word. */
export interface Named {
  /** The option, or the word itself. */
  option: string
  path: string
  /** All files that come of it. */
  files: Iterable<string>
}

/** A file that stands alone; none where the option was not given. */
export const namedFile = (option: string, path: string | undefined): Named[] =>
  path === undefined ? [] : [{ option, path, files: [path] }]

/** A table of scores, with all that lies beside it. */
export const namedRun = (option: string, path: string | undefined): Named[] =>
  path === undefined ? [] : [{ option, path, files: ownFiles(path) }]

/** @param writes  each apart from all others   @param reads  apart from what is written
 *  @throws ROE_OPTION that names the two */
export async function demandApart(writes: readonly Named[], reads: readonly Named[]): Promise<void> {
  const held = new Map<string, Named>()
  for (const read of reads) for (const file of read.files) held.set(await realOf(file), read)
  for (const write of writes) {
    const own = await Promise.all([...write.files].map(realOf))
    const other = own.map((file) => held.get(file)).find((found) => found !== undefined)
    if (other !== undefined) {
      const expected = `a file apart from those of ${other.option}`
      throw new RoentgenError('ROE_OPTION', { where: write.option, expected, received: write.path })
    }
    for (const file of own) held.set(file, write)
  }
}

/** The absolute path without links, of a file that need not be there. */
export async function realOf(file: string): Promise<string> {
  const path = resolve(file)
  const [folder, name] = [dirname(path), basename(path)]
  return realpath(path).catch(async () => (folder === path ? path : join(await realOf(folder), name)))
}

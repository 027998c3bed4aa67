/** Films that are named one by one on the command line, as one input: a shell may name thousands. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, relative, resolve } from 'node:path'
import { fileOf, pathOfBytes } from '../../image/raw-path.ts'
import type { Listed, Source } from './source.ts'
import { below } from './walk.ts'

/** The films in the order in which they are named; one that is named again is listed once. */
export async function filesSource(paths: readonly string[]): Promise<Source> {
  const films = new Map<string, Listed>()
  let [folder, realFolder] = ['', '']
  for (const path of paths) {
    if (dirname(path) !== folder) {
      folder = dirname(path)
      realFolder = await realFolderOf(folder)
    }
    const real = below(realFolder, basename(path))
    if (!films.has(real)) films.set(real, { path, real, relative: fromHere(path), problem: null })
  }
  return {
    what: paths.length === 1 ? `the film ${paths[0]}` : `${paths.length} films`,
    repeatable: true,
    root: null,
    covers: (film) => films.has(film),
    async *films() {
      yield* films.values()
    },
  }
}

/** A path as seen from the folder that the command was started in. */
export const fromHere = (path: string): string => relative(process.cwd(), resolve(path))

const realFolderOf = async (folder: string): Promise<string> =>
  realpath(fileOf(folder), 'buffer').then(pathOfBytes, () => resolve(folder))

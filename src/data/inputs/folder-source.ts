/** A folder as an input, and a pattern, which is a folder of which only what matches is listed. */
import { realpath } from 'node:fs/promises'
import { Minimatch } from 'minimatch'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { fileOf, pathOfBytes } from '../../image/raw-path.ts'
import { isSetFile } from '../set-files.ts'
import type { Source } from './source.ts'
import { below, type Found, type WalkOptions, walk } from './walk.ts'

/** What is listed of a folder. */
export interface Selection {
  hidden: boolean
  follow: boolean
}

/** All files of a folder and of those below it, but those of set-files.ts; see walk.ts. @throws ROE_NOT_FOUND, ROE_FILM_UNREADABLE */
export async function folderSource(folder: string, { hidden, follow }: Selection): Promise<Source> {
  const isListed = (relative: string) => hidden || !/(^|\/)\./.test(relative)
  return treeSource(`the folder ${folder}`, folder, { hidden, follow }, isListed)
}

/** Signs that end the part of a pattern that is a plain folder. */
const SIGNS = /[*?[\](){}!+@\\]/

/** Whether a word that is no file's name is meant as a pattern. */
export const isPattern = (word: string): boolean =>
  new Minimatch(word, { ...PLAIN, magicalBraces: true }).hasMagic()

/** Signs at the beginning that shells do not know are letters. */
const PLAIN = { nonegate: true, nocomment: true } as const

/** The files that match a pattern, e.g. `films/**` + `/*.png`; folders never do. Names that begin with a dot match a dot
 *  that is written, or all signs with `hidden`. */
export async function patternSource(pattern: string, { hidden, follow }: Selection): Promise<Source> {
  const parts = pattern.split('/')
  const plain = parts.findIndex((part) => SIGNS.test(part))
  const root = parts.slice(0, plain).join('/') || (pattern.startsWith('/') ? '/' : '')
  const matcher = new Minimatch(parts.slice(plain).join('/'), { ...PLAIN, dot: hidden })
  const options = { hidden: true, follow, enter: (relative: string) => matcher.match(relative, true) }
  return treeSource(`the pattern ${pattern}`, root, options, (relative) => matcher.match(relative))
}

/** @param root  '' is the folder that the command was started in */
async function treeSource(
  what: string,
  root: string,
  options: WalkOptions,
  isListed: (relative: string) => boolean,
): Promise<Source> {
  const folder = root === '' ? '.' : root
  const real = pathOfBytes(await realpath(fileOf(folder), 'buffer').catch((error) => refuse(folder, error)))
  const inside = real === '/' ? real : `${real}/`
  return {
    what,
    repeatable: true,
    root: real,
    covers: (film) => film.startsWith(inside) && isListed(film.slice(inside.length)),
    async *films(told) {
      let tables = 0
      for await (const { path, problem } of foundIn(folder, options)) {
        if (problem === null && !isListed(path)) continue
        if (problem === null && (await isSetFile(below(root, path)))) tables += 1
        else
          yield {
            path: below(root, path),
            real: below(real, path),
            relative: path,
            problem: problem === null ? null : problemOf(problem),
          }
      }
      // Without their names, which may be hidden.
      if (tables > 0)
        told.push(
          `passed over: ${tables} ${tables === 1 ? 'file' : 'files'} of roentgen dataset, which are no films`,
        )
    },
  }
}

async function* foundIn(folder: string, options: WalkOptions): AsyncGenerator<Found> {
  const found = walk(folder, options)
  // Only opening the root throws, and that comes first.
  const first = await found.next().catch((error: unknown) => refuse(folder, error))
  if (first.done) return
  yield first.value
  yield* found
}

function refuse(where: string, cause: unknown): never {
  const isGone = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
  if (isGone) throw new RoentgenError('ROE_NOT_FOUND', { where, kind: 'folder' }, { cause })
  throw new RoentgenError('ROE_FILM_UNREADABLE', { where, problem: problemOf(cause) }, { cause })
}

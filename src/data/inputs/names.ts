/** How films are called in rows, ledger, timings and messages (`--path-as`). A path can hold a patient's name or number:
 *  what is opened and what is printed are two things, and nothing but the name leaves the process. */
import { createHash, createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { fileOf, printed } from '../../image/raw-path.ts'
import { fromHere } from './files-source.ts'
import type { Listed } from './source.ts'

export const PATH_AS = ['as-given', 'relative', 'hash', 'index'] as const
export type PathAs = (typeof PATH_AS)[number]

/** Whether nothing that is written or said may hold a path. */
export const hidesPaths = (as: PathAs): boolean => as === 'hash' || as === 'index'

/** Names films by their place in the whole list, from 0. */
type Naming = (film: Listed, index: number) => string

/** @param key  for `hash`   @param isRooted  whether one root tells films apart by `Listed.relative`; else they are named
 *  from the folder that the command was started in */
export function namingOf(as: PathAs, { key, isRooted }: { key: Buffer | null; isRooted: boolean }): Naming {
  const relative = (film: Listed): string => (isRooted ? film.relative : fromHere(film.path))
  const NAMINGS: Readonly<Record<PathAs, Naming>> = {
    'as-given': ({ path }) => printed(path),
    relative: (film) => printed(relative(film)),
    hash: (film) => keyed(demanded(key), relative(film)),
    index: (_, index) => String(index),
  }
  return NAMINGS[as]
}

/** 128 bits of HMAC-SHA256, hex: nobody who guesses names can check the guess without the key, and two of a million films
 *  have one name with a chance of 1e-27. */
export const keyed = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(fileOf(text)).digest('hex').slice(0, 32)

/** Fewer bytes could be tried out. */
const KEY_BYTES = 16

/** What tells two keys apart without telling the key. @returns 16 hex digits; null without a key */
export const keyPrint = (key: Buffer | null): string | null =>
  key === null ? null : createHmac('sha256', key).update('roentgen path key').digest('hex').slice(0, 16)

/** What tells two folders apart that names count from. @returns 64 hex digits; with hashed names nobody can try folders out
 *  without the key   @throws ROE_OPTION for hashed names without a key */
export function rootPrint(root: string, as: PathAs, key: Buffer | null): string {
  const print = as === 'hash' ? createHmac('sha256', demanded(key)) : createHash('sha256')
  return print.update('roentgen root\0').update(fileOf(root)).digest('hex')
}

/** The key for `hash`: what a file holds, else the text of the environment's ROENTGEN_PATH_KEY; a line break at its end is
 *  no part of it.
 *  @returns null where none is given   @throws ROE_OPTION for a short one or a file that cannot be read */
export async function readKey(
  file: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Buffer | null> {
  const text = environment.ROENTGEN_PATH_KEY
  if (file === undefined && text === undefined) return null
  const where = file === undefined ? 'ROENTGEN_PATH_KEY' : '--path-key'
  const expected = `a key of at least ${KEY_BYTES} bytes (head -c 32 /dev/urandom > path.key makes one)`
  const refuse = (received: string) => new RoentgenError('ROE_OPTION', { where, expected, received })
  const bytes =
    file === undefined
      ? Buffer.from(text!)
      : await readFile(file).catch((error) => {
          throw refuse(`${file}, which cannot be read (${problemOf(error)})`)
        })
  const key = Buffer.from(bytes.toString('latin1').replace(/\r?\n$/, ''), 'latin1')
  if (key.length < KEY_BYTES) throw refuse(`${key.length} bytes`)
  return key
}

/** Names that can be guessed are never hashed without a key: that would hide nothing. */
export function demanded(key: Buffer | null): Buffer {
  if (key !== null) return key
  const expected =
    'a key: --path-key FILE, or ROENTGEN_PATH_KEY (head -c 32 /dev/urandom > path.key makes one)'
  throw new RoentgenError('ROE_OPTION', { where: '--path-as hash', expected, received: 'none' })
}

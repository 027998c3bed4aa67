/** Options of the commands that write a set: where, by links or copies, and under which names. */
import { RoentgenError } from '../../../errors.ts'
import { demanded, readKey } from '../../data/inputs/names.ts'

export const PLACING = {
  out: {
    alias: 'o',
    type: 'string',
    demandOption: true,
    describe: 'folder for the set; not there yet, or empty',
  },
  copy: { type: 'boolean', default: false, describe: 'copy the films [links that are relative]' },
  'path-as': {
    choices: ['as-given', 'hash'] as const,
    default: 'as-given' as const,
    describe: 'what the files of the set are called; hash: keyed hashes, with --copy',
  },
  'path-key': {
    type: 'string',
    describe:
      'file with a key, or ROENTGEN_PATH_KEY: patients are called by keyed hashes, the same in each set [numbers]',
  },
  json: { type: 'boolean', default: false, describe: 'JSON on stdout instead of text' },
} as const

/** @throws ROE_OPTION for hashed names without a key, or with links */
export async function placed(given: {
  copy: boolean
  pathAs: 'as-given' | 'hash'
  pathKey: string | undefined
}): Promise<{ copy: boolean; hashNames: boolean; key: Buffer | null }> {
  const { copy, pathAs, pathKey } = given
  const hashNames = pathAs === 'hash'
  const key = await readKey(pathKey)
  if (hashNames) demanded(key)
  if (hashNames && !copy) {
    const expected = '--copy with it, since links tell where they lead'
    throw new RoentgenError('ROE_OPTION', { where: '--path-as hash', expected, received: 'links' })
  }
  return { copy, hashNames, key }
}

/** Where weights are kept and where they come from: `ROENTGEN_WEIGHTS` is a folder in the place of the cache, or the address
 *  of a mirror in the place of the published ones. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { cacheFolder } from '../cache-folder.ts'
import { fileName, type PublishedFile, publishedFile, type WeightsWish } from './weights-table.ts'

const isAddress = (text: string): boolean => /^https?:\/\//.test(text)

/** The folder of all weights. */
export function weightsFolder(): string {
  const given = process.env.ROENTGEN_WEIGHTS ?? ''
  return given === '' || isAddress(given) ? cacheFolder('weights') : given
}

/** Where a file is fetched from. */
export function addressOf(file: PublishedFile): string {
  const given = process.env.ROENTGEN_WEIGHTS ?? ''
  return isAddress(given) ? `${given.replace(/\/+$/, '')}/${fileName(file)}` : file.url
}

export const placeOf = (file: PublishedFile): string => join(weightsFolder(), fileName(file))

/** Whether a file lies in its place. */
export const isHere = (file: PublishedFile): Promise<boolean> =>
  stat(placeOf(file)).then(
    (found) => found.isFile(),
    () => false,
  )

/** @returns what is wrong with a file by its published MD5, if there is one */
export async function damageOf(path: string, { md5 }: PublishedFile): Promise<string | undefined> {
  if (md5 === null) return undefined
  const hash = createHash('md5')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  const found = hash.digest('hex')
  return found === md5 ? undefined : `its MD5 is ${found}, published is ${md5}`
}

/** The file of a network's weights, whole as far as its checksum tells.
 *  @throws ROE_WEIGHTS_FETCH where none is published, it is not here, or it is damaged; the error names the command */
export async function weightsPath(wish: WeightsWish): Promise<string> {
  const file = publishedFile(wish)
  const where = placeOf(file)
  const advice = commandOf(file)
  if (!(await isHere(file)))
    throw new RoentgenError('ROE_WEIGHTS_FETCH', { where, problem: 'these weights are not here', advice })
  const problem = await damageOf(where, file)
  if (problem === undefined) return where
  throw new RoentgenError('ROE_WEIGHTS_FETCH', { where, problem: `it is damaged: ${problem}`, advice })
}

/** What brings it. */
function commandOf({ backbone, alpha, size, top }: PublishedFile): string {
  const words = [
    backbone,
    ...(alpha === undefined ? [] : ['--alpha', alpha]),
    ...(size === undefined ? [] : ['--size', size]),
    ...(top ? ['--top'] : []),
  ]
  return `run roentgen weights fetch ${words.join(' ')}`
}

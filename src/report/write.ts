/** Results are written beside their name and renamed when whole: a reader never sees half a file.
 *  For results that fit in memory; what streams has its own way. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { problemOf, RoentgenError } from '../../errors.ts'

/** Writes a file so that `path` holds either what it held before or all of `bytes`; makes its folder.
 *  @param bytes  text is written as UTF-8
 *  @throws ROE_WRITE when the folder or file cannot be made; the temporary file is gone then */
export async function writeWhole(path: string, bytes: string | Uint8Array): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await mkdir(folder, { recursive: true })
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(bytes)
      // Without it a crash of the machine may leave the new name on an empty file.
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw new RoentgenError('ROE_WRITE', { where: path, problem: problemOf(error) }, { cause: error })
  }
}

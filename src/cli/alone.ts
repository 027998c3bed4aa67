/** One command at a time writes into a folder: a training, a cross-validation, maps. */
import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../../lock.ts'

/** Inside the folder, since the one above may be nobody's to write. */
export const LOCK = 'lock'

/** Runs `use` while no other process writes into the folder. One that was made for it, and in which nothing came to be, is
 *  taken away again.
 *  @throws ROE_RUN_BUSY; ROE_WRITE; what `use` throws */
export async function aloneIn<T>(folder: string, use: () => Promise<T>): Promise<T> {
  const isNew = !existsSync(folder)
  try {
    return await withLock(join(folder, LOCK), folder, use)
  } finally {
    if (isNew) await rmdir(folder).catch(() => {})
  }
}

/** The demo writes over its own folder and over nobody else's: a marker, written first, says whose it is. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RoentgenError } from '../../../errors.ts'
import { writeWhole } from '../../../whole-file.ts'

const MARKER = 'demo.json'
const MADE_BY = 'roentgen demo'

/** Takes `folder` for the demo: one that is not there, is empty, or was made by an earlier demo.
 *  @param facts  what is written into the marker
 *  @throws ROE_DEMO_FOLDER, and nothing is touched then; ROE_WRITE */
export async function takeFolder(folder: string, facts: object): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new RoentgenError('ROE_DEMO_FOLDER', { where: folder }, { cause: error })
  })
  if (entries.length > 0 && !(await isOwn(folder)))
    throw new RoentgenError('ROE_DEMO_FOLDER', { where: folder })
  await writeWhole(join(folder, MARKER), `${JSON.stringify({ madeBy: MADE_BY, ...facts }, null, 2)}\n`)
}

async function isOwn(folder: string): Promise<boolean> {
  try {
    const marker: unknown = JSON.parse(await readFile(join(folder, MARKER), 'utf8'))
    return typeof marker === 'object' && marker !== null && 'madeBy' in marker && marker.madeBy === MADE_BY
  } catch {
    return false
  }
}

/** The native parts that are here: ours in the cache, else what npm brought. Looking loads nothing. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../cache-folder.ts'
import { type Marked, PLATFORM, readMark } from './marked.ts'
import type { Part } from './part.ts'
import { PARTS, type PartName } from './parts.ts'

/** A part that is here. */
export interface Native {
  /** Of what it brings; of npm's package, where that brought it. */
  version: string
  folder: string
  by: 'roentgen' | 'npm'
  variant: Marked['variant']
}

/** Where the versions of a part lie. */
export const homeOf = (part: Part): string => cacheFolder('native', part.name)

/** @returns the folder that `loadTensorflow` takes, or in one line what to do */
export async function findNative(name: PartName): Promise<Native | { missing: string }> {
  const part: Part = PARTS[name]
  return (await findPart(part)) ?? ofNpm(part) ?? { missing: missingText(part) }
}

/** The part of our own: the version of the table before others, with GPU before without. */
export async function findPart(part: Part): Promise<Native | null> {
  const found = await installedOf(part)
  const rank = ({ version, variant }: Native): number =>
    (version === part.version ? 2 : 0) + (variant === 'gpu' ? 1 : 0)
  return found.toSorted((a, b) => rank(b) - rank(a))[0] ?? null
}

/** All that is in the cache, of any version. */
export async function installedOf(part: Part): Promise<Native[]> {
  const home = homeOf(part)
  const names = await readdir(home).catch(() => [])
  const found: Native[] = []
  for (const name of names.filter((one) => !one.startsWith('.')).sort()) {
    const folder = join(home, name)
    const mark = await readMark(folder)
    if (mark === null || mark.part !== part.name) continue
    found.push({ version: mark.version, folder, by: 'roentgen', variant: mark.variant })
  }
  return found
}

/** tfjs-node with an addon of its own, which only its install script brings. */
function ofNpm(part: Part): Native | null {
  if (part.name !== 'tensorflow') return null
  const folder = packageFolder('@tensorflow/tfjs-node')
  if (folder === null || !existsSync(join(folder, 'lib'))) return null
  return { version: 'of npm', folder, by: 'npm', variant: 'cpu' }
}

function packageFolder(name: string): string | null {
  try {
    let folder = dirname(fileURLToPath(import.meta.resolve(name)))
    while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder)
    return folder
  } catch {
    return null
  }
}

const missingText = (part: Part): string =>
  part.platforms.includes(PLATFORM)
    ? `run roentgen native install ${part.name}`
    : `there is none for ${PLATFORM}; ${part.elsewhere}`

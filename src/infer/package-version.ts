/** Versions of installed packages, read from their package.json: nothing of them is loaded. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version of a package, of this one too.
 *  @returns null when it is not installed */
export function versionOf(name: string): string | null {
  try {
    // Most packages do not export their package.json, so it is looked for above their entry.
    const entry = name === 'roentgen' ? import.meta.url : import.meta.resolve(name)
    for (let folder = dirname(fileURLToPath(entry)); folder !== dirname(folder); folder = dirname(folder)) {
      const found = readJson(`${folder}/package.json`)
      if (found?.name === name && found.version !== undefined) return found.version
    }
  } catch {
    // It does not resolve: not installed.
  }
  return null
}

function readJson(path: string): { name?: string; version?: string } | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

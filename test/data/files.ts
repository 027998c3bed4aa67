/** Temporary folders of small files, for the tests of reading. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Makes a folder with these files (relative path → content), which goes when the test ends. @returns its path */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'roentgen-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** The message of the error that `promise` must end with, without the name of a temporary folder. */
export async function messageOf(promise: Promise<unknown>, folder = ''): Promise<string> {
  const ended = await promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  return folder === '' ? ended : ended.replaceAll(folder, 'FOLDER')
}

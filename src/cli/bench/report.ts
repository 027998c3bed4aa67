/** What a suite leaves for readers: `bench.json`, and all that is computed from it. */
import { join } from 'node:path'
import type { Results } from '../../../bench/results.ts'
import { writeWhole } from '../../../whole-file.ts'

/** Each file, by its name. */
const REPORTS: Readonly<Record<string, (results: Results) => string | Promise<string>>> = {
  'bench.json': (results) => `${JSON.stringify(results, null, 2)}\n`,
}

/** @returns where they are   @throws ROE_WRITE */
export async function writeReports(
  folder: string,
  results: Results,
): Promise<{ files: string[]; text: string }> {
  const files: string[] = []
  for (const [name, render] of Object.entries(REPORTS)) {
    const path = join(folder, name)
    await writeWhole(path, await render(results))
    files.push(path)
  }
  return { files, text: `report: ${files.join(', ')}\n` }
}

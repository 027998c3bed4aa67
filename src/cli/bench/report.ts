/** What a suite leaves for readers: `bench.json`, and all that is computed from it. */
import { join } from 'node:path'
import { csvRowsOf } from '../../../bench/csv.ts'
import { markdownOf } from '../../../bench/markdown.ts'
import type { Results } from '../../../bench/results.ts'
import { writeWhole } from '../../../whole-file.ts'
import { csvRow } from '../../data/csv.ts'

/** Each file, by its name. */
const REPORTS: Readonly<Record<string, (results: Results) => string | Promise<string>>> = {
  'bench.json': (results) => `${JSON.stringify(results)}\n`,
  'report.md': markdownOf,
  'report.csv': (results) => csvRowsOf(results).map(csvRow).join(''),
  // What draws is loaded when there is something to draw.
  'report.html': async (results) => (await import('./page.ts')).benchPage(results),
}

export const REPORT_FILES: readonly string[] = Object.keys(REPORTS)

/** @returns where they are   @throws ROE_WRITE */
export async function writeReports(folder: string, results: Results): Promise<string[]> {
  const files: string[] = []
  for (const [name, render] of Object.entries(REPORTS)) {
    const path = join(folder, name)
    await writeWhole(path, await render(results))
    files.push(path)
  }
  return files
}

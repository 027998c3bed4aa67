/** What the parts of scoring cost alone, and the whole command over a folder that is repeated by links: what
 *  `bench/own/score*` hold against each other. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { filmsBelow, linkFilms, runScore, type ScoreRun } from './score-run.ts'

const PART = fileURLToPath(new URL('../scripts/score-part.js', import.meta.url))
const run = promisify(execFile)

export const CORES = availableParallelism()

/** Pages of 2 MB, which workers ask for, too. */
const LARGE_PAGES = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

/** CPU-seconds a film of a part, with every core at it.
 *  @param seconds  that it is measured, behind a warm-up */
export async function costOf(
  part: 'decode' | 'infer',
  model: string,
  folder: string,
  seconds: number,
): Promise<number> {
  const args = [PART, model, folder, '--part', part, '--seconds', String(seconds)]
  const options = { env: { ...LARGE_PAGES, ...process.env } }
  const said = await Promise.all(Array.from({ length: CORES }, () => run(process.execPath, args, options)))
  const all = said.map(({ stdout }) => JSON.parse(stdout) as { films: number; cpuSeconds: number })
  const sum = (of: 'films' | 'cpuSeconds') => all.reduce((total, one) => total + one[of], 0)
  return sum('cpuSeconds') / sum('films')
}

/** Scores `count` films: those of the folder in turn. */
export async function scoreRepeated(
  models: readonly string[],
  folder: string,
  count: number,
): Promise<ScoreRun> {
  const place = mkdtempSync(join(tmpdir(), 'roentgen-bench-'))
  try {
    const links = join(place, 'films')
    linkFilms(links, filmsBelow(folder), count)
    return await runScore({ folder: links, models, place: join(place, 'out'), count })
  } finally {
    rmSync(place, { recursive: true })
  }
}

/** Must hold (issue 11): broken films cost a row each, and their reason a line in the ledger; no crash, no hang, no memory
 *  beyond a cap. Makes seeded mutants of PNG, JPEG and TIFF and scores them by the command, some hundreds a run.
 *  Run: node dist/scripts/check-film-mutants.js [--of 2000] [--seed 1] [--keep FOLDER] */
import { strict as assert } from 'node:assert'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seededRandom } from '../random.ts'
import { mutateFilm } from './films/mutate-film.ts'
import { FORMATS_OF_MUTANTS, originalsOf } from './films/originals.ts'
import { scoreWatched } from './films/score-watched.ts'

/** The most memory of one process: a quarter of it is usual. */
const MOST_KIB = 2 ** 20
/** A run of so many mutants, and the longest it may last. */
const RUN = 500
const MOST_SECONDS = 300

const MODEL = fileURLToPath(new URL('../../test/fixtures/infer/classifier.onnx', import.meta.url))

const { values } = parseArgs({
  options: {
    of: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
})

assert(Number(values.of) >= 1, '--of is a number of mutants')

/** Writes the mutants first..past; each is made from a seed of its own. */
async function write(folder: string, first: number, past: number): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const originals = await Promise.all(FORMATS_OF_MUTANTS.map(originalsOf))
  const paths: string[] = []
  for (let seed = first; seed < past; seed++) {
    const which = seed % FORMATS_OF_MUTANTS.length
    const films = originals[which]!
    const random = seededRandom(seed)
    const film = films[Math.floor(random() * films.length)]!
    const path = join(folder, `${String(seed).padStart(8, '0')}.${FORMATS_OF_MUTANTS[which]}`)
    writeFileSync(path, mutateFilm(FORMATS_OF_MUTANTS[which]!, film, random))
    paths.push(path)
  }
  return paths
}

const place = values.keep ?? mkdtempSync(join(tmpdir(), 'roentgen-film-mutants-'))
const counts = new Map<string, number>()
let [peakKib, total, slowest] = [0, 0, 0]
try {
  const end = Number(values.seed) + Number(values.of)
  for (let seed = Number(values.seed); seed < end; seed += RUN) {
    const folder = join(place, `from-${seed}`)
    const inputs = await write(folder, seed, Math.min(seed + RUN, end))
    const run = { folder, model: MODEL, place: join(place, `scores-${seed}`), inputs }
    const {
      rows,
      faults,
      peakKib: peak,
      seconds,
    } = await scoreWatched(run, { mostKib: MOST_KIB, mostSeconds: MOST_SECONDS })
    for (const code of rows.values()) counts.set(code, (counts.get(code) ?? 0) + 1)
    for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`)
    if (faults.length > 0) process.exitCode = 1
    ;[peakKib, total, slowest] = [Math.max(peakKib, peak), total + rows.size, Math.max(slowest, seconds)]
  }
} finally {
  if (values.keep === undefined) rmSync(place, { recursive: true, force: true })
}
const said = [...counts].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`)
process.stdout.write(
  `${total} mutants: ${said.join(', ')}; at most ${(peakKib / 1024).toFixed(0)} MiB a process, ${slowest.toFixed(0)} s a run\n`,
)

/** Does memory grow with the number of films? Scores 500 and 20,000 links to a few films and prints the peak memory of the
 *  conductor, of its largest worker and of all together, read from /proc (Linux); ends with 1 where one of them is more than
 *  1.2 times that of the short run.
 *  Run: node dist/scripts/bench-score-memory.js MODEL FILMS [--few 500] [--many 20000] */
import { strict as assert } from 'node:assert'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { filmsBelow, linkFilms } from '../bench/score-run.ts'
import { type Peaks, scorePeaks } from './score-peaks.ts'

const BAR = 1.2

/** A long run would measure which shape is the fastest, in processes that end before it. */
const SHAPE = ['--workers', String(availableParallelism()), '--threads', '1']

/** So many films are linked to, whatever the folder has, so that both runs see the largest of them. */
const DISTINCT = 20

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { few: { type: 'string', default: '500' }, many: { type: 'string', default: '20000' } },
})
const [model = '', folder = ''] = positionals
const films = filmsBelow(folder).slice(0, DISTINCT)
assert(films.length > 0 && existsSync('/proc/self/status'), 'it needs a folder of films, and /proc')

async function peaksOf(count: number): Promise<Peaks> {
  const place = mkdtempSync(join(tmpdir(), 'roentgen-memory-'))
  try {
    linkFilms(join(place, 'films'), films, count)
    const out = join(place, 'scores.csv')
    const peaks = await scorePeaks([join(place, 'films'), '-m', model, '-o', out, ...SHAPE])
    process.stdout.write(`${count} films, ${peaks.workers} workers, ${peaks.seconds.toFixed(0)} s\n`)
    if (peaks.status !== 0) process.exitCode = 1
    return peaks
  } finally {
    rmSync(place, { recursive: true })
  }
}

const few = await peaksOf(Number(values.few))
const many = await peaksOf(Number(values.many))
for (const [name, whose] of [
  ['conductor', 'conductor'],
  ['worker', 'largest worker'],
  ['all', 'all together'],
] as const) {
  const [before, peak] = [few[name] / 1024, many[name] / 1024]
  const ratio = peak / before
  process.stdout.write(
    `${whose}: ${before.toFixed(0)} MiB, then ${peak.toFixed(0)} MiB: ${ratio.toFixed(2)} times, the bar is ${BAR}\n`,
  )
  if (ratio > BAR) process.exitCode = 1
}

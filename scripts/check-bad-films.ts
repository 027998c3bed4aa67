/** Must hold (issue 11): a folder with a fifth of bad films of every kind gives a row for each input, the reason of each
 *  failure in the ledger, bounded memory and exit status 3. Some films vanish while the run is under way.
 *  Run: node dist/scripts/check-bad-films.js [--of 2000] [--seed 1] [--largest] */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeBadFolder } from './films/bad-folder.ts'
import { scoreWatched } from './films/score-watched.ts'

/** Of one process; with --largest, whose films have 196 million pixels each, and two of which are decoded at a time. */
const MOST_KIB = { small: 2 ** 20, largest: 2 ** 21 }
const MOST_SECONDS = 900

const MODEL = fileURLToPath(new URL('../../test/fixtures/infer/classifier.onnx', import.meta.url))

const { values } = parseArgs({
  options: {
    of: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    largest: { type: 'boolean', default: false },
  },
})
const place = mkdtempSync(join(tmpdir(), 'roentgen-bad-films-'))
try {
  const folder = join(place, 'films')
  const options = { count: Number(values.of), seed: Number(values.seed), isLarge: values.largest }
  const { inputs, ends, vanishing } = await makeBadFolder(folder, options)
  const run = { folder, model: MODEL, place: join(place, 'out'), inputs }
  const mostKib = MOST_KIB[values.largest ? 'largest' : 'small']
  const { status, rows, faults, peakKib, seconds } = await scoreWatched(run, {
    mostKib,
    mostSeconds: MOST_SECONDS,
    onUnderWay: () => {
      for (const path of vanishing) rmSync(path)
    },
  })
  const wrong = [...rows].filter(([path, code]) => !(ends.get(path) ?? []).includes(code))
  const all = [
    ...faults,
    ...wrong.map(([path, code]) => `${path}: ${code}, not ${ends.get(path)?.join(' or ')}`),
    ...(status === 3 ? [] : [`exit status ${status}`]),
  ]
  for (const fault of all) process.stderr.write(`FAILED: ${fault}\n`)
  if (all.length > 0) process.exitCode = 1
  const failed = [...rows.values()].filter((code) => code !== 'ok').length
  const gone = vanishing.filter((path) => rows.get(path) === 'ROE_FILM_MISSING').length
  process.stdout.write(
    `${inputs.length} inputs, ${rows.size} rows, ${failed} failed (${gone} of ${vanishing.length} vanished in time); ` +
      `at most ${(peakKib / 1024).toFixed(0)} MiB a process, ${seconds.toFixed(0)} s\n`,
  )
} finally {
  rmSync(place, { recursive: true, force: true })
}

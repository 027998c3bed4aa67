/** Must hold: a folder of 100,000 tiny films takes hardly more memory than one of 10,000, in no process, and every film has
 *  its row. All lie in one folder, which is the hardest to list. Run: node dist/scripts/check-100000.js [--films 100000] */
import { strict as assert } from 'node:assert'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openInputs } from '../src/data/inputs/inputs.ts'
import { encodePng } from '../src/image/encode.ts'
import { scorePeaks } from './score-peaks.ts'

/** Most that the peak may grow by when there are ten times as many films. */
const MOST = 1.2

const MODEL = fileURLToPath(new URL('../../test/fixtures/infer/classifier.onnx', import.meta.url))

const { values } = parseArgs({ options: { films: { type: 'string', default: '100000' } } })
const many = Number(values.films)
assert(
  many >= 10 && existsSync('/proc/self/status'),
  '--films is a number from 10; memory is read from /proc',
)
const place = await mkdtemp(join(tmpdir(), 'roentgen-many-'))
try {
  const few = await scored(Math.round(many / 10))
  const all = await scored(many)
  const growth = { conductor: all.conductor / few.conductor, worker: all.worker / few.worker }
  console.log(
    `ten times as many: conductor ${growth.conductor.toFixed(2)}, worker ${growth.worker.toFixed(2)} times the memory`,
  )
  if (growth.conductor > MOST || growth.worker > MOST) throw new Error(`more than ${MOST} times`)
} finally {
  await rm(place, { recursive: true })
}

async function scored(count: number) {
  const films = join(place, String(count))
  await makeFilms(films, count)
  const begun = Date.now()
  const survey = await (await openInputs([films])).count()
  console.log(`${count} films: listed in ${((Date.now() - begun) / 1000).toFixed(1)} s`)
  const out = join(place, `${count}.csv`)
  const peaks = await scorePeaks([films, '-m', MODEL, '-o', out])
  const rows = (await readFile(out, 'latin1')).split('\n').length - 2
  const [conductor, worker] = [peaks.conductor, peaks.worker].map((kib) => `${(kib / 1024).toFixed(0)} MiB`)
  console.log(
    `${count} films: ${rows} rows in ${peaks.seconds.toFixed(1)} s; conductor ${conductor}, worker ${worker} at their peak`,
  )
  if (peaks.status !== 0 || rows !== count || survey?.films !== count) throw new Error('a film has no row')
  return peaks
}

/** Tiny films of a few greys, each a file of its own. */
async function makeFilms(folder: string, count: number): Promise<void> {
  await mkdir(folder)
  const films = await Promise.all(
    Array.from({ length: 8 }, (_, seed) =>
      encodePng({
        width: 8,
        height: 8,
        channels: 1,
        pixels: new Uint8Array(64).map((_, i) => 30 * seed + i),
      }),
    ),
  )
  for (let i = 0; i < count; i++)
    await writeFile(join(folder, `film-${String(i).padStart(8, '0')}.png`), films[i % films.length]!)
}

/** Does memory grow with the number of films? Scores N and 10 N links to a few films and prints the peak memory of the
 *  conductor and of its worker, read from /proc (Linux). Run: node dist/scripts/bench-score-memory.js MODEL FILMS [N] */
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { scorePeaks } from './score-peaks.ts'

const [model = '', folder = '', number = '500'] = process.argv.slice(2)

const films = (await readdir(folder)).map((name) => resolve(folder, name)).slice(0, 20)
for (const count of [Number(number), 10 * Number(number)]) {
  const { conductor, worker, seconds } = await peak(count)
  console.log(
    `${count} films: conductor ${mib(conductor)}, worker ${mib(worker)} at their peak, ${seconds.toFixed(1)} s`,
  )
}

async function peak(count: number) {
  const place = await mkdtemp(join(tmpdir(), 'roentgen-memory-'))
  try {
    for (let i = 0; i < count; i++)
      await symlink(films[i % films.length]!, join(place, `${String(i).padStart(7, '0')}.film`))
    return await scorePeaks([place, '-m', model, '-o', join(place, '.scores.csv')])
  } finally {
    await rm(place, { recursive: true })
  }
}

function mib(kib: number): string {
  return `${(kib / 1024).toFixed(0)} MiB`
}

/** Does memory grow with the number of films? Scores N and 10 N links to a few films and prints the peak memory of the
 *  conductor and of its worker, read from /proc (Linux). Run: node dist/scripts/bench-score-memory.js MODEL FILMS [N] */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
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
    return await watch(place)
  } finally {
    await rm(place, { recursive: true })
  }
}

async function watch(place: string) {
  const begun = Date.now()
  const child = spawn(
    process.execPath,
    [MAIN, 'score', place, '-m', model, '-o', join(place, '.scores.csv')],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const peaks = { conductor: 0, worker: 0 }
  const timer = setInterval(async () => {
    peaks.conductor = Math.max(peaks.conductor, await peakKib(child.pid))
    for (const pid of await childrenOf(child.pid)) peaks.worker = Math.max(peaks.worker, await peakKib(pid))
  }, 50)
  await once(child, 'exit')
  clearInterval(timer)
  return { ...peaks, seconds: (Date.now() - begun) / 1000 }
}

async function peakKib(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
}

async function childrenOf(pid: number | undefined): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list.split(' ').filter(Boolean).map(Number)
}

function mib(kib: number): string {
  return `${(kib / 1024).toFixed(0)} MiB`
}

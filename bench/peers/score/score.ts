/** `roentgen score` beside other ways to run the same model over the same films, in turns, each in a process of its own.
 *  Every one is given `--seconds` behind its warm-up; peers keep nothing and write nothing. Films are antialiased on both
 *  sides: INTER_AREA beside `cv2-area`, Pillow's BILINEAR beside `pil-bilinear`.
 *  Run: python -m venv VENV && VENV/bin/pip install -r bench/peers/score/requirements.txt
 *  node dist/scripts/make-score-models.js MODELS
 *  node dist/bench/peers/score/score.js --python VENV/bin/python --models MODELS --films ../shared/data [--rounds 3]
 *  [--only opencv,loop]. Eight minutes; exit status 1 where a bar is missed, and a peer that cannot run is left out. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsOf, misused } from '../../arguments.ts'
import { filmsBelow, linkFilms, runScore } from '../../score-run.ts'
import { spreadOf } from '../../statistics.ts'

// Programs are not compiled: they lie in the repository.
const PEERS = fileURLToPath(new URL('../../../../bench/peers/score/', import.meta.url))

/** More links than a run takes. */
const LINKS = 40_000

interface Row {
  peer: string
  folder: string
  model: string
  /** Our films a second over the peer's, at least. */
  bar: number
  /** How many times `--seconds`: a batch of a large model takes long. */
  longer?: number
}

const ROWS: readonly Row[] = [
  { peer: 'opencv.py', folder: 'seed000', model: 'mobilenet-0.25', bar: 1.2 },
  { peer: 'pillow.py', folder: 'seed000', model: 'mobilenet-0.25-pil', bar: 2 },
  { peer: 'loop.mjs', folder: 'seed000', model: 'mobilenet-0.25', bar: 3 },
  { peer: 'torchxrayvision.py', folder: 'seed000', model: 'mobilenet-0.25', bar: 3 },
  { peer: 'shrink-on-load.mjs', folder: 'seed000-original', model: 'mobilenet-0.25', bar: 1 },
  { peer: 'infer.py', folder: 'seed000', model: 'mobilenet-1.0', bar: 0.97 },
  { peer: 'infer.py', folder: 'seed000', model: 'vgg16', bar: 0.97, longer: 5 },
]

const { values } = argumentsOf({
  options: {
    python: { type: 'string', default: 'python3' },
    models: { type: 'string', default: '.' },
    films: { type: 'string', default: '../shared/data' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    only: { type: 'string', default: '' },
  },
})
const only = values.only.split(',').filter(Boolean)
const rows = ROWS.filter(({ peer }) => only.length === 0 || only.includes(peer.replace(/\..*/, '')))
if (rows.length === 0 || !(Number(values.rounds) >= 1))
  misused(
    `--only takes ${ROWS.map(({ peer }) => peer.replace(/\..*/, '')).join(', ')}; --rounds one at least`,
  )
const place = mkdtempSync(join(tmpdir(), 'roentgen-peers-'))
const modelPath = ({ model }: Row) => join(values.models, `${model}.onnx`)
const secondsOf = ({ longer = 1 }: Row) => longer * Number(values.seconds)

/** @returns films a second, or why there are none */
function timePeer(row: Row): number | string {
  const list = join(place, 'films.txt')
  writeFileSync(list, filmsBelow(join(values.films, row.folder)).join('\n'))
  const program = row.peer.endsWith('.py') ? values.python : process.execPath
  const args = [join(PEERS, row.peer), modelPath(row), list, String(secondsOf(row))]
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) return error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit status ${status}`
  const { films, seconds } = JSON.parse(stdout) as { films: number; seconds: number }
  return films / seconds
}

async function timeOurs(row: Row, round: number): Promise<number> {
  const folder = join(place, row.folder)
  const out = join(place, `out-${row.model}-${row.peer}-${round}`)
  const run = { folder, models: [modelPath(row)], place: out, count: LINKS }
  return (await runScore(run, secondsOf(row))).steady ?? Number.NaN
}

const text = (samples: readonly number[]): string => {
  const { median, least, most } = spreadOf(samples)
  return `${median.toPrecision(3)} (${least.toPrecision(3)} to ${most.toPrecision(3)})`
}

async function compare(row: Row): Promise<boolean> {
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = 0; round < Number(values.rounds); round++) {
    const their = timePeer(row)
    if (typeof their === 'string') {
      process.stdout.write(`| ${row.peer} | ${row.folder} | ${row.model} | left out: ${their} |\n`)
      return true
    }
    theirs.push(their)
    ours.push(await timeOurs(row, round))
  }
  const ratios = ours.map((rate, i) => rate / theirs[i]!)
  const cells = [row.peer, row.folder, row.model, text(ours), text(theirs), text(ratios), row.bar]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
  return spreadOf(ratios).median >= row.bar
}

process.stdout.write(
  `load before: ${loadavg()[0]!.toFixed(1)}; films a second, median (least to most) of ${values.rounds} rounds\n` +
    '| peer | films | model | roentgen | peer | times as fast | bar |\n| --- | --- | --- | --- | --- | --- | --- |\n',
)
try {
  for (const folder of new Set(rows.map((row) => row.folder)))
    linkFilms(join(place, folder), filmsBelow(join(values.films, folder)), LINKS)
  for (const row of rows) if (!(await compare(row))) process.exitCode = 1
} finally {
  rmSync(place, { recursive: true, force: true })
}

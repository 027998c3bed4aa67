/** Our session beside other ways to run the same networks on the same pixels: rounds over backbones and peers, each visit in a
 *  process of its own; a table with the ratios of that run. A peer that cannot run is left out with its reason.
 *  Run: node dist/bench/peers/suite/suite.js --backbone all --python VENV/bin/python --python keras=KERAS/bin/python
 *  --modules FOLDER -o DIR (docs/benchmarks.md makes the environments). Killed, it goes on where it was. Exit status 1 where
 *  a peer computes other numbers. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, type } from 'node:os'
import { join } from 'node:path'
import { argumentsOf, misused } from '../../arguments.ts'
import { openJournal } from './journal.ts'
import { OURS, PEERS } from './peers.ts'
import { planOf, type Stop } from './plan.ts'
import { backbonesOf, prepare } from './prepared.ts'
import { cellsOf, differing, tableText } from './table.ts'
import { visit } from './visit.ts'

/** A text of Markdown holds the table between these. */
const [BEGIN, END] = ['<!-- peers: begin -->', '<!-- peers: end -->']

const { values } = argumentsOf({
  options: {
    backbone: { type: 'string', default: 'all' },
    peers: { type: 'string', default: PEERS.map(({ name }) => name).join() },
    python: { type: 'string', multiple: true, default: [] },
    modules: { type: 'string', default: '.' },
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: String(availableParallelism()) },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    markdown: { type: 'string' },
    out: { type: 'string', short: 'o', default: 'peers' },
  },
})

const wanted = values.peers.split(',')
const peers = PEERS.filter(({ name }) => name === OURS || wanted.includes(name))
const unknown = wanted.find((name) => PEERS.every((peer) => peer.name !== name))
if (unknown !== undefined) misused(`--peers has some of ${PEERS.map(({ name }) => name).join(', ')}`)
const backbones = backbonesOf(values.backbone)
const settings = {
  batch: Number(values.batch),
  threads: Number(values.threads),
  seconds: Number(values.seconds),
}
const rounds = Number(values.rounds)
if (![...Object.values(settings), rounds].every((value) => value > 0))
  misused('--batch, --threads, --seconds and --rounds take numbers above 0')
const { markdown } = values
if (markdown !== undefined && !hasPlace(markdown))
  misused(`--markdown takes a file that has ${BEGIN} and ${END} around the table: ${markdown} is none`)
const machine = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  os: `${type()} ${release()}, Node ${process.versions.node}`,
}

const { modules } = values
const taskOf = prepare(values.out, backbones, settings)
const journal = openJournal(join(values.out, 'visits.jsonl'), { settings, machine, seed: values.seed })

const stops = planOf(backbones, peers, rounds, Number(values.seed))
for (const [i, stop] of stops.entries()) await go(stop, `${i + 1} of ${stops.length}`)

const visits = journal.visits.filter(({ backbone }) => backbones.includes(backbone))
const text = tableText(visits, settings, machine)
writeFileSync(join(values.out, 'table.md'), `${text}\n`)
process.stdout.write(`${text}\n`)
if (markdown !== undefined) fill(markdown, text)
const cells = cellsOf(visits)
if (differing(cells).length > 0) process.exitCode = 1

async function go({ backbone, peer, round }: Stop, place: string): Promise<void> {
  const before = journal.visits.filter((done) => done.backbone === backbone && done.peer === peer.name)
  if (before.some((done) => done.round === round)) return
  if (before.some(({ result }) => 'problem' in result)) return
  const task = { ...taskOf(backbone), seconds: settings.seconds, modules }
  const done = await visit(peer, pythonOf(peer.name), task, round)
  journal.add(done)
  const said =
    'problem' in done.result
      ? done.result.problem
      : `${(done.result.films / done.result.seconds).toPrecision(3)} films a second`
  process.stderr.write(`${place}: round ${round + 1}, ${backbone}, ${peer.name}: ${said}\n`)
}

/** The Python that was named for this peer, else the one for all. */
function pythonOf(peer: string): string {
  const named = values.python.find(
    (given) => peer.startsWith(given.split('=')[0] ?? '') && given.includes('='),
  )
  return (
    named?.slice(named.indexOf('=') + 1) ?? values.python.find((given) => !given.includes('=')) ?? 'python3'
  )
}

/** Before hours of visits, not behind them. */
function hasPlace(path: string): boolean {
  const [begin, end] = existsSync(path) ? marksOf(readFileSync(path, 'utf8')) : [-1, -1]
  return begin >= 0 && end > begin
}

function marksOf(text: string): [begin: number, end: number] {
  return [text.indexOf(BEGIN), text.indexOf(END)]
}

function fill(path: string, table: string): void {
  const before = readFileSync(path, 'utf8')
  const [begin, end] = marksOf(before)
  writeFileSync(path, `${before.slice(0, begin)}${BEGIN}\n${table}\n${before.slice(end)}`)
}

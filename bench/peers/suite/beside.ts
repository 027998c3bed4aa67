/** The bar of our session: at least 0.98 of the films a second of Python's ONNX Runtime of the same version, with the same
 *  model, threads and batch, on each backbone. A hundredth counts here, and a machine drifts by more within a minute: the
 *  two programs are open at the same time and are timed in turn, slice by slice, so that what else the machine does meets
 *  both; several pairs of processes, since how one lies in memory stays as long as it lives.
 *  Run: node dist/bench/peers/suite/beside.js --backbone all --python VENV/bin/python -o DIR   (17 minutes)
 *  Exit status 1 where the median pair is below the bar, 2 where one of the two does not run. */
import { spawn } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { argumentsOf } from '../../arguments.ts'
import { spreadOf } from '../../statistics.ts'
import { OURS, PEERS } from './peers.ts'
import { backbonesOf, prepare } from './prepared.ts'
import { commandOf, type Task } from './visit.ts'

const BAR = 0.98
const BESIDE = 'onnxruntime'

const { values } = argumentsOf({
  options: {
    backbone: { type: 'string', default: 'all' },
    python: { type: 'string', default: 'python3' },
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: String(availableParallelism()) },
    pairs: { type: 'string', default: '5' },
    slices: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '0.8' },
    out: { type: 'string', short: 'o', default: 'peers' },
  },
})
const backbones = backbonesOf(values.backbone)
const taskOf = prepare(values.out, backbones, {
  batch: Number(values.batch),
  threads: Number(values.threads),
})

interface Slice {
  films: number
  seconds: number
  cpuSeconds: number
}

interface Program {
  slice: () => Promise<Slice>
  end: () => void
}

/** Starts a program and waits until it is warm. @throws Error with the end of what it said */
async function open(name: string, task: Task): Promise<Program> {
  const peer = PEERS.find((row) => row.name === name)!
  const [command, args, env] = commandOf(peer, values.python, { ...task, turns: true })
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Slice> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended`)
    return JSON.parse(value)
  }
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  await Promise.race([next(), failed])
  return {
    slice: () => {
      child.stdin.write('\n')
      return next()
    },
    end: () => child.stdin.end(),
  }
}

/** @returns ours over the other's in one pair of processes, medians of its slices: films a second, CPU time a film */
async function pairOf(task: Task, pair: number): Promise<{ speed: number; cpu: number }> {
  const names = pair % 2 === 0 ? [OURS, BESIDE] : [BESIDE, OURS]
  const programs = new Map<string, Program>()
  try {
    for (const name of names) programs.set(name, await open(name, task))
    const [speeds, cpus]: [number[], number[]] = [[], []]
    for (let i = 0; i < Number(values.slices); i++) {
      const found = new Map<string, Slice>()
      for (const name of i % 2 === 0 ? names : names.toReversed())
        found.set(name, await programs.get(name)!.slice())
      const [ours, other] = [found.get(OURS)!, found.get(BESIDE)!]
      speeds.push(ours.films / ours.seconds / (other.films / other.seconds))
      cpus.push(ours.cpuSeconds / ours.films / (other.cpuSeconds / other.films))
    }
    return { speed: spreadOf(speeds).median, cpu: spreadOf(cpus).median }
  } finally {
    for (const program of programs.values()) program.end()
  }
}

try {
  for (const backbone of backbones) {
    const task = { ...taskOf(backbone), seconds: Number(values.seconds), modules: '.' }
    const found: Awaited<ReturnType<typeof pairOf>>[] = []
    for (let pair = 0; pair < Number(values.pairs); pair++) found.push(await pairOf(task, pair))
    const [speed, cpu] = [spreadOf(found.map((one) => one.speed)), spreadOf(found.map((one) => one.cpu))]
    const verdict = speed.median >= BAR ? '' : `  below ${BAR}`
    if (verdict !== '') process.exitCode = 1
    const text = ({ median, least, most }: typeof speed) =>
      `${median.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})`
    process.stdout.write(
      `${backbone.padEnd(18)} films a second ${text(speed)}, CPU time a film ${text(cpu)}, load ${loadavg()[0]?.toFixed(1)}${verdict}\n`,
    )
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 2
}

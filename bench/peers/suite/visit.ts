/** One visit: a peer's program runs one backbone in a process of its own, and says what it did as the last line that it
 *  prints. A line of the journal is such a visit. */
import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Peer } from './peers.ts'

// Programs are not compiled: they lie in the repository.
const PROGRAMS = fileURLToPath(new URL('../../../../bench/peers/suite/', import.meta.url))

/** What a program is told, as JSON in its one argument. */
export interface Task {
  backbone: string
  /** The folder of all models, and the two files of this one. */
  models: string
  onnx: string
  tfjs: string
  /** What the LayersModel wants is x * scale + offset; inside the ONNX file that is done. */
  scale: number
  offset: number
  /** A file of at least one batch of uint8, NHWC. */
  pixels: string
  batch: number
  height: number
  width: number
  channels: number
  threads: number
  /** Counted, at least. */
  seconds: number
  /** Whether it is timed in turn with another program: see `beside.ts`. */
  turns?: boolean
  /** Where npm put what is no dependency of this project. */
  modules: string
}

const ANSWER = z.strictObject({
  films: z.int().positive(),
  seconds: z.number().positive(),
  /** Of all threads of the process, meanwhile. */
  cpuSeconds: z.number().nonnegative(),
  version: z.string(),
  /** That it computes with; null where it does not tell. */
  threads: z.int().positive().nullable(),
  /** Probabilities of the first batch, row-major. */
  outputs: z.array(z.number()).min(1),
})

export const VISIT = z.strictObject({
  backbone: z.string(),
  peer: z.string(),
  round: z.int().nonnegative(),
  loadBefore: z.number(),
  result: z.union([ANSWER, z.strictObject({ problem: z.string() })]),
})

export type Visit = z.infer<typeof VISIT>

/** The slowest: plain JavaScript on one film of the largest network. */
const LONGEST_MS = 600_000

/** @param python  what runs programs in Python   @returns never throws: what fails is a problem */
export async function visit(peer: Peer, python: string, task: Task, round: number): Promise<Visit> {
  const loadBefore = Number((loadavg()[0] ?? 0).toFixed(2))
  const result = await answerOf(...commandOf(peer, python, task))
  return { backbone: task.backbone, peer: peer.name, round, loadBefore, result }
}

/** What starts a peer's program on a task. @param python  what runs those in Python */
export function commandOf(
  peer: Peer,
  python: string,
  task: Task,
): [command: string, args: string[], env: NodeJS.ProcessEnv] {
  const command = peer.program.endsWith('.py') ? python : process.execPath
  const given = { ...task, ...peer.with, ...(peer.slow && { slow: true, batch: 1 }) }
  return [
    command,
    [`${PROGRAMS}${peer.program}`, JSON.stringify(given)],
    { ...peer.environment, ...process.env },
  ]
}

function answerOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Visit['result']> {
  return new Promise((resolve) => {
    // The timer of spawn's own `timeout` would go on where there is no such program.
    const signal = AbortSignal.timeout(LONGEST_MS)
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, env })
    const [out, err]: [string[], string[]] = [[], []]
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
    child.on('error', ({ message }) => resolve({ problem: message }))
    child.on('close', (status, killedBy) => resolve(read(out.join(''), err.join(''), status, killedBy)))
  })
}

function read(out: string, err: string, status: number | null, killedBy: string | null): Visit['result'] {
  if (status !== 0) return { problem: problemIn(err) ?? killedBy ?? `exit status ${status}` }
  const last = out.trim().split('\n').at(-1) ?? ''
  const parsed = ANSWER.safeParse(jsonOf(last))
  return parsed.success ? parsed.data : { problem: 'it answered something else than the protocol asks' }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The line that names an error; Python has it last, Node above its stack. */
export function problemIn(err: string): string | undefined {
  const lines = err.split('\n').map((line) => line.trim())
  const named = lines.filter((line) => /^([A-Za-z_.]*(Error|Exception)\b|ROE_)/.test(line)).at(-1)
  return named ?? lines.filter((line) => line !== '' && !/^(at |Node\.js v|\})/.test(line)).at(-1)
}

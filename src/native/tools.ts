/** Other people's programs, run to an end: pip, npm, the C++ compiler. They go when this process does, with all that they
 *  started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program and its first arguments. */
export type Tool = readonly [command: string, ...args: string[]]

export interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

const running = new Set<ChildProcess>()
// Before half-written folders are taken away, or they would be written on.
process.prependListener('exit', () => {
  for (const child of running) stop(child)
})

/** Each has a group of its own: a killed pip would leave what it started. */
function stop({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

interface RunOptions {
  cwd?: string
  env?: Readonly<Record<string, string>>
  isShown?: boolean
}

/** Of what it says, only the end is kept, in characters. */
const KEPT = 100_000

/** @param cwd  where it runs   @param env  beside our own   @param isShown  whether its stdout goes to our stderr
 *  @returns status null where there is no such program, or it was killed */
export async function runTool(
  [command, ...first]: Tool,
  args: readonly string[],
  { cwd, env, isShown = false }: RunOptions = {},
): Promise<Ended> {
  const child = spawn(command, [...first, ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, LC_ALL: 'C', ...env },
    stdio: ['ignore', isShown ? 2 : 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] = (said[name] + text).slice(-KEPT)
    })
  try {
    const [status] = await once(child, 'close')
    return { status, ...said }
  } catch {
    return { status: null, ...said }
  } finally {
    running.delete(child)
  }
}

/** The first of some programs that says its version. */
export async function firstTool(tools: readonly Tool[]): Promise<Tool | null> {
  for (const tool of tools) if ((await runTool(tool, ['--version'])).status === 0) return tool
  return null
}

/** Runs the real command, as built, in a process of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

/** Nothing that was installed on this machine takes part, unless a test asks for it; nobody makes this folder. */
const NOTHING_INSTALLED = join(tmpdir(), 'roentgen-nothing-installed')

export interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

export const start = (
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  more: { stdin?: Readable; uid?: number } = {},
) => {
  const { stdin, ...others } = more
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ROENTGEN_CACHE: NOTHING_INSTALLED, ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...others,
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>
  if (child.stdin !== null) stdin?.pipe(child.stdin)
  return child
}

/** @returns how it ended and all that it said */
export async function roentgen(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = start(args, env)
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  const [status] = await once(child, 'close')
  return { status, ...said }
}

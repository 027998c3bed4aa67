/** How much memory does a conversion take? Runs `roentgen convert`, with its verification and without, and prints the
 *  peaks of the converting process and of those that verify, as multiples of the weights; read from /proc (Linux).
 *  Run: node dist/bench/own/convert-memory.js MODEL [BAR], where MODEL is a folder of a tfjs model; ends with 1 where
 *  the converting process exceeds BAR times the weights [2.5]. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsOf } from '../arguments.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
const [model = '', bar = '2.5'] = argumentsOf({ allowPositionals: true }, 'MODEL [BAR]').positionals

const names = (await readdir(model)).filter((name) => !name.endsWith('.json'))
const sizes = await Promise.all(names.map((name) => stat(join(model, name))))
const weights = sizes.reduce((sum, { size }) => sum + size, 0)
console.log(`weights: ${(weights / 1e6).toFixed(0)} MB`)

for (const options of [[], ['--no-verify']]) {
  const { converter, verifiers, seconds, status } = await convert(options)
  const others = verifiers.map(timesWeights).join(' and ') || 'none'
  console.log(
    `convert ${options.join(' ')}: converting process ${timesWeights(converter)}, verifying ${others}, ${seconds.toFixed(1)} s`,
  )
  if (status !== 0 || converter > Number(bar) * weights) process.exitCode = 1
}

function timesWeights(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB (${(bytes / weights).toFixed(2)} x the weights)`
}

async function convert(options: readonly string[]) {
  const place = await mkdtemp(join(tmpdir(), 'roentgen-convert-'))
  try {
    return await watch(['convert', model, '-o', join(place, 'model.onnx'), ...options])
  } finally {
    await rm(place, { recursive: true })
  }
}

async function watch(args: readonly string[]) {
  const begun = Date.now()
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  const peaks = new Map<number, number>()
  const timer = setInterval(async () => {
    for (const pid of [child.pid ?? 0, ...(await childrenOf(child.pid))])
      peaks.set(pid, Math.max(peaks.get(pid) ?? 0, await peakBytes(pid)))
  }, 20)
  const [status] = await once(child, 'exit')
  clearInterval(timer)
  const converter = peaks.get(child.pid ?? 0) ?? 0
  peaks.delete(child.pid ?? 0)
  return { status, converter, verifiers: [...peaks.values()], seconds: (Date.now() - begun) / 1000 }
}

async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
}

async function childrenOf(pid: number | undefined): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list.split(' ').filter(Boolean).map(Number)
}

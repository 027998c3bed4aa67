/** Must hold (issue 10): a broken model ends in a verified conversion or in one line, with nothing left behind, in no
 *  more time and memory than a whole one of its size could take. Makes seeded mutants of each kind and tries them in a
 *  process of its own, which is ended when one takes too long.
 *  Run: node dist/scripts/check-mutants.js --of 500 [--seed 1] [--kind .h5] [--say] */
import { strict as assert } from 'node:assert'
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { spreadOf } from '../bench/index.ts'
import type { KindName } from './mutants/kinds.ts'
import type { Outcome } from './mutants/try-mutants.ts'

/** A mutant that takes longer hangs. Reading HDF5 alone may take 20 s (`converters/read/read-hdf5.ts`). */
const LONGEST_MS = 60_000
/** The most memory that the process may ever have: the originals need a fifth of it. */
const MOST_KIB = 1536 * 1024

const KINDS: readonly KindName[] = ['model.json', '.h5', '.keras']

const CHILD = fileURLToPath(new URL('./mutants/try-mutants.js', import.meta.url))

/** Tries the mutants from..to; where one kills its process, or has it killed, the next ones get a new one. */
async function tryAll(kind: KindName, from: number, to: number, place: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let next = from; next < to; next = from + outcomes.length) {
    const died = await tryUntilDeath(kind, next, to, place, outcomes)
    if (from + outcomes.length >= to) break
    const seed = from + outcomes.length
    const faults = [died]
    outcomes.push({ seed, is: 'died', message: '', elapsedMs: LONGEST_MS, faults, peakKib: 0 })
  }
  return outcomes
}

function tryUntilDeath(
  kind: KindName,
  from: number,
  to: number,
  place: string,
  outcomes: Outcome[],
): Promise<string> {
  const temporary = join(place, 'temporary')
  mkdirSync(temporary, { recursive: true })
  return new Promise((resolve) => {
    const child = fork(CHILD, [kind, String(from), String(to), place], {
      env: { ...process.env, TMPDIR: temporary },
      execArgv: ['--max-old-space-size=1024'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr?.on('data', (text) => {
      said = `${said}${text}`.slice(-500)
    })
    let [isLate, hasBegun] = [false, false]
    const late = (): void => {
      isLate = true
      child.kill('SIGKILL')
    }
    let timer = setTimeout(late, LONGEST_MS)
    child.on('message', (message: Outcome | { begun: number }) => {
      clearTimeout(timer)
      timer = setTimeout(late, LONGEST_MS)
      hasBegun = true
      if (!('begun' in message)) outcomes.push(message)
    })
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      assert(hasBegun || from >= to, `no mutant was made: ${said}`)
      resolve(isLate ? 'hangs' : `its process died (${signal ?? status}): ${said}`)
    })
  })
}

function report(kind: string, outcomes: readonly Outcome[], isSaid: boolean): number {
  const converted = outcomes.filter(({ is }) => is === 'converted').length
  const counts = new Map<string, number>()
  for (const { is } of outcomes) if (is !== 'converted') counts.set(is, (counts.get(is) ?? 0) + 1)
  const codes = [...counts].sort((a, b) => b[1] - a[1]).map(([is, count]) => `${is} ${count}`)
  const ends = `${converted} converted, ${outcomes.length - converted} refused (${codes.join(', ')})`
  const { median, most } = spreadOf(outcomes.map(({ elapsedMs }) => elapsedMs))
  const peakKib = Math.max(...outcomes.map((outcome) => outcome.peakKib))
  process.stdout.write(
    `${kind}: ${outcomes.length} mutants: ${ends}; ${median.toFixed(0)} ms, at most ${most.toFixed(0)} ms; ${(peakKib / 1024).toFixed(0)} MiB\n`,
  )
  if (isSaid)
    for (const { seed, is, message } of outcomes) process.stdout.write(`  ${seed} ${is} ${message}\n`)
  const bad = outcomes.filter(({ faults }) => faults.length > 0)
  for (const { seed, faults, message } of bad)
    process.stderr.write(`FAILED: ${kind}, seed ${seed}: ${faults.join('; ')} ${message}\n`)
  if (peakKib > MOST_KIB) process.stderr.write(`FAILED: ${kind}: ${peakKib} KiB of memory\n`)
  return bad.length + (peakKib > MOST_KIB ? 1 : 0)
}

const { values } = parseArgs({
  options: {
    of: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    say: { type: 'boolean', default: false },
  },
})
const kinds = KINDS.filter((one) => values.kind === undefined || one === values.kind)
assert(kinds.length > 0, `--kind is one of ${KINDS.join(', ')}`)
const place = mkdtempSync(join(tmpdir(), 'roentgen-mutants-'))
try {
  let failures = 0
  for (const kind of kinds) {
    const from = Number(values.seed)
    failures += report(kind, await tryAll(kind, from, from + Number(values.of), place), values.say)
  }
  process.exitCode = failures > 0 ? 1 : 0
} finally {
  rmSync(place, { recursive: true, force: true })
}

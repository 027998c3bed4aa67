/** Does `roentgen bench --backbone all --quick` take less than ten minutes on two cores, networks made anew, though it is
 *  killed half-way, and has its report every case once a round? Run: node dist/scripts/check-bench.js [FOLDER] */
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { caseId, RESULTS } from '../bench/results.ts'
import { BACKBONES } from '../models/index.ts'
import { withTemporaryFolder } from '../whole-file.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

const MOST_SECONDS = 600
const LOOK_EVERY_MS = 200

const [given] = process.argv.slice(2)
if (given === undefined) await withTemporaryFolder(check)
else await check(given)

async function check(folder: string): Promise<void> {
  const out = join(folder, 'bench')
  const begun = performance.now()
  const killed = begin(out)
  const cases = 2 * Object.keys(BACKBONES).length
  while (killed.exitCode === null && (await visitsIn(out)) < cases) await sleep(LOOK_EVERY_MS)
  assert.equal(killed.exitCode, null, 'it runs until it is killed')
  killed.kill('SIGKILL')
  await once(killed, 'close')
  const [status] = await once(begin(out), 'close')
  const seconds = (performance.now() - begun) / 1000
  assert.equal(status, 0, 'it ends with 0')
  const { samples, failures, rules } = RESULTS.parse(
    JSON.parse(await readFile(join(out, 'bench.json'), 'utf8')),
  )
  const visits = new Set(samples.map((sample) => `${caseId(sample.case)}, round ${sample.round}`))
  process.stdout.write(
    `${cases} cases in ${rules.rounds} rounds: ${samples.length} visits, ${visits.size} of them different, ` +
      `${failures.length} failed; ${seconds.toFixed(0)} s, killed behind ${cases} visits (the bar is ${MOST_SECONDS} s)\n`,
  )
  const isWhole = visits.size === cases * rules.rounds && samples.length === visits.size
  process.exitCode = isWhole && failures.length === 0 && seconds < MOST_SECONDS ? 0 : 1
}

function begin(out: string): ChildProcess {
  const args = [MAIN, 'bench', '--backbone', 'all', '--quick', '-o', out]
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Lines of the journal; none where it is not there yet. */
async function visitsIn(out: string): Promise<number> {
  const text = await readFile(join(out, 'samples.jsonl'), 'utf8').catch(() => '')
  return text === '' ? 0 : text.split('\n').length - 1
}

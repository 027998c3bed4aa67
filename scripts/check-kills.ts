/** Must hold (issue 11): SIGKILL of the conductor at random moments, and of its workers, changes no byte of what is
 *  written in the end. Run: node dist/scripts/check-kills.js MODEL FILMS [--of 30] [--seed 1] */
import { strict as assert } from 'node:assert'
import { parseArgs } from 'node:util'
import { withTemporaryFolder } from '../whole-file.ts'
import { killRuns } from './kills/kill-runs.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { of: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
})
const [model, films] = positionals
const times = Number(values.of)
assert(
  model !== undefined && films !== undefined && times >= 1,
  'node dist/scripts/check-kills.js MODEL FILMS [--of 30]',
)

for (const victim of ['conductor', 'worker'] as const)
  await withTemporaryFolder(async (place) => {
    const args = [films, '-m', model]
    const how = { args, place, victim, kills: times, seed: Number(values.seed) }
    const { kills, runs, faults } = await killRuns(how)
    console.log(`${victim}: killed ${kills} times in ${runs} runs, ${faults.length} faults`)
    for (const fault of faults) console.log(`  ${fault}`)
    if (faults.length > 0) process.exitCode = 1
  })

/** Must hold (issue 13): a training that is killed at random, five times, and goes on each time, ends with the bytes of one
 *  that nobody disturbed. Run: node dist/scripts/check-train-kills.js [DATA] [--of 5] [--seed 1] [--engine cpu]
 *  DATA: a folder for each class; made-up films unless given. */
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writePhantoms } from '../src/dataset/synth.ts'
import { withTemporaryFolder } from '../whole-file.ts'
import { killRuns } from './kills/kill-runs.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    of: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'cpu' },
  },
})
const kills = Number(values.of)
assert(kills >= 1, 'node dist/scripts/check-train-kills.js [DATA] [--of 5]')

/** The end of a trunk is trained, too: its averages, the masks of dropout, and what an optimizer remembers must come back. */
const NETWORK = ['--weights', 'random', '--backbone', 'mobilenet', '--alpha', '0.25', '--size', '128']
const CASES: readonly [what: string, args: readonly string[]][] = [
  ["the recipe's head, Adam with decay", ['--epochs', '30']],
  [
    'the end of the trunk, too; the best epoch is kept, the rate reduced',
    [
      '--cutoff',
      '-6',
      '--epochs',
      '12',
      '--keep',
      'best',
      '--reduce-patience',
      '2',
      '--class-weights',
      'balanced',
    ],
  ],
]

/** @returns a manifest of as many films of each class */
async function madeUp(folder: string, films: number): Promise<string> {
  await writePhantoms(folder, { seed: 1, part: 'train', size: 128, conspicuity: 1 }, films)
  return join(folder, 'manifest.csv')
}

for (const [what, more] of CASES)
  await withTemporaryFolder(async (place) => {
    const data = positionals[0] ?? (await madeUp(join(place, 'films'), 20))
    const args = ['--data', data, ...NETWORK, '--augment-copies', '2', '--engine', values.engine, ...more]
    const seed = Number(values.seed)
    const done = await killRuns({ job: 'train', args, place, victim: 'conductor', kills, seed })
    console.log(`${what}: killed ${done.kills} times in ${done.runs} runs, ${done.faults.length} faults`)
    for (const fault of done.faults) console.log(`  ${fault}`)
    if (done.faults.length > 0) process.exitCode = 1
  })
